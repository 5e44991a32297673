"""Operators with Trino's types: numbers, comparisons, texts, dates and intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query.kinds import INTEGERS, MOST_DIGITS, common, decimal, digits_of, parts_of
from lakehouse.query.scopes import Scope, Term, text

if TYPE_CHECKING:
    from lakehouse.query.refusals import Refusals
    from lakehouse.query.terms import Terms

_MOMENTS = ("date", "timestamp", "timestamp with time zone")
_WHOLE_DAYS = ("day", "month", "year")
_SIGNS = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
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
_LARGEST_INTEGER, _LARGEST_BIGINT = 2**31 - 1, 2**63 - 1


def number(refuse: Refusals, node: exp.Literal) -> Term:
    """A number as it is written: an integer, a decimal, or with an exponent a double."""
    written = node.name.lower()
    if "e" in written:
        return Term(f"cast({text(written)} as double)", "double", written)
    if "." in written:
        return decimal_text(refuse, node, written)
    if not written.isdecimal() or int(written) > _LARGEST_BIGINT:
        raise refuse.mismatch(node, f"{written} is larger than a bigint.")
    kind = "integer" if int(written) <= _LARGEST_INTEGER else "bigint"
    return Term(f"cast({written} as {kind})", kind, written)


def decimal_text(refuse: Refusals, node: exp.Expr, written: str) -> Term:
    """A decimal with the digits it is written with."""
    sign = "-" if written.startswith("-") else ""
    whole, _, places = written.strip().lstrip("+-").partition(".")
    if not (whole + places).isdecimal():
        raise refuse.mismatch(node, f"{written!r} is no decimal.")
    digits = max(len(whole.lstrip("0")) + len(places), 1)
    if digits > MOST_DIGITS:
        raise refuse.mismatch(node, f"{written} has more than {MOST_DIGITS} digits.")
    kind = decimal(digits, len(places))
    return Term(f"cast({text(f'{sign}{whole or 0}.{places or 0}')} as {kind})", kind)


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


def _arithmetic(terms: Terms, node: exp.Binary, scope: Scope) -> Term:
    left, right = terms.of(node.this, scope), terms.of(node.expression, scope)
    sign = _SIGNS[type(node)]
    if any(t.kind.startswith("interval") for t in (left, right)):
        return _moved(terms, node, sign, left, right)
    kind = common(left.kind, right.kind)
    if kind is None or not (digits_of(kind) or kind == "double"):
        raise terms.refuse.unproven(node, f"{left.kind} {sign} {right.kind}")
    (one, other), kind = terms.alike([node, node], [left, right])
    if kind in INTEGERS:
        return _whole(sign, one, other, kind)
    if kind == "double":
        return Term(f"({one} {sign} {other})", kind)
    return _exact(terms, node, sign, left, right)


def _whole(sign: str, one: str, other: str, kind: str) -> Term:
    if sign == "%":
        # By -1 DuckDB fails for the smallest number.
        rest = f"case when {other} = -1 then {one} - {one} else {one} % {other} end"
        return Term(f"cast({rest} as {kind})", kind)
    sign = "//" if sign == "/" else sign
    return Term(f"cast({one} {sign} {other} as {kind})", kind)


def _exact(terms: Terms, node: exp.Binary, sign: str, left: Term, right: Term) -> Term:
    """Decimals: the digits of the result are Trino's, and what does not fit is an error."""
    one, other = digits_of(left.kind), digits_of(right.kind)
    if one is None or other is None:
        raise terms.refuse.unproven(node, f"{left.kind} {sign} {right.kind}")
    (p, s), (q, t) = one, other
    if sign == "/":
        scale = max(s, t)
        kind = decimal(p + t + max(0, t - s), scale)
        return Term(quotient(left.sql, right.sql, one, other, kind), kind)
    if sign == "*":
        if s + t > MOST_DIGITS:
            raise terms.refuse.mismatch(node, "a product has at most 38 places.")
        kind = decimal(p + q, s + t)
        # The wide one makes DuckDB multiply in 128 bits.
        a, b = f"cast({left.sql} as {decimal(p + q, s)})", f"cast({right.sql} as {decimal(q, t)})"
        return Term(f"cast({a} * {b} as {kind})", kind)
    scale = max(s, t)
    if sign == "%":
        kind = decimal(min(p - s, q - t) + scale, scale)
        wide = decimal(max(p - s, q - t) + scale, scale)
        divisor = f"cast({right.sql} as {wide})"
        return Term(f"cast(cast({left.sql} as {wide}) % {divisor} as {kind})", kind)
    kind = decimal(max(p - s, q - t) + scale + 1, scale)
    return Term(
        f"cast(cast({left.sql} as {kind}) {sign} cast({right.sql} as {kind}) as {kind})", kind
    )


def quotient(
    dividend: str, divisor: str, of: tuple[int, int], by: tuple[int, int], kind: str
) -> str:
    """An exact division: both numbers as whole ones, the result rounded half up."""
    _, scale = digits_of(kind) or (0, 0)
    n = f"cast(cast({dividend} as {decimal(38, of[1])}) * {10 ** of[1]} as hugeint)"
    d = f"cast(cast({divisor} as {decimal(38, by[1])}) * {10 ** by[1]} as hugeint)"
    step = f"0.{'1'.zfill(scale)}" if scale else "1"
    rounded = f"trino_half_up({n} * {10 ** (scale + by[1] - of[1])}, {d})"
    return f"cast(cast({rounded} as decimal(38, 0)) * {step} as {kind})"


def _moved(terms: Terms, node: exp.Binary, sign: str, left: Term, right: Term) -> Term:
    """A date or a time moved by an interval."""
    if sign == "+" and left.kind.startswith("interval"):
        left, right = right, left
    if left.kind not in _MOMENTS or sign not in "+-" or not right.unit:
        raise terms.refuse.unproven(node, f"{left.kind} {sign} {right.kind}")
    if left.kind == "date" and right.unit not in _WHOLE_DAYS:
        raise terms.refuse.mismatch(node, f"Athena does not add a {right.unit} to a date.")
    moved = f"({left.sql} {sign} {right.sql})"
    return Term(f"cast({moved} as {left.kind})", left.kind)


def _negative(terms: Terms, node: exp.Neg, scope: Scope) -> Term:
    if isinstance(node.this, exp.Literal) and node.this.name == str(_LARGEST_INTEGER + 1):
        return Term(f"cast(-{node.this.name} as integer)", "integer", f"-{node.this.name}")
    if isinstance(node.this, exp.Literal) and node.this.name == str(_LARGEST_BIGINT + 1):
        return Term(f"cast(-{node.this.name} as bigint)", "bigint", f"-{node.this.name}")
    given = terms.of(node.this, scope)
    if not (digits_of(given.kind) or given.kind == "double"):
        raise terms.refuse.unproven(node, f"- {given.kind}")
    # In its type, so that the smallest number has none, as in Trino.
    sql = f"cast(-{given.sql} as {given.kind})"
    return Term(sql, given.kind, f"-{given.text}" if given.text else None)


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
    **dict.fromkeys(_SIGNS, _arithmetic),
    **dict.fromkeys(_COMPARISONS, _comparison),
    exp.Neg: _negative,
    exp.Between: _between,
    exp.And: _logic,
    exp.Or: _logic,
    exp.Not: _not,
    exp.Is: _is,
    exp.Like: _like,
    exp.Escape: _escaped,
    exp.DPipe: _joined,
}
