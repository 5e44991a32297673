"""Records that a stray pair of quotes has swallowed: legal by RFC 4180, and hardly ever meant.

Two names with an inch mark, one at the start of a value and one lines below at the end of a value,
make one value of all that lies between them. It reads as a product with a very long name, and the
products in it are gone.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.header import Header
from ingestion.tables import Table
from ingestion.values import to_type

SWALLOWED = "swallowed_records"
_LINE_BREAK = re.compile(r"\r\n|\n|\r")


def swallowed_lines(raw_text: str, header: Header, table: Table) -> list[str]:
    """The lines inside a record that read as records themselves, each with all its typed values."""
    lines = _LINE_BREAK.split(raw_text)[1:]
    fields = [line.replace('"', "").split(",") for line in lines]
    places = [place for place, found in enumerate(fields) if len(found) in header.widths]
    is_record = pa.array([True] * len(places))
    for column in table.columns:
        if column.name not in header.positions:
            continue
        values = [fields[place][header.positions[column.name]] for place in places]
        for mask in to_type(pa.array(values, pa.string()), column).faults.values():
            is_record = pc.and_(is_record, pc.invert(mask))
    return [lines[place] for place, good in zip(places, is_record.to_pylist(), strict=True) if good]


def swallowing(raw_text: pa.StringArray, header: Header, table: Table) -> pa.BooleanArray:
    """Which of these whole records have swallowed others."""
    has_lines = pc.match_substring_regex(raw_text, "[\r\n]")
    if not pc.any(has_lines).as_py():
        return has_lines
    return pa.array(
        [
            bool(text is not None and swallowed_lines(text, header, table))
            for text in pc.if_else(has_lines, raw_text, pa.scalar(None, pa.string())).to_pylist()
        ]
    )
