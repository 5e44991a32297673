"""Numbers, dates and intervals, added up and divided with Trino's types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query.kinds import INTEGERS, MOST_DIGITS, common, decimal, digits_of
from lakehouse.query.scopes import Scope, Term, text

if TYPE_CHECKING:
    from lakehouse.query.refusals import Refusals
    from lakehouse.query.terms import Terms

_MOMENTS = ("date", "timestamp", "timestamp with time zone")
_WHOLE_DAYS = ("day", "month", "year")
SIGNS = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
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


def interval(refuse: Refusals, node: exp.Interval) -> Term:
    """A whole number of one unit."""
    unit, count = node.text("unit").lower(), node.this
    kinds = {"year": "year to month", "month": "year to month"}
    days = ("day", "hour", "minute", "second")
    if not count.is_string or not count.name.lstrip("+-").isdecimal():
        raise refuse.unproven(node, f"the interval {node.sql('trino')}")
    if unit not in (*kinds, *days):
        raise refuse.unproven(node, f"an interval in {unit or 'no unit'}")
    kind = f"interval {kinds.get(unit, 'day to second')}"
    return Term(f"to_{unit}s(cast({int(count.name)} as bigint))", kind, count.name, unit)


def arithmetic(terms: Terms, node: exp.Binary, scope: Scope) -> Term:
    """`+ - * / %` of numbers, or a moment moved by an interval."""
    left, right = terms.of(node.this, scope), terms.of(node.expression, scope)
    sign = SIGNS[type(node)]
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


def negative(terms: Terms, node: exp.Neg, scope: Scope) -> Term:
    """A number with the other sign."""
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
