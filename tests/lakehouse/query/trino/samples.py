"""The table of every generated term: NULLs, edges and Unicode in all types of gold."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

ROWS = 42
_TEXTS = [
    *("", "a", "abc", "ABC def", "  padded\t", "Café", "CAFE\u0301", "straße", "ÅÖü", "日本語"),
    *("🙂x", "a,b,,c", ",", "2025-04-31", "2025-02-28", "2025-4-1", "12.7", " 12 ", "-0", "1e3"),
    *("+7", "007", "NaN", "true", "T", "yes", "line\nbreak", "end\n", "\u00a0nbsp\u00a0", "100%_x"),
    *('{"a": 1, "b": [1, 2], "c": {"d": "x"}}', "[1, 2, 3]", '{"a": null}', '"text"', "{broken"),
    *("2025-04-01 10:11:12", "2025-04-01 10:11:12.345", "99999999999999999999", "$1\\", "aAbBaa"),
]
_BIGINTS = [0, 1, -1, 2, 3, -3, 7, 10, 12, 100, 255, -128, 2**31 - 1, -(2**31), 2**62, -(2**63)]
_INTEGERS = [0, 1, -1, 2, 3, 5, 7, -7, 12, 31, 100, 2**31 - 1, -(2**31)]
_MONEY = ["0.00", "0.01", "-0.01", "1.00", "1.005", "2.50", "-2.50", "0.50", "99.99", "1234567.89"]
_MONEY += ["9999999999999999.99", "-9999999999999999.99", "0.05", "3.33", "100.00"]
_RATES = [
    "0.0000",
    "0.0001",
    "-0.0001",
    "0.5000",
    "1.2345",
    "-1.2355",
    "9.9999",
    "-9.9999",
    "0.3333",
]
_DOUBLES = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 0.1, 1.005, 2.675, 1e-7, 123456.789, 1e15]
_DOUBLES += [float("nan"), float("inf"), float("-inf"), 1 / 3]
_DATES = [date(*day) for day in ((2024, 2, 29), (2025, 1, 31), (2025, 2, 28), (2024, 12, 30))]
_DATES += [date(*day) for day in ((2025, 4, 6), (2025, 4, 7), (1969, 12, 31), (1970, 1, 1))]
_DATES += [date(*day) for day in ((2025, 12, 31), (2026, 1, 1), (1900, 3, 1), (2100, 2, 28))]
_TIMES = [
    datetime(d.year, d.month, d.day, *t) for d in _DATES for t in ((0, 0), (23, 59, 59, 999000))
]
_TIMES += [datetime(2025, 4, 1, 10, 11, 12, 345000), datetime(2025, 3, 30, 1, 30)]
_LISTS: list[list[int | None]] = [
    [],
    [1],
    [3, 1, 2],
    [1, None, 2],
    [None],
    [2, 2, 3, 2],
    [-1, 0, 7],
]
_TEXT_LISTS: list[list[str | None]] = [
    [],
    ["a"],
    ["b", "a"],
    ["a", None],
    ["", "é"],
    ["x", "x", "y"],
]
_NAN = float("nan")
_DOUBLE_LISTS: list[list[float | None]] = [
    [],
    [0.5, -1.0],
    [_NAN, 1.0],
    [_NAN, _NAN],
    [1.0, None, _NAN],
    [-0.0, 0.0, float("inf")],
]

POOLS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "bigint": (pa.int64(), _BIGINTS),
    "integer": (pa.int32(), _INTEGERS),
    "small": (pa.int64(), [0, 1, 2, 3, 4, 5, -1, -2, -3, 12]),
    "money": (pa.decimal128(18, 2), [Decimal(m).quantize(Decimal("0.01")) for m in _MONEY]),
    "rate": (pa.decimal128(5, 4), [Decimal(rate) for rate in _RATES]),
    "double": (pa.float64(), _DOUBLES),
    "varchar": (pa.string(), _TEXTS),
    "sign": (pa.string(), ["a", ",", "b", "é", "x", "ab", " ", "", "日", "A"]),
    "date": (pa.date32(), _DATES),
    "timestamp": (pa.timestamp("us"), _TIMES),
    "moment": (pa.timestamp("us", "UTC"), [time.replace(tzinfo=UTC) for time in _TIMES]),
    "boolean": (pa.bool_(), [True, False]),
    "numbers": (pa.list_(pa.int64()), _LISTS),
    "texts": (pa.list_(pa.string()), _TEXT_LISTS),
    "doubles": (pa.list_(pa.float64()), _DOUBLE_LISTS),
}
KINDS = {
    "bigint": "bigint",
    "integer": "integer",
    "small": "bigint",
    "money": "decimal(18,2)",
    "rate": "decimal(5,4)",
    "double": "double",
    "varchar": "varchar",
    "sign": "varchar",
    "date": "date",
    "timestamp": "timestamp(6)",
    "moment": "timestamp(3) with time zone",
    "boolean": "boolean",
    "numbers": "array(bigint)",
    "texts": "array(varchar)",
    "doubles": "array(double)",
}


def samples() -> pa.Table:
    """Two columns of each pool, with every value and with pairs that chance has made."""
    chance = random.Random(476)
    columns: dict[str, pa.Array] = {"n": pa.array(range(ROWS), pa.int64())}
    for name, (kind, pool) in POOLS.items():
        for number in (1, 2):
            values: list[Any] = [None, *pool]
            chance.shuffle(values)
            while len(values) < ROWS:
                values.append(chance.choice(pool))
            columns[f"{name}_{number}"] = pa.array(values[:ROWS], kind)
    return pa.table(columns)


def for_trino() -> str:
    """The same rows as VALUES."""
    table = samples()
    kinds = ["bigint", *(kind for kind in KINDS.values() for _ in (1, 2))]
    columns = [
        [_literal(value, kind) for value in column.to_pylist()]
        for column, kind in zip(table.columns, kinds, strict=True)
    ]
    rows = ", ".join(f"({', '.join(row)})" for row in zip(*columns, strict=True))
    return f"(values {rows}) as samples({', '.join(table.column_names)})"


def _literal(value: Any, kind: str) -> str:
    if value is None:
        return f"cast(null as {kind})"
    if isinstance(value, list):
        item = kind[len("array(") : -1]
        return f"cast(array[{', '.join(_literal(v, item) for v in value)}] as {kind})"
    if isinstance(value, str):
        text = "".join(c if " " <= c <= "~" and c != "\\" else f"\\+{ord(c):06x}" for c in value)
        quoted = text.replace("'", "''")
        return f"cast(U&'{quoted}' as varchar)"
    if isinstance(value, float):
        special = {"nan": "nan()", "inf": "infinity()", "-inf": "-infinity()"}
        return special.get(repr(value), f"double '{value!r}'")
    if isinstance(value, datetime):
        zone = " UTC" if value.tzinfo else ""
        return f"cast(timestamp '{value:%Y-%m-%d %H:%M:%S.%f}{zone}' as {kind})"
    return f"cast('{value}' as {kind})"
