"""Text of a CSV file into records, keeping the raw text of each, good or broken.

Data flow: text -> blocks of whole lines -> records (raw text, fields or None if quoting is broken)

Quoting follows RFC 4180: quoted commas, doubled quotes and line breaks inside quotes are data. A
quote that is opened and not properly closed would swallow the rest of the file in most readers;
here it costs only its own line, and reading goes on with the next one. A line ends with LF, CRLF or
CR, as files of Unix, Windows and old Macs have it.

A text is read block by block, so that only a small part of it is in memory as Python's texts. Every
line is read a bounded number of times: two records that begin in different lines can't both go on
inside quotes over a third line, for the number of quotes up to it is odd for one of them alone.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import AnyStr

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.faults import FileFault
from ingestion.limits import MAX_FIELD, MAX_RECORD

# As Python's texts the shortest records take a hundred times the room.
_BLOCK_BYTES = 1024 * 1024
# Holds a line of as many characters as a record may have, whatever they are.
_LINE_BYTES = 4 * MAX_RECORD + 1
_FIELD = re.compile(r'"((?:[^"]++|"")*+)"|([^",\r\n]*+)')
_LINE_END = re.compile(r"\r\n|\n|\r|\Z")
_BLANK_LINES = re.compile(rb"[\r\n]*")
_FIRST_LINE_END = re.compile(rb"\r\n|\n|\r|\Z")


@dataclass(frozen=True)
class Records:
    """The records of one block, aligned by position; empty lines are no records.

    Attributes:
        raw_text: `string`, as it stands in the file, without the line end.
        fields: `list<string>`, null where the quoting is broken.
    """

    raw_text: pa.StringArray
    fields: pa.ListArray


def split_first_line(text: bytes, start: int = 0) -> tuple[str, int]:
    """The first line that is not empty, and where the line below it begins.

    Raises:
        FileFault: `long_record`.
    """
    begin = _matched(_BLANK_LINES, text, start).end()
    end = _FIRST_LINE_END.search(text, begin, begin + _LINE_BYTES)
    assert end is not None, "the end of what is searched matches"
    line = text[begin : end.start()].decode(errors="replace")  # a cut letter is too long anyway
    if len(line) > MAX_RECORD:
        raise _too_long()
    return line, end.end()


def fields_of(line: str) -> list[str] | None:
    """The fields of one line, None if its quoting is broken."""
    found = _fields_at(line, 0)
    return found[0] if found and found[1] == len(line) else None


def has_lines(text: bytes, start: int) -> bool:
    """A line that is not empty follows."""
    return _matched(_BLANK_LINES, text, start).end() < len(text)


def blocks_of_lines(text: bytes, start: int) -> Iterator[tuple[bytes, bool]]:
    """Cut a text into blocks of whole lines, and tell with each whether it is the last.

    Raises:
        FileFault: `long_record`, in the place of a block without a line end.
    """
    while start < len(text):
        end = start + _BLOCK_BYTES
        if end < len(text):
            end = _last_line_end(text, start, end) or _last_line_end(
                text, start, start + _LINE_BYTES
            )
            if not end and start + _LINE_BYTES < len(text):
                raise _too_long()
            end = end or len(text)
        yield text[start:end], end >= len(text)
        start = end


def _last_line_end(text: bytes, start: int, end: int) -> int:
    """Where the last line that ends in this part of a text has ended, 0 if none does."""
    after = max(text.rfind(b"\n", start, end), text.rfind(b"\r", start, end)) + 1
    return after + 1 if after and text[after - 1 : after + 1] == b"\r\n" else after


def split_block(text: str, widths: Container[int], is_last: bool = True) -> tuple[Records, str]:
    """Split a block of whole lines into records.

    Args:
        text: Below the header.
        widths: Field counts that a record may have; a quoted line break is believed only there.
        is_last: No text follows.

    Returns:
        The records, and the beginning of one that may go on in the text that follows.

    Raises:
        FileFault: `long_record` or `long_value`.
    """
    rest = ""
    if '"' in text:
        raw_texts, all_fields, end = _split_quoted(text, widths, is_last)
        text, rest = "", text[end:]
        records = Records(
            pa.array(raw_texts, pa.string()), pa.array(all_fields, pa.list_(pa.string()))
        )
    else:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        raw_text = pa.array([line for line in lines if line], pa.string())
        records = Records(raw_text, pc.split_pattern(raw_text, ","))
    _require_believable(records)
    return records, rest


def split_records(text: str, width: int) -> Records:
    """Split a text that is all there is; see `split_block`."""
    return split_block(text, (width,))[0]


def _require_believable(records: Records) -> None:
    longest = pc.max(pc.utf8_length(records.raw_text)).as_py() or 0
    if longest > MAX_RECORD:
        raise _too_long()
    if longest > MAX_FIELD:
        value = pc.max(pc.utf8_length(records.fields.flatten())).as_py() or 0
        if value > MAX_FIELD:
            raise FileFault(
                "long_value", f"a value has {value:,} characters, more than {MAX_FIELD:,}"
            )


def _too_long() -> FileFault:
    return FileFault("long_record", f"a record has more than {MAX_RECORD:,} characters")


def _split_quoted(
    text: str, widths: Container[int], is_last: bool
) -> tuple[list[str], list[list[str] | None], int]:
    raw_texts: list[str] = []
    all_fields: list[list[str] | None] = []
    position = 0
    while position < len(text):
        found = _fields_at(text, position)
        if found is None and not is_last and _is_open(text, position):
            break
        end = found[1] if found else _end_of_line(text, position)
        raw = text[position:end]
        if found and not _is_believed(raw, found[0], widths):
            found, end = None, _end_of_line(text, position)
            raw = text[position:end]
        if raw:
            raw_texts.append(raw)
            all_fields.append(found[0] if found else None)
        position = _matched(_LINE_END, text, end).end()
    return raw_texts, all_fields, position


def _is_believed(raw: str, fields: list[str], widths: Container[int]) -> bool:
    """A line is a record of any width; with line breaks inside quotes it must be a whole one."""
    is_line = "\n" not in raw and "\r" not in raw
    return is_line or (len(fields) in widths and len(raw) <= MAX_RECORD)


def _is_open(text: str, position: int) -> bool:
    """The record goes on beyond the text, and is not too long already."""
    if len(text) - position > MAX_RECORD:
        return False
    while True:
        match = _matched(_FIELD, text, position)
        if text[match.end() : match.end() + 1] == '"' and match.end() == position:
            return True
        position = match.end() + 1
        if text[match.end() : position] != ",":
            return False


def _fields_at(text: str, position: int) -> tuple[list[str], int] | None:
    """Read one record at a position: its fields and where it ends, or None if a quote is broken."""
    fields: list[str] = []
    while True:
        match = _matched(_FIELD, text, position)
        quoted = match.group(1)
        fields.append(match.group(2) if quoted is None else quoted.replace('""', '"'))
        position = match.end()
        if _LINE_END.match(text, position):
            return fields, position
        if text[position] != ",":
            return None
        position += 1


def _end_of_line(text: str, position: int) -> int:
    end = _LINE_END.search(text, position)
    assert end is not None, "the end of the text is the end of a line"
    return end.start()


def _matched(pattern: re.Pattern[AnyStr], text: AnyStr, at: int) -> re.Match[AnyStr]:
    match = pattern.match(text, at)
    assert match is not None, "it matches the empty text"
    return match
