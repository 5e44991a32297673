"""The header of a raw file against its declared table, by name.

Data flow: first line -> header, or the fault for which the file is quarantined
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches

from ingestion.csv_records import fields_of, split_first_line
from ingestion.faults import FileFault
from ingestion.limits import MAX_COLUMNS
from ingestion.tables import Table
from ingestion.visible import cut, shown, some

# Excel's way to say what separates the columns of a file.
_SEPARATOR_LINE = re.compile(r'"?sep=(.|\\t)"?', re.IGNORECASE)
_OTHER_DELIMITERS = {";": "';'", "\t": "tabs", "|": "'|'"}
# A name that is longer is none that was mistyped.
_LONGEST_GUESS = 100
_MARKUP = re.compile(r"\s*(<[!?a-z]|[{\[])", re.IGNORECASE)


@dataclass(frozen=True)
class Header:
    """The header of a file matched to its table by name.

    Attributes:
        names: Of all columns in the file's order; empty for one without a name.
        positions: Declared column name to its position in the file, of those that are in it.
        extra: Unknown column name to its position; kept as JSON in `_rescued`.
    """

    names: tuple[str, ...]
    positions: dict[str, int]
    extra: dict[str, int]

    @property
    def width(self) -> int:
        """Fields that a record must have: one for each column up to the last that has a name."""
        return 1 + max(place for place, name in enumerate(self.names) if name)

    @property
    def widths(self) -> range:
        """Fields that a record may have: programs write empty ones at the right, or leave them."""
        return range(self.width, len(self.names) + 1)


def read_header(text: bytes, table: Table) -> tuple[Header, int]:
    """Match the first line of a text; `sep=,` above it means nothing.

    Returns:
        The header, and where in the text the records begin.

    Raises:
        FileFault: See `match_header`; and what the file is if it is no CSV with commas.
    """
    line, end = split_first_line(text)
    separator = _SEPARATOR_LINE.fullmatch(line.strip())
    if separator and separator[1] == ",":
        line, end = split_first_line(text, end)
    elif separator:
        raise FileFault(
            "wrong_delimiter", f"the first line is {shown(line)}; save it as CSV with commas"
        )
    fields = fields_of(line)
    _require_commas(line, fields or [], table)
    return match_header(fields, table), end


def match_header(fields: list[str] | None, table: Table) -> Header:
    """Match a header to the declared columns by name, in any order.

    Columns without a name at the right are as nothing; another one is named for its place.

    Raises:
        FileFault: `malformed_header`, `many_columns`, `duplicate_column` or `missing_column` with
            the difference and, where an unknown column has a close name, a suggestion.
    """
    if fields is None:
        raise FileFault("malformed_header", "the quoting of the first line is broken")
    if len(fields) > MAX_COLUMNS:
        raise FileFault(
            "many_columns", f"the header has {len(fields):,} columns, more than {MAX_COLUMNS:,}"
        )
    names = tuple(field.strip() for field in fields)
    width = max((place for place, name in enumerate(names, start=1) if name), default=0)
    full_names = [name or f"column {place}" for place, name in enumerate(names[:width], start=1)]
    repeated = sorted(name for name, count in Counter(full_names).items() if count > 1)
    if repeated:
        named = some([cut(name) for name in repeated])
        raise FileFault("duplicate_column", f"named more than once: {named}")
    positions = {name: place for place, name in enumerate(full_names)}
    missing = [
        column.name
        for column in table.columns
        if column.name not in positions and not column.optional
    ]
    extra = {name: place for name, place in positions.items() if name not in table.column_names}
    if missing:
        raise FileFault("missing_column", _describe_missing(missing, list(extra)))
    known = {name: positions[name] for name in table.column_names if name in positions}
    return Header(names, known, extra)


def _require_commas(line: str, fields: list[str], table: Table) -> None:
    """Say so if more of the declared columns are there with something else between them."""
    by_commas = _declared(fields, table)
    for delimiter, words in _OTHER_DELIMITERS.items():
        if len(_declared(_split(line, delimiter), table)) > len(by_commas):
            raise FileFault(
                "wrong_delimiter", f"{words} stand between the columns; save it as CSV with commas"
            )
    if not by_commas and _MARKUP.match(line):
        raise FileFault(
            "no_table", f"the file begins with {shown(line)}: this is a web page or JSON, no CSV"
        )


def _split(line: str, delimiter: str) -> list[str]:
    return [field.strip().strip('"') for field in line.split(delimiter)]


def _declared(fields: list[str], table: Table) -> set[str]:
    return {field.strip() for field in fields}.intersection(table.column_names)


def _describe_missing(missing: list[str], extra: list[str]) -> str:
    words = [f"not in the header: {', '.join(missing)}"]
    if extra:
        words.append(f"unknown there: {some([shown(name) for name in extra])}")
    as_written = {other.lower(): other for other in extra if len(other) <= _LONGEST_GUESS}
    for name in missing:
        close = get_close_matches(name, as_written, n=1, cutoff=0.5)
        if close:
            words.append(f"is {shown(as_written[close[0]])} meant to be {name!r}?")
    return "; ".join(words)
