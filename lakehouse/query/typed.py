"""From Trino's SQL to DuckDB's: the rules that depend on the types of what they combine.

A term whose type stays unknown is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sqlglot import exp, parse_one

from lakehouse.query.tables import place_of
from lakehouse.query.types_of_terms import Types
from orchestration.project.sql_places import fault

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_DIGITS = {"TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "HUGEINT": 38}
_MOST_DIGITS = 38
# Clauses that make names known come before those that use them.
_ORDER = ("with_", "from_", "joins", "laterals", "where", "group", "having")


def bridge_types(sql: str, tree: exp.Query, types: Types) -> exp.Query:
    """The tree with every rule applied, from the inside to the outside."""
    for node in list(_inside_out(tree)):
        rule = _RULES.get(type(node))
        if rule is not None:
            rule(sql, node, types)
    return tree


def _inside_out(node: exp.Expr) -> Iterator[exp.Expr]:
    names = [*_ORDER, *(name for name in node.args if name not in _ORDER)]
    if isinstance(node, exp.Filter | exp.Window):
        # The rule of an aggregate puts all of its window elsewhere, so the window comes first.
        names.sort(key=lambda name: name == "this")
    for name in names:
        value = node.args.get(name)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, exp.Expr):
                yield from _inside_out(child)
    yield node


def _divide(sql: str, node: exp.Div, types: Types) -> None:
    """Whole numbers give a whole number, and decimals a decimal, rounded half up."""
    left, right = types.of(node.this), types.of(node.expression)
    if left in _INTEGERS and right in _INTEGERS:
        node.replace(exp.IntDiv(this=node.this.copy(), expression=node.expression.copy()))
    elif "DOUBLE" not in (left, right) and "FLOAT" not in (left, right):
        dividend, divisor = _decimal(left), _decimal(right)
        if dividend and divisor:
            scale = max(dividend[1], divisor[1])
            digits = dividend[0] + divisor[1] + max(0, divisor[1] - dividend[1])
            node.replace(_quotient(node.this, node.expression, dividend, divisor, digits, scale))


def _average(sql: str, node: exp.Avg, types: Types) -> None:
    """The mean of decimals has their own type."""
    kind = _decimal(types.of(_argument(node)))
    if kind is not None and types.of(_argument(node)) not in _INTEGERS:
        outer = _with_its_window(node)
        total, count = (_exchanged(outer, node, other) for other in (exp.Sum, exp.Count))
        summed = (_MOST_DIGITS, kind[1])
        outer.replace(_quotient(total, count, summed, (19, 0), kind[0], kind[1]))


def _total(sql: str, node: exp.Sum, types: Types) -> None:
    """The sum of whole numbers is a bigint, or an error when it is larger."""
    if types.of(_argument(node)) in _INTEGERS:
        _as_bigint(sql, node, types)


def _as_bigint(sql: str, node: exp.Expr, types: Types) -> None:
    outer = _with_its_window(node)
    outer.replace(exp.cast(outer.copy(), "bigint"))


def _to_integer(sql: str, node: exp.Cast, types: Types) -> None:
    """A half becomes the whole number farther from 0; DuckDB takes the even one."""
    if node.to.sql("duckdb").upper() in ("INT", *_INTEGERS) and types.of(node.this) == "DOUBLE":
        node.set("this", exp.func("round", node.this.copy()))


def _stay_date(sql: str, node: exp.Expr, types: Types) -> None:
    """What is made of a date is a date, where DuckDB makes a timestamp."""
    given = node.this
    if isinstance(node, exp.Add | exp.Sub):
        if isinstance(given, exp.Interval):
            given = node.expression
        elif not isinstance(node.expression, exp.Interval):
            return
    if types.of(given) == "DATE":
        node.replace(exp.cast(node.copy(), "date"))


def _stay_dates(sql: str, node: exp.GenerateSeries, types: Types) -> None:
    if types.of(node.args["start"]) == "DATE":
        node.replace(exp.cast(node.copy(), exp.DataType.build("date[]", dialect="duckdb")))


def _compare(sql: str, node: exp.Expr, types: Types) -> None:
    """Athena converts neither side of a comparison; DuckDB would, or fail at a row."""
    compared = [node.this, *(node.args.get(n) for n in ("expression", "low", "high"))]
    compared += node.expressions if isinstance(node, exp.In) else []
    kinds = [types.of(term) for term in compared if isinstance(term, exp.Expr)]
    families = {_family(kind): kind.lower() for kind in kinds if _family(kind)}
    if len(families) > 1:
        place = next((p for part in node.walk() if (p := place_of(part))), None)
        problem = f"Athena does not compare {' with '.join(families.values())}."
        example = "such as date '2025-04-01', or convert it with cast"
        raise fault(sql, place, problem, f"Write the value in the other's type, {example}.")


def _family(kind: str) -> str:
    """What may be compared with each other; empty when that is not known."""
    kind = re.sub(r"\(.*", "", kind)
    if kind in (*_INTEGERS, "DECIMAL", "DOUBLE", "FLOAT"):
        return "number"
    return {"VARCHAR": "text", "BOOLEAN": "boolean"}.get(
        kind, "time" if kind.startswith(("DATE", "TIMESTAMP")) and "[" not in kind else ""
    )


def _argument(node: exp.Expr) -> exp.Expr:
    inner: exp.Expr = node.this
    if isinstance(inner, exp.Distinct):
        inner = inner.expressions[0]
    return inner


def _with_its_window(node: exp.Expr) -> exp.Expr:
    """The aggregate with the FILTER and OVER that belong to it."""
    while isinstance(node.parent, exp.Filter | exp.Window) and node.parent.this is node:
        node = node.parent
    return node


def _exchanged(outer: exp.Expr, node: exp.Expr, other: type[exp.Expr]) -> exp.Expr:
    """The aggregate with its window, as another one."""
    if outer is node:
        return other(this=node.this.copy())
    copied = outer.copy()
    found = copied
    while type(found) is not type(node):
        found = found.this
    found.replace(other(this=node.this.copy()))
    return copied


def _decimal(kind: str) -> tuple[int, int] | None:
    """Digits and scale of a number that is exact."""
    if kind in _DIGITS:
        return _DIGITS[kind], 0
    found = re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", kind)
    return (int(found[1]), int(found[2])) if found else None


def _quotient(
    dividend: exp.Expr,
    divisor: exp.Expr,
    of: tuple[int, int],
    by: tuple[int, int],
    digits: int,
    scale: int,
) -> exp.Expr:
    """An exact division: both numbers as whole ones, the result rounded half up."""
    numerator = f"cast(cast(:n as decimal(38, {of[1]})) * {10 ** of[1]} as hugeint)"
    denominator = f"cast(cast(:d as decimal(38, {by[1]})) * {10 ** by[1]} as hugeint)"
    step = f"0.{'1'.zfill(scale)}" if scale else "1"
    rounded = f"trino_half_up({numerator} * {10 ** (scale + by[1] - of[1])}, {denominator})"
    kind = f"decimal({min(digits, _MOST_DIGITS)}, {scale})"
    template = f"cast(cast({rounded} as decimal(38, 0)) * {step} as {kind})"
    tree: exp.Expr = parse_one(template, dialect="duckdb")
    numbers = {"n": dividend.copy(), "d": divisor.copy()}
    return exp.replace_placeholders(tree, **numbers)


_RULES: dict[type[exp.Expr], Callable[..., None]] = {
    exp.Div: _divide,
    exp.Avg: _average,
    exp.Sum: _total,
    exp.CountIf: _as_bigint,
    exp.Cast: _to_integer,
    exp.TryCast: _to_integer,
    exp.TimestampTrunc: _stay_date,
    exp.DateTrunc: _stay_date,
    exp.DateAdd: _stay_date,
    exp.Add: _stay_date,
    exp.Sub: _stay_date,
    exp.GenerateSeries: _stay_dates,
    exp.EQ: _compare,
    exp.NEQ: _compare,
    exp.GT: _compare,
    exp.GTE: _compare,
    exp.LT: _compare,
    exp.LTE: _compare,
    exp.Between: _compare,
    exp.In: _compare,
}
