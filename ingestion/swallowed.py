"""Records that a stray pair of quotes has swallowed: legal by RFC 4180, and hardly ever meant.

Two names with an inch mark, one at the start of a value and one lines below at the end of a value,
make one value of all that lies between them. It reads as a product with a very long name, and the
products in it are gone.

A line inside a value need not be a good record to be one: a name with a comma, an id with a typing
error or a department left out would each have been a record of its own, loaded or rejected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.csv_records import fields_of
from ingestion.header import Header
from ingestion.tables import Table, Type
from ingestion.values import to_type

SWALLOWED = "swallowed_records"
# Those that other programs break lines at are among them.
_BREAKS = "\n\r\u000b\u000c\u0085\u2028\u2029"
_LINE_BREAK = re.compile(f"\r\n|[{_BREAKS}]")
_PROSE = re.compile(r",\s")


class _Reading(NamedTuple):
    """A line of a value, read as a record.

    Attributes:
        record: Position of the record that holds the value.
        line: Number of the line in that record, from 0.
        fields: For each place of a record, None where the value does not reach.
    """

    record: int
    line: int
    fields: list[str | None]


def swallowed_lines(raw_text: str, header: Header, table: Table) -> list[str]:
    """The lines of a record that begin, end or stand inside a value and read as records there.

    Such a line has at least as many fields as the header, and what the value holds of it reads as
    the table's numbers, dates and times: all of them, or half where no blank follows a comma.
    """
    lines = _LINE_BREAK.split(raw_text)
    return [lines[line] for _, line in sorted(_swallowed([raw_text], header, table))]


def swallowing(raw_text: pa.StringArray, header: Header, table: Table) -> pa.BooleanArray:
    """Which of these whole records have swallowed others."""
    has_lines = pc.match_substring_regex(raw_text, f"[{_BREAKS}]")
    if not pc.any(has_lines).as_py():
        return has_lines
    places = [place for place, has in enumerate(has_lines.to_pylist()) if has]
    found = _swallowed([raw_text[place].as_py() for place in places], header, table)
    swallowers = {places[record] for record, _ in found}
    return pa.array([place in swallowers for place in range(len(raw_text))])


def _swallowed(raw_texts: Sequence[str], header: Header, table: Table) -> set[tuple[int, int]]:
    """Position of a record, and number of a line in it, for each line that reads as a record.

    All lines are typed at once, column by column: one by one they take a hundred times as long.
    """
    readings = [
        reading
        for record, raw_text in enumerate(raw_texts)
        for reading in _readings(record, fields_of(raw_text) or [], header.width)
    ]
    typed = [
        (column, header.positions[column.name])
        for column in table.columns
        if column.type is not Type.STRING and column.name in header.positions
    ]
    count = np.zeros(len(readings), dtype=int)
    for column, place in typed:
        values = pa.array([reading.fields[place] for reading in readings], pa.string())
        count += pc.is_valid(to_type(values, column).values).to_numpy(zero_copy_only=False)
    lines = [_LINE_BREAK.split(raw_text) for raw_text in raw_texts]
    return {
        (reading.record, reading.line)
        for reading, good in zip(readings, count, strict=True)
        if good == len(typed)
        or (2 * good >= len(typed) and not _PROSE.search(lines[reading.record][reading.line]))
    }


def _readings(record: int, fields: list[str], width: int) -> Iterator[_Reading]:
    """Each line of a value as a record, by its first fields and by its last: a name has commas."""
    first_line = 0
    for place, value in enumerate(fields):
        *lines, last = _LINE_BREAK.split(value)
        if lines:
            lines[0] = "," * place + lines[0]
            last += "," * (len(fields) - place - 1)
        for number, line in enumerate([*lines, last] if lines else []):
            found = [part or None for part in line.split(",")]
            if len(found) >= width:
                yield _Reading(record, first_line + number, found[:width])
                yield _Reading(record, first_line + number, found[-width:])
        first_line += len(lines)
