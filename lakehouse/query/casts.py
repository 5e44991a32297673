"""The conversions that give here what Trino's CAST gives; what is not listed is refused."""

from __future__ import annotations

import re

from lakehouse.query.kinds import INTEGERS, digits_of, for_duckdb, parts_of

_WHOLE = "^[+-]?[0-9]+$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_DOUBLE = r"^[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|NaN|Infinity)$"
_DATE = "^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$"
_TIME = "^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,3})?)?)?$"
_ZONED_TIME = (
    "^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} [0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,3})?)?( UTC)?$"
)
# A literal of these that has the right form needs no further look.
_FIXED = ("date", "timestamp", "timestamp with time zone")
_NUMBERS = (*INTEGERS, "decimal", "double")
_MOMENTS = ("date", "timestamp", "timestamp with time zone", "zoned")


def converted(sql: str, kind: str, to: str, length: int | None = None) -> str | None:
    """The conversion in DuckDB's SQL; None when it is not proven.

    Args:
        sql: The value.
        kind: Its type.
        to: The type that is wanted.
        length: The most characters of a wanted text, or whether a time has all its digits.
    """
    if to == "varchar":
        return _as_text(sql, kind, length)
    if kind in (to, "unknown"):
        return sql if kind == to else f"cast({sql} as {for_duckdb(to)})"
    name, wanted = parts_of(kind)[0], parts_of(to)[0]
    if name == wanted == "array":
        item = converted("x", parts_of(kind)[1][0], parts_of(to)[1][0])
        return item and f"list_transform({sql}, lambda x: {item})"
    plain = f"cast({sql} as {for_duckdb(to)})"
    if kind == "varchar":
        return _of_text(sql, wanted, plain, 6 if length else 3)
    if name in _NUMBERS and wanted in _NUMBERS:
        return _of_number(sql, kind, to, plain)
    if (name in INTEGERS and wanted == "boolean") or (kind == "boolean" and wanted in INTEGERS):
        return plain
    if kind == "boolean" and wanted == "double":
        return plain
    return (
        plain
        if kind in _MOMENTS and wanted in _MOMENTS[:3] and kind != "zoned"
        else (plain if kind == "zoned" and wanted in ("date", "timestamp") else None)
    )


def _as_text(sql: str, kind: str, length: int | None) -> str | None:
    if kind in ("varchar", "unknown"):
        whole = sql if kind == "varchar" else f"cast({sql} as varchar)"
        return whole if length is None else f"substring({whole}, 1, {length})"
    if not (digits_of(kind) or kind in ("boolean", "date")):
        return None
    plain = f"cast({sql} as varchar)"
    if length is None:
        return plain
    problem = f"'a value is longer than varchar({length})'"
    return f"case when length({plain}) > {length} then trino_error({problem}) else {plain} end"


def _of_number(sql: str, kind: str, to: str, plain: str) -> str:
    if kind == "double" and digits_of(to):
        if to in INTEGERS:
            return f"cast(round({sql}) as {to})"
        return f"cast(trino_digits({sql}) as {to})"
    if digits_of(kind) and to in INTEGERS and kind not in INTEGERS:
        return f"cast(round({sql}, 0) as {to})"
    return plain


def _of_text(sql: str, wanted: str, plain: str, places: int) -> str | None:
    trimmed = f"trim({sql}, trino_blanks())"
    pattern = {
        **dict.fromkeys(INTEGERS, _WHOLE),
        "decimal": _NUMBER,
        "double": _DOUBLE,
        "date": _DATE,
        "timestamp": _TIME,
        "timestamp with time zone": _ZONED_TIME,
        "boolean": "^(?i:true|false|t|f|1|0)$",
    }.get(wanted)
    if pattern is None:
        return None
    pattern = pattern.replace("{1,3}", f"{{1,{places}}}")
    if wanted in ("boolean", "decimal"):
        trimmed = sql
    if re.fullmatch(r"'[^']*'", sql) and re.fullmatch(pattern, sql[1:-1]) and wanted in _FIXED:
        return plain
    problem = f"trino_error('a text is no {wanted}')"
    value = plain.replace(f"cast({sql} as", f"cast({trimmed} as", 1)
    return (
        f"case when {sql} is null then null when regexp_matches({trimmed}, {_quoted(pattern)})"
        f" then {value} else {problem} end"
    )


def _quoted(text: str) -> str:
    return f"'{text}'"
