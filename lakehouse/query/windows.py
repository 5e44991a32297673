"""ORDER BY, and the OVER of aggregates and window functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query.kinds import is_orderable
from lakehouse.query.scopes import Scope, Term, quoted
from lakehouse.query.signatures import signatures

if TYPE_CHECKING:
    from lakehouse.query.terms import Terms

_NO_DEFAULT_FRAME = ""


def ordering(terms: Terms, ordered: list[exp.Expr], scope: Scope) -> str:
    """ORDER BY with the place of NULL written out: last, whatever the direction."""
    return f" order by {', '.join(_by(terms, item, scope) for item in ordered)}"


def _by(terms: Terms, item: exp.Expr, scope: Scope) -> str:
    node = item.this
    if isinstance(node, exp.Literal) and not node.is_string:
        sql = node.name
    else:
        term = output_of(node, scope) or terms.of(node, _with_outputs(terms, node, scope))
        if not is_orderable(term.kind):
            raise terms.refuse.unproven(node, f"an order by {term.kind}")
        sql = term.sql
    way = "desc" if item.args.get("desc") else "asc"
    return f"{sql} {way} nulls {'first' if item.args.get('nulls_first') else 'last'}"


def output_of(node: exp.Expr, scope: Scope) -> Term | None:
    """The column of the result that a bare name in ORDER BY means."""
    if isinstance(node, exp.Column) and not node.table:
        found = scope.outputs.get(node.name.lower())
        return Term(quoted(node.name.lower()), found.kind) if found else None
    return None


def _with_outputs(terms: Terms, node: exp.Expr, scope: Scope) -> Scope:
    """The scope of a term in ORDER BY, where a column of the result comes before one of FROM."""
    names = {column.name.lower() for column in node.find_all(exp.Column) if not column.table}
    meant = {name: term for name, term in scope.outputs.items() if name in names}
    meant = {name: term for name, term in meant.items() if [term] != scope.find(name, "", "")}
    if meant and any(_looks_further(part) for part in node.walk()):
        raise terms.refuse.unproven(node, f"{', '.join(meant)} of the result in this ORDER BY")
    return Scope(parent=scope, parameters=meant) if meant else scope


def _looks_further(node: exp.Expr) -> bool:
    """Whether a part of a term is computed from other rows."""
    calls = signatures().get(node.name.lower(), []) if isinstance(node, exp.Anonymous) else []
    is_over_rows = any(one.use != "scalar" for one in calls)
    return is_over_rows or isinstance(node, exp.Query | exp.Window)


def require_selected(terms: Terms, order: exp.Order, scope: Scope) -> None:
    """Of DISTINCT rows only what is selected has an order."""
    selected = {term.sql for term in scope.outputs.values()}
    for item in order.expressions:
        by = item.this
        if isinstance(by, exp.Literal) or output_of(by, scope):
            continue
        if terms.of(by, scope).sql not in selected:
            problem = "Athena orders DISTINCT rows only by what is selected."
            raise terms.refuse.mismatch(by, problem)


def frame_of(terms: Terms, node: exp.Window, scope: Scope) -> str:
    """What follows OVER."""
    parts = []
    if name := node.args.get("alias"):
        if node.args.get("partition_by") or node.args.get("order") or node.args.get("spec"):
            raise terms.refuse.unproven(node, "a window that changes another one")
        return quoted(f"w_{name.name.lower()}")
    if partition := node.args.get("partition_by"):
        parts.append(f"partition by {', '.join(terms.of(n, scope).sql for n in partition)}")
    if order := node.args.get("order"):
        parts.append(ordering(terms, order.expressions, scope).strip())
    if spec := node.args.get("spec"):
        parts.append(_frame(terms, spec))
    return f"({' '.join(parts)})"


def _frame(terms: Terms, spec: exp.WindowSpec) -> str:
    kind = (spec.text("kind") or "rows").lower()
    ends = [_border(terms, spec, end, kind) for end in ("start", "end") if spec.args.get(end)]
    if spec.args.get("exclude"):
        raise terms.refuse.unproven(spec, "EXCLUDE in a window")
    return f"{kind} between {ends[0]} and {ends[1] if len(ends) > 1 else 'current row'}"


def _border(terms: Terms, spec: exp.WindowSpec, end: str, kind: str) -> str:
    value, side = spec.args[end], spec.text(f"{end}_side").lower()
    if isinstance(value, str):
        return f"{value.lower()} {side}".strip()
    if isinstance(value, exp.Literal) and not value.is_string and kind in ("rows", "groups"):
        return f"{int(value.name)} {side}"
    if isinstance(value, exp.Interval) and kind == "range":
        return f"{terms.of(value, Scope()).sql} {side}"
    raise terms.refuse.unproven(spec, f"this border of a window: {value.sql('trino')}")
