"""Calls of functions, by the signatures of proven.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query import formats, moments, rewriting
from lakehouse.query.fits import WHOLE, Fit
from lakehouse.query.kinds import for_duckdb
from lakehouse.query.scopes import Scope, Term, in_kind, text
from lakehouse.query.signatures import Signature, signatures
from lakehouse.query.texts import guarded
from lakehouse.query.windows import frame_of, ordering

if TYPE_CHECKING:
    from lakehouse.query.terms import Terms

_RULES = (rewriting, moments, formats)
_PART = re.compile(r"\$(\d|[a-z*])")


@dataclass(frozen=True)
class Around:
    """What may stand around a call: FILTER, OVER, ORDER BY inside, IGNORE NULLS."""

    over: str = ""
    order: str = ""
    nulls: str = ""
    distinct: bool = False
    is_window: bool = False


def call(terms: Terms, node: exp.Anonymous, scope: Scope, around: Around | None = None) -> Term:
    """A call by its name."""
    name = node.name.lower()
    if name in _SPECIAL:
        return _SPECIAL[name](terms, node, scope)
    given, around = list(node.expressions), around or Around()
    if name == "count" and len(given) == 1 and isinstance(given[0], exp.Star):
        return Term(f"count(*){around.over}", "bigint")
    if given and isinstance(given[0], exp.Order):
        order = ordering(terms, given[0].expressions, scope)
        around, given = Around(**(vars(around) | {"order": order})), [given[0].this, *given[1:]]
    if given and isinstance(given[0], exp.Distinct):
        around = Around(**(vars(around) | {"distinct": True}))
        given = list(given[0].expressions)
    return scalar(terms, name, node, given, scope, around)


def scalar(
    terms: Terms,
    name: str,
    node: exp.Expr,
    given: list[exp.Expr],
    scope: Scope,
    around: Around | None = None,
) -> Term:
    """A call of a proven function with these arguments."""
    if name not in signatures():
        raise terms.refuse.no_function(node, name)
    found = [
        Fit(terms, one, given, scope)
        for one in signatures()[name]
        if len(one.arguments) == len(given)
        or (
            one.arguments and one.arguments[-1].endswith("...") and len(given) >= len(one.arguments)
        )
    ]
    fitting = [fit for fit in found if fit.is_fitting]
    if not fitting:
        kinds = [_kind_of(terms, argument, scope) for argument in given]
        raise terms.refuse.no_signature(node, name, kinds)
    best = min(fitting, key=lambda fit: fit.conversions)
    return _written(terms, node, best, around or Around())


def _kind_of(terms: Terms, node: exp.Expr, scope: Scope) -> str:
    return "lambda" if isinstance(node, exp.Lambda) else terms.of(node, scope).kind


def _written(terms: Terms, node: exp.Expr, fit: Fit, around: Around) -> Term:
    signature = fit.signature
    _require_use(terms, node, signature, around)
    arguments = [_argument(fit, *pair) for pair in zip(fit.wanted, fit.terms, strict=True)]
    if around.distinct:
        arguments[0] = f"distinct {arguments[0]}"
    kind = fit.bound(signature.result)
    if signature.use != "scalar" and kind.partition("(")[0] in ("map", "json"):
        raise terms.refuse.unproven(node, f"{signature.name} of {kind}")
    if signature.template.startswith("@"):
        name = signature.template[1:]
        rule = next(getattr(rules, name) for rules in _RULES if hasattr(rules, name))
        sql = rule(terms, node, arguments, fit.terms, kind, around.over)
        return Term(f"({sql})", kind)
    filled = {"*": ", ".join(arguments), "w": around.over, "o": around.order, "n": around.nulls}
    filled |= {str(number): sql for number, sql in enumerate(arguments, 1)}
    sql = _PART.sub(lambda part: filled[part[1]], signature.template)
    if signature.use == "scalar":
        # An argument that a macro repeats is written once by DuckDB, too.
        return Term(_typed(sql, kind), kind)
    whole = sql if "$w" in signature.template else f"{sql}{around.over}"
    return Term(_typed(whole, kind), kind)


def _typed(sql: str, kind: str) -> str:
    """The value in its type: DuckDB's own function may have a neighbour of it."""
    if kind in ("unknown", "zoned") or kind.startswith("interval"):
        return f"({sql})"
    return f"cast({sql} as {for_duckdb(kind)})"


