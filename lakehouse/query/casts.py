"""The conversions that give here what Trino's CAST gives; what is not listed is refused."""

from __future__ import annotations

from lakehouse.query.kinds import INTEGERS, digits_of, for_duckdb, parts_of
from lakehouse.query.texts import of_text

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
    if kind in (to, "unknown") and not kind.startswith("timestamp"):
        return sql if kind == to else f"cast({sql} as {for_duckdb(to)})"
    name, wanted = parts_of(kind)[0], parts_of(to)[0]
    if name == wanted == "array":
        item = converted("x", parts_of(kind)[1][0], parts_of(to)[1][0])
        return item and f"list_transform({sql}, lambda x: {item})"
    plain = f"cast({sql} as {for_duckdb(to)})"
    if kind == "varchar":
        return of_text(sql, to, plain, is_literal=bool(length))
    if name in _NUMBERS and wanted in _NUMBERS:
        return _of_number(sql, kind, to, plain)
    if (name in INTEGERS and wanted == "boolean") or (kind == "boolean" and wanted in INTEGERS):
        return plain
    if kind == "boolean" and wanted == "double":
        return plain
    if kind in _MOMENTS and wanted in _MOMENTS[: 2 if kind == "zoned" else 3]:
        return plain if "date" in (kind, wanted) else f"trino_milliseconds({plain})"
    return None


def _as_text(sql: str, kind: str, length: int | None) -> str | None:
    if kind in ("varchar", "unknown"):
        whole = sql if kind == "varchar" else f"cast({sql} as varchar)"
        return whole if length is None else f"substring({whole}, 1, {length})"
    if not (digits_of(kind) or kind in ("boolean", "date")):
        return None
    plain = f"cast({sql} as varchar)"
    digits, scale = digits_of(kind) or (0, 0)
    if scale and digits == scale:
        plain = f"regexp_replace({plain}, '^(-?)[.]', '\\10.')"  # DuckDB writes .5 for 0.5
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
