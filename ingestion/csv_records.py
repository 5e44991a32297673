"""Text of a CSV file into records, keeping the raw text of each, good or broken.

Data flow: text -> records (raw text, fields or None where the quoting is broken)

Quoting follows RFC 4180: quoted commas, doubled quotes and line breaks inside quotes are data. A
quote that is opened and not properly closed would swallow the rest of the file in most readers;
here it costs only its own line, and reading goes on with the next one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

_FIELD = re.compile(r'"((?:[^"]++|"")*+)"|([^",\r\n]*+)')
_LINE_END = re.compile(r"\r?\n|\r?\Z")


@dataclass(frozen=True)
class Records:
    """The records of one file, aligned by position; empty lines are no records.

    Attributes:
        raw_text: `string`, as it stands in the file, without the line end.
        fields: `list<string>`, null where the quoting is broken.
    """

    raw_text: pa.StringArray
    fields: pa.ListArray


def split_header(text: str) -> tuple[list[str] | None, str]:
    """Return the first line's fields (None if its quoting is broken) and the rest of the text."""
    found = _fields_at(text, 0)
    if found is None:
        return None, ""
    fields, end = found
    line_end = _LINE_END.match(text, end)
    return fields, text[line_end.end() if line_end else end :]


def split_records(text: str, width: int) -> Records:
    """Split the text below the header into records.

    Args:
        text: Everything after the header line.
        width: Field count of the header; a quoted line break is believed only in a record of it.
    """
    if '"' in text:
        return _split_quoted(text, width)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    raw_text = pa.array([line for line in lines if line], pa.string())
    return Records(raw_text, pc.split_pattern(raw_text, ","))


def _split_quoted(text: str, width: int) -> Records:
    raw_texts: list[str] = []
    all_fields: list[list[str] | None] = []
    position = 0
    while position < len(text):
        found = _fields_at(text, position)
        end = found[1] if found else _end_of_line(text, position)
        raw = text[position:end]
        if found and "\n" in raw and len(found[0]) != width:
            found, end = None, _end_of_line(text, position)
            raw = text[position:end]
        if raw:
            raw_texts.append(raw)
            all_fields.append(found[0] if found else None)
        line_end = _LINE_END.match(text, end)
        position = line_end.end() if line_end else end
    return Records(pa.array(raw_texts, pa.string()), pa.array(all_fields, pa.list_(pa.string())))


def _fields_at(text: str, position: int) -> tuple[list[str], int] | None:
    """Read one record at a position: its fields and where it ends, or None if a quote is broken."""
    fields: list[str] = []
    while True:
        match = _FIELD.match(text, position)
        assert match is not None, "the second alternative matches the empty string"
        quoted = match.group(1)
        fields.append(match.group(2) if quoted is None else quoted.replace('""', '"'))
        position = match.end()
        if _LINE_END.match(text, position):
            return fields, position
        if text[position] != ",":
            return None
        position += 1


def _end_of_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    if end < 0:
        end = len(text)
    return end - 1 if text[position:end].endswith("\r") else end
