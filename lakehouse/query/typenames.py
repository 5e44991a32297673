"""The types that a CAST may name."""

from __future__ import annotations

import re

from sqlglot import exp

from lakehouse.query.kinds import INTEGERS, decimal
from lakehouse.query.refusals import Refusals

_NAMES = {
    "int": "integer",
    "timestamptz": "timestamp with time zone",
    "text": "varchar",
}
_KNOWN = (
    *INTEGERS,
    "double",
    "varchar",
    "boolean",
    "date",
    "timestamp",
    "timestamp with time zone",
)
_FRACTION = re.compile(r"\.(\d+)")
_MILLISECONDS, _MOST_PRECISE = 3, 6


def kind_of(refuse: Refusals, node: exp.Cast) -> tuple[str, int | None]:
    """The type that a cast names, and the length of a text; `decimal` alone has no digits yet."""
    return _kind(refuse, node, node.to)


def _kind(refuse: Refusals, node: exp.Cast, wanted: exp.DataType) -> tuple[str, int | None]:
    name = wanted.this.value.lower() if isinstance(wanted.this, exp.DType) else str(wanted.this)
    name = _NAMES.get(name, name)
    inner = wanted.expressions
    if name == "array" and len(inner) == 1 and isinstance(inner[0], exp.DataType):
        item, length = _kind(refuse, node, inner[0])
        if length is None and item != "decimal":
            return f"array({item})", None
    numbers = [int(part.name) for part in inner if part.name.isdecimal()]
    if name == "decimal" and len(numbers) == len(inner):
        if not numbers:
            return "decimal", None
        digits, scale = (*numbers, 0)[:2]
        if 1 <= digits <= 38 and scale <= digits:
            return decimal(digits, scale), None
    if name == "varchar" and len(numbers) <= 1:
        return name, numbers[0] if numbers else None
    if name.startswith("timestamp") and name in _KNOWN and len(numbers) <= 1:
        # A literal has the precision it is written with; more than DuckDB holds is refused.
        fraction = _FRACTION.search(node.this.name) if node.this.is_string else None
        written = len(fraction[1]) if fraction else 0
        if numbers == [written] and written <= _MOST_PRECISE:
            return name, numbers[0]
        if not numbers or numbers[0] == _MILLISECONDS:
            return name, None
    if name in _KNOWN and not inner:
        return name, None
    raise refuse.unproven(node, f"the type {wanted.sql('trino').lower()}")