def _require_use(terms: Terms, node: exp.Expr, signature: Signature, around: Around) -> None:
    name = signature.name
    if signature.use == "scalar" and (around.over or around.distinct or around.order):
        raise terms.refuse.mismatch(node, f"{name} is no aggregate.")
    if signature.use == "window" and not around.is_window:
        raise terms.refuse.mismatch(node, f"{name} needs OVER (...).")
    if around.order and "$o" not in signature.template:
        raise terms.refuse.unproven(node, f"ORDER BY inside of {name}")
    if around.nulls and "$n" not in signature.template:
        raise terms.refuse.unproven(node, f"IGNORE NULLS with {name}")
    if around.is_window and (around.distinct or around.order):
        raise terms.refuse.unproven(node, f"DISTINCT or ORDER BY inside of {name} with OVER")


def _argument(fit: Fit, wanted: str, term: Term) -> str:
    if wanted in WHOLE:
        return term.text or ""
    if wanted in ("literal", "interval", "any") or "=>" in wanted:
        return term.sql
    if wanted.startswith("{"):
        return text((term.text or "").lower())
    kind = fit.bound(wanted.removeprefix("exactly "))
    return term.sql if kind == "unknown" else in_kind(term, kind)


def windowed(terms: Terms, node: exp.Expr, scope: Scope) -> Term:
    """An aggregate or a window function with what stands around it."""
    inner, over, nulls, is_window = node, "", "", False
    spec: exp.Window | None = None
    while isinstance(inner, exp.Window | exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
        if isinstance(inner, exp.Window):
            spec, is_window = inner, True
        elif isinstance(inner, exp.Filter):
            over = f" filter (where {terms.condition(inner.expression.this, scope)})"
        else:
            nulls = " ignore nulls" if isinstance(inner, exp.IgnoreNulls) else ""
        inner = inner.this
    if spec is not None:
        if over:
            raise terms.refuse.mismatch(node, "Athena has no FILTER with OVER.")
        over += f" over {frame_of(terms, spec, scope)}"
    if isinstance(inner, exp.GroupConcat):
        return rewriting.listagg(terms, inner, scope, over)
    if not isinstance(inner, exp.Anonymous):
        raise terms.refuse.unproven(node, node.sql("trino"))
    return call(terms, inner, scope, Around(over, "", nulls, is_window=is_window))


def _coalesce(terms: Terms, node: exp.Anonymous, scope: Scope) -> Term:
    parts, kind = terms.alike(node.expressions, [terms.of(n, scope) for n in node.expressions])
    return Term(f"coalesce({', '.join(parts)})", kind)


def _nullif(terms: Terms, node: exp.Anonymous, scope: Scope) -> Term:
    """It is of the first one's type; both are compared in their common one."""
    one, _ = node.expressions
    value = terms.of(one, scope)
    equal = terms.of(exp.EQ(this=exp.paren(one), expression=node.expressions[1].copy()), scope)
    return Term(f"(case when {equal.sql} then null else {value.sql} end)", value.kind)


def _try(terms: Terms, node: exp.Anonymous, scope: Scope) -> Term:
    before, terms.doubts = terms.doubts, []
    value = terms.of(node.expressions[0], scope)
    doubts, terms.doubts = terms.doubts, before + terms.doubts
    if doubts and node.find(exp.Lambda, exp.Query):
        raise terms.refuse.unproven(node, "try around such a lambda or subquery")
    return Term(guarded(f"try({value.sql})", doubts), value.kind)


def _mod(terms: Terms, node: exp.Anonymous, scope: Scope) -> Term:
    if len(node.expressions) != 2:
        raise terms.refuse.mismatch(node, "mod takes two numbers.")
    one, other = node.expressions
    return terms.of(exp.Mod(this=one.copy(), expression=other.copy()), scope)


def _grouping(terms: Terms, node: exp.Anonymous, scope: Scope) -> Term:
    columns = ", ".join(terms.of(part, scope).sql for part in node.expressions)
    return Term(f"cast(grouping({columns}) as integer)", "integer")


_SPECIAL = {
    "coalesce": _coalesce, "nullif": _nullif, "try": _try, "grouping": _grouping, "mod": _mod,
}  # fmt: skip
