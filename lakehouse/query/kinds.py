"""Trino's types as this command knows them: their names, their common type, DuckDB's name.

A kind is Trino's name without the length of a text and the precision of a time, which no proven
function depends on: `bigint`, `decimal(18,2)`, `varchar`, `array(date)`, `map(varchar,bigint)`.
`unknown` is the type of NULL, `zoned` a moment seen from a time zone that is not UTC.
"""

from __future__ import annotations

import re

INTEGERS = ("tinyint", "smallint", "integer", "bigint")
MOST_DIGITS = 38
_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
_NUMBERS = (*INTEGERS, "decimal", "real", "double")
_TIMES = ("date", "timestamp", "timestamp with time zone")
_DUCKDB = {
    "unknown": "integer",
    "varbinary": "blob",
    "json": "varchar",
    "interval day to second": "interval",
    "interval year to month": "interval",
}
_TRINO = {"int": "integer", "float": "real", "blob": "varbinary", "hugeint": "decimal(38,0)"}
SIMPLE = (*INTEGERS, "real", "double", "varchar", "boolean", *_TIMES, "varbinary", "json")


def decimal(digits: int, scale: int) -> str:
    """A decimal, with as many digits as there may be."""
    return f"decimal({min(digits, MOST_DIGITS)},{scale})"


def digits_of(kind: str) -> tuple[int, int] | None:
    """Digits and scale of a number that is exact; None for anything else."""
    if kind in _DIGITS:
        return _DIGITS[kind], 0
    found = re.fullmatch(r"decimal\((\d+),(\d+)\)", kind)
    return (int(found[1]), int(found[2])) if found else None


def parts_of(kind: str) -> tuple[str, list[str]]:
    """`array` and `map` with the types of what they hold; another type by its name alone."""
    found = re.fullmatch(r"(array|map)\((.+)\)", kind)
    if found is None:
        return kind.partition("(")[0], []
    parts, depth = [""], 0
    for letter in found[2]:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return found[1], parts


def common(one: str, other: str) -> str | None:
    """The type that Trino converts both to by itself; None where it refuses."""
    if one == other or other == "unknown":
        return one
    if one == "unknown":
        return other
    (name, inner), (other_name, other_inner) = parts_of(one), parts_of(other)
    if inner and name == other_name and len(inner) == len(other_inner):
        merged = [common(*pair) for pair in zip(inner, other_inner, strict=True)]
        return None if None in merged else f"{name}({','.join(map(str, merged))})"
    if name in _TIMES and other_name in _TIMES:
        return max(name, other_name, key=_TIMES.index)
    if name in _NUMBERS and other_name in _NUMBERS:
        return _wider(one, other)
    return None


def _wider(one: str, other: str) -> str:
    for inexact in ("double", "real"):
        if inexact in (one, other):
            return inexact
    if one in INTEGERS and other in INTEGERS:
        return max(one, other, key=INTEGERS.index)
    (digits, scale), (other_digits, other_scale) = (
        digits_of(one) or (0, 0),
        digits_of(other)
        or (
            0,
            0,
        ),
    )
    places = max(scale, other_scale)
    return decimal(max(digits - scale, other_digits - other_scale) + places, places)


def becomes(kind: str, wanted: str) -> bool:
    """Whether Trino converts the one to the other by itself."""
    return common(kind, wanted) == wanted


def for_duckdb(kind: str) -> str:
    """DuckDB's name of a type."""
    name, inner = parts_of(kind)
    if name == "array":
        return f"{for_duckdb(inner[0])}[]"
    if name == "map":
        return f"map({for_duckdb(inner[0])}, {for_duckdb(inner[1])})"
    return _DUCKDB.get(kind, kind)


def of_duckdb(kind: str) -> str:
    """The kind of a column that DuckDB calls so; empty for one that is not known here."""
    kind = kind.lower().replace(", ", ",")
    if kind.endswith("[]"):
        inner = of_duckdb(kind[:-2])
        return f"array({inner})" if inner else ""
    if kind.startswith("map("):
        held = [of_duckdb(part) for part in parts_of(kind)[1]]
        return f"map({','.join(held)})" if all(held) else ""
    kind = _TRINO.get(kind, kind)
    return kind if kind in SIMPLE or digits_of(kind) else ""


def is_orderable(kind: str) -> bool:
    """Whether values of this type have an order that is proven."""
    return (kind in SIMPLE and kind != "json") or kind == "unknown" or digits_of(kind) is not None
