"""Records that a stray pair of quotes has swallowed: legal by RFC 4180, and hardly ever meant.

Two names with an inch mark, one at the start of a value and one lines below at the end of a value,
make one value of all that lies between them. It reads as a product with a very long name, and the
products in it are gone.

A line inside a value need not be a good record to be one: a name with a comma, an id with a typing
error or a department left out would each have been a record of its own, loaded or rejected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.csv_records import split_block
from ingestion.header import Header
from ingestion.tables import Table, Type
from ingestion.values import to_type

SWALLOWED = "swallowed_records"
# Those that other programs break lines at are among them.
_BREAKS = "\n\r\u000b\u000c\u0085\u2028\u2029"
_LINE_BREAK = re.compile(f"\r\n|[{_BREAKS}]")
_PROSE = re.compile(r",\s")

# What a line of a value gives for each place of a record, None where the value does not reach.
_Reading = tuple[int, list[str | None]]


def swallowed_lines(raw_text: str, header: Header, table: Table) -> list[str]:
    """The lines of a record that begin, end or stand inside a value and read as records there.

    Such a line has at least as many fields as the header, and what the value holds of it reads as
    the table's numbers, dates and times: all of them, or half where no blank follows a comma.
    """
    records = split_block(raw_text, header.widths)[0].fields.to_pylist()
    if len(records) != 1 or records[0] is None:
        return []
    raw_lines = _LINE_BREAK.split(raw_text)
    readings = list(_readings(records[0], header.width))
    typed = [column for column in table.columns if column.type is not Type.STRING]
    count = np.zeros(len(readings), dtype=int)
    for column in typed:
        place = header.positions[column.name]
        values = pa.array([reading[place] for _, reading in readings], pa.string())
        count += pc.is_valid(to_type(values, column).values).to_numpy(zero_copy_only=False)
    found = {
        line
        for (line, _), good in zip(readings, count, strict=True)
        if good == len(typed) or (2 * good >= len(typed) and not _PROSE.search(raw_lines[line]))
    }
    return [raw_lines[line] for line in sorted(found)]


def _readings(fields: list[str], width: int) -> Iterator[_Reading]:
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
                yield first_line + number, found[:width]
                yield first_line + number, found[-width:]
        first_line += len(lines)


def swallowing(raw_text: pa.StringArray, header: Header, table: Table) -> pa.BooleanArray:
    """Which of these whole records have swallowed others."""
    has_lines = pc.match_substring_regex(raw_text, f"[{_BREAKS}]")
    if not pc.any(has_lines).as_py():
        return has_lines
    return pa.array(
        [
            bool(text is not None and swallowed_lines(text, header, table))
            for text in pc.if_else(has_lines, raw_text, pa.scalar(None, pa.string())).to_pylist()
        ]
    )
