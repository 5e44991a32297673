"""Records that a stray pair of quotes has swallowed: legal by RFC 4180, and hardly ever meant.

Two names with an inch mark, one at the start of a value and one lines below at the end of a value,
make one value of all that lies between them. It reads as a product with a very long name, and the
products in it are gone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.header import Header
from ingestion.tables import Table
from ingestion.values import to_type

SWALLOWED = "swallowed_records"
_LINE_BREAK = re.compile(r"\r\n|\n|\r")


def swallowed_lines(raw_text: str, header: Header, table: Table) -> list[str]:
    """The lines inside a record that read as records themselves, each with all its typed values."""
    lines = _lines_within(raw_text)
    return [
        line for line, good in zip(lines, _are_records(lines, header, table), strict=True) if good
    ]


def swallowing(raw_text: pa.StringArray, header: Header, table: Table) -> pa.BooleanArray:
    """Which of these whole records have swallowed others; all lines are typed at once."""
    has_lines = pc.match_substring_regex(raw_text, "[\r\n]")
    if not pc.any(has_lines).as_py():
        return has_lines
    places = [place for place, has in enumerate(has_lines.to_pylist()) if has]
    lines = [(place, line) for place in places for line in _lines_within(raw_text[place].as_py())]
    good = _are_records([line for _, line in lines], header, table)
    found = {place for (place, _), is_record in zip(lines, good, strict=True) if is_record}
    return pa.array([place in found for place in range(len(raw_text))])


def _lines_within(raw_text: str) -> list[str]:
    return _LINE_BREAK.split(raw_text)[1:]


def _are_records(lines: Sequence[str], header: Header, table: Table) -> list[bool]:
    fields = [line.replace('"', "").split(",") for line in lines]
    whole = [found for found in fields if len(found) in header.widths]
    is_record = pa.array([True] * len(whole), pa.bool_())
    for column in table.columns:
        place = header.positions.get(column.name)
        if place is None:
            continue
        values = pa.array([found[place] for found in whole], pa.string())
        for mask in to_type(values, column).faults.values():
            is_record = pc.and_(is_record, pc.invert(mask))
    verdicts = iter(is_record.to_pylist())
    return [len(found) in header.widths and next(verdicts) for found in fields]
