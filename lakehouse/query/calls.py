"""Calls of functions, by the signatures of proven.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query import rewriting
from lakehouse.query.kinds import INTEGERS, becomes, common, digits_of, for_duckdb, parts_of
from lakehouse.query.proven import DECIMALS, Signature, signatures
from lakehouse.query.scopes import Scope, Term, in_kind, text
from lakehouse.query.texts import guarded
from lakehouse.query.windows import frame_of, ordering

if TYPE_CHECKING:
    from lakehouse.query.terms import Terms

_ANY = ("T", "U", "K", "V", "E")
# What is equal to itself: no NaN, and no list or map with NULL in it.
_EQUAL = ("K", "E")
_MOMENTS = {
    "M": ("date", "timestamp", "timestamp with time zone", "zoned"),
    "C": ("timestamp", "timestamp with time zone", "zoned"),
}
# Whole numbers that are written out, by the least that there may be.
_WHOLE = {"digits": 0, "place": 1}
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
        _Fit(terms, one, given, scope)
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


class _Fit:
    """A signature with the arguments of a call: whether they fit, and how they are written."""

    def __init__(
        self, terms: Terms, signature: Signature, given: list[exp.Expr], scope: Scope
    ) -> None:
        self.signature = signature
        self.terms: list[Term] = []
        self.kinds: dict[str, str] = {}
        self.conversions = 0
        self.nodes = given
        self._digits: tuple[int, int] = (0, 0)
        wanted = list(signature.arguments)
        if wanted and wanted[-1].endswith("..."):
            last = wanted.pop().removesuffix("...")
            wanted += [last] * (len(given) - len(wanted))
        self.wanted = wanted
        self.is_fitting = self._take(terms, scope)

    def _take(self, terms: Terms, scope: Scope) -> bool:
        for wanted, node in zip(self.wanted, self.nodes, strict=True):
            if "=>" in wanted:
                if not isinstance(node, exp.Lambda):
                    return False
                continue
            if isinstance(node, exp.Lambda):
                return False
            term = terms.of(node, scope)
            if not self._fits(wanted, term):
                return False
        self.terms = [
            self._lambda(terms, wanted, node, scope)
            if isinstance(node, exp.Lambda)
            else terms.of(node, scope)
            for wanted, node in zip(self.wanted, self.nodes, strict=True)
        ]
        return all(self._is_bound(wanted) for wanted in self.wanted)

    def _is_bound(self, wanted: str) -> bool:
        return "=>" not in wanted or self.kinds.get("lambda", "") != "wrong"

    def _fits(self, wanted: str, term: Term) -> bool:
        kind = term.kind
        if wanted.startswith("{"):
            return term.text is not None and term.text.lower() in wanted[1:-1].split("|")
        if wanted.startswith("exactly "):
            return kind == wanted.removeprefix("exactly ")
        if wanted == "any":
            return kind != "zoned" and not kind.startswith("interval")
        if wanted == "literal":
            return term.text is not None and kind == "varchar"
        if wanted in _WHOLE:
            is_whole = term.text is not None and kind in INTEGERS and term.text.isdecimal()
            return is_whole and int(term.text or 0) >= _WHOLE[wanted]
        if wanted == "interval":
            return bool(term.unit)
        if wanted == "D":
            self._digits = digits_of(kind) or (0, 0)
            self.kinds["D"] = kind
            return kind.startswith("decimal")
        if wanted in _MOMENTS:
            if kind not in _MOMENTS[wanted]:
                return False
            merged = common(self.kinds.get(wanted, kind), kind)
            self.kinds[wanted] = merged or ""
            return merged is not None
        if wanted == "I":
            self.kinds["I"] = str(common(self.kinds.get("I", kind), kind))
            return kind in INTEGERS
        return self._unify(wanted, kind)

    def _unify(self, wanted: str, kind: str) -> bool:
        """Bind the variables of a type, each to what all its uses have in common."""
        if wanted in _ANY:
            merged = common(self.kinds.get(wanted, "unknown"), kind)
            if merged is None or "zoned" in (merged, kind) or kind.startswith("interval"):
                return False
            if wanted in _EQUAL and merged.startswith(("double", "array", "map")):
                return False
            self.kinds[wanted] = merged
            return True
        name, inner = parts_of(wanted)
        if inner:
            held_name, held = parts_of(kind)
            if kind == "unknown":
                return True
            return held_name == name and all(
                self._unify(*pair) for pair in zip(inner, held, strict=True)
            )
        self.conversions += kind != wanted
        return becomes(kind, wanted)

    def _lambda(self, terms: Terms, wanted: str, node: exp.Lambda, scope: Scope) -> Term:
        given, made = wanted.split("=>")
        (name,) = (part.name for part in node.expressions[:1])
        if len(node.expressions) != 1:
            raise terms.refuse.unproven(node, "a lambda with several parameters here")
        parameter = Term(f"p_{name.lower()}", self.bound(given))
        body = terms.of(node.this, Scope(parent=scope, parameters={name.lower(): parameter}))
        if made == "boolean":
            sql = terms.converted(node.this, body, "boolean")
        else:
            self.kinds[made], sql = body.kind, body.sql
        return Term(f"lambda {parameter.sql}: {sql}", "lambda")

    def bound(self, kind: str) -> str:
        """A type of the signature with its variables filled in."""
        if kind in DECIMALS:
            return DECIMALS[kind](*self._digits)
        if kind in self.kinds:
            return self.kinds[kind]
        name, inner = parts_of(kind)
        return f"{name}({','.join(self.bound(part) for part in inner)})" if inner else kind


def _written(terms: Terms, node: exp.Expr, fit: _Fit, around: Around) -> Term:
    signature = fit.signature
    _require_use(terms, node, signature, around)
    arguments = [_argument(fit, *pair) for pair in zip(fit.wanted, fit.terms, strict=True)]
    if around.distinct:
        arguments[0] = f"distinct {arguments[0]}"
    kind = fit.bound(signature.result)
    if signature.use != "scalar" and kind.partition("(")[0] in ("map", "json"):
        raise terms.refuse.unproven(node, f"{signature.name} of {kind}")
    if signature.template.startswith("@"):
        rule = getattr(rewriting, signature.template[1:])
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


def _argument(fit: _Fit, wanted: str, term: Term) -> str:
    if wanted in _WHOLE:
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
