"""Operators with Trino's types; those of numbers are in arithmetic.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query.arithmetic import SIGNS, arithmetic, negative
from lakehouse.query.kinds import common, parts_of
from lakehouse.query.scopes import Scope, Term, text

if TYPE_CHECKING:
    from lakehouse.query.terms import Terms

_COMPARISONS = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.NullSafeEQ: "is not distinct from",
    exp.NullSafeNEQ: "is distinct from",
}


def require_comparable(terms: Terms, node: exp.Expr, given: list[Term]) -> None:
    """Refuse what Athena does not compare."""
    kind = given[0].kind
    for other in given[1:]:
        merged = common(kind, other.kind)
        if merged is None or "zoned" in (kind, other.kind):
            raise terms.refuse.mismatch(
                node,
                f"Athena does not compare {kind} with {other.kind}. Write the value in the other's"
                " type, such as date '2025-04-01', or convert it with cast.",
            )
        kind = merged


def _comparison(terms: Terms, node: exp.Binary, scope: Scope) -> Term:
    sign, right = _COMPARISONS[type(node)], node.expression
    if type(node.this) in _COMPARISONS:
        raise terms.refuse.mismatch(node, "Athena compares a comparison only in parentheses.")
    left = terms.of(node.this, scope)
    if isinstance(right, exp.Anonymous) and right.name.lower() in ("any", "all", "some"):
        word = "all" if right.name.lower() == "all" else "any"
        return terms.compared_with(node, sign, word, left, right.expressions[0], scope)
    if isinstance(right, exp.Any | exp.All):
        word = "any" if isinstance(right, exp.Any) else "all"
        return terms.compared_with(node, sign, word, left, right.this, scope)
    given = [left, terms.of(right, scope)]
    require_comparable(terms, node, given)
    require_order(terms, node, given)
    (one, other), kind = terms.alike([node.this, right], given)
    return Term(compared(one, sign, other, kind), "boolean")


def compared(one: str, sign: str, other: str, kind: str) -> str:
    """A comparison; what is no number is in Trino neither equal nor more nor less."""
    if kind not in ("double", "real") or sign.startswith("is "):
        return f"({one} {sign} {other})"
    return (
        f"(case when {one} is null or {other} is null then null"
        f" when isnan({one}) or isnan({other}) then {str(sign == '<>').lower()}"
        f" else {one} {sign} {other} end)"
    )


def require_order(terms: Terms, node: exp.Expr, given: list[Term]) -> None:
    """What a list or a map with NULL equals is Trino's own."""
    for term in given:
        if parts_of(term.kind)[1] or term.kind.startswith(("interval", "json", "zoned")):
            raise terms.refuse.unproven(node, f"a comparison of {term.kind}")


def _between(terms: Terms, node: exp.Between, scope: Scope) -> Term:
    nodes = [node.this, node.args["low"], node.args["high"]]
    given = [terms.of(part, scope) for part in nodes]
    require_comparable(terms, node, given)
    require_order(terms, node, given)
    # Each border is compared in the type that it has in common with the value.
    (one, low), kind = terms.alike(nodes[:2], given[:2])
    (same, high), other_kind = terms.alike(nodes[::2], given[::2])
    above, below = compared(one, ">=", low, kind), compared(same, "<=", high, other_kind)
    return Term(f"({above} and {below})", "boolean")


def _logic(terms: Terms, node: exp.Expr, scope: Scope) -> Term:
    word = "and" if isinstance(node, exp.And) else "or"
    parts = [terms.condition(part, scope) for part in node.flatten()]
    return Term(f"({f' {word} '.join(parts)})", "boolean")


def _not(terms: Terms, node: exp.Not, scope: Scope) -> Term:
    return Term(f"(not {terms.condition(node.this, scope)})", "boolean")


def _is(terms: Terms, node: exp.Is, scope: Scope) -> Term:
    if not isinstance(node.expression, exp.Null):
        raise terms.refuse.unproven(node, f"IS {node.expression.sql('trino')}")
    return Term(f"({terms.of(node.this, scope).sql} is null)", "boolean")


def _like(terms: Terms, node: exp.Like, scope: Scope, escape: str = "") -> Term:
    given = [
        terms.converted(n, terms.of(n, scope), "varchar") for n in (node.this, node.expression)
    ]
    word = "not like" if node.args.get("negate") else "like"
    return Term(f"({given[0]} {word} {given[1]}{escape})", "boolean")


def _escaped(terms: Terms, node: exp.Escape, scope: Scope) -> Term:
    sign = node.expression
    if not isinstance(node.this, exp.Like) or not sign.is_string or len(sign.name) != 1:
        raise terms.refuse.unproven(node, node.sql("trino"))
    return _like(terms, node.this, scope, f" escape {text(sign.name)}")


def _joined(terms: Terms, node: exp.DPipe, scope: Scope) -> Term:
    nodes = list(node.flatten())
    given = [terms.of(part, scope) for part in nodes]
    parts, kind = terms.alike(nodes, given)
    if "unknown" in [term.kind for term in given]:
        raise terms.refuse.unproven(node, "|| with NULL (write cast(null as varchar))")
    if kind != "varchar" and parts_of(kind)[0] != "array":
        raise terms.refuse.mismatch(node, f"Athena joins texts and arrays by ||, not {kind}.")
    return Term(concatenated(parts, kind), kind)


def concatenated(parts: list[str], kind: str) -> str:
    """Texts or arrays one after the other; NULL when one is."""
    if kind == "varchar":
        return f"({' || '.join(parts)})"
    unknown = " or ".join(f"{part} is null" for part in parts)
    whole = parts[0]
    for part in parts[1:]:
        whole = f"list_concat({whole}, {part})"
    return f"(case when {unknown} then null else {whole} end)"


RULES: dict[type[exp.Expr], Callable[..., Term]] = {
    **dict.fromkeys(SIGNS, arithmetic),
    **dict.fromkeys(_COMPARISONS, _comparison),
    exp.Neg: negative,
    exp.Between: _between,
    exp.And: _logic,
    exp.Or: _logic,
    exp.Not: _not,
    exp.Is: _is,
    exp.Like: _like,
    exp.Escape: _escaped,
    exp.DPipe: _joined,
}
