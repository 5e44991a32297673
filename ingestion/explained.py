"""A reason code in words: the value that was found, the form that was expected, and the cure.

Data flow: reason code + raw text + header -> `'13/04/2025'; expected YYYY-MM-DD ...`

It is worked out from the text of a rejected record when somebody looks, in a run, in status and in
the reason of a quarantine, so that all three say the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from ingestion.csv_records import split_records
from ingestion.faults import FileFault
from ingestion.header import OTHER_LINE_ENDS, match_header
from ingestion.swallowed import SWALLOWED, swallowed_lines
from ingestion.tables import Table, Type
from ingestion.visible import shown

MALFORMED = "malformed"
_RECORD = ("record_number", "raw_text")
_FORMS = {
    Type.BIGINT: "a whole number such as 42",
    Type.STRING: "a name",
    Type.MONEY: "an amount such as 12.50",
    Type.DATE: "YYYY-MM-DD such as 2025-04-01",
    Type.TIMESTAMP: "YYYY-MM-DDTHH:MM:SS such as 2025-04-01T10:20:30",
}
_RANGES = {
    Type.BIGINT: "a number of at most 64 bits",
    Type.MONEY: "an amount of at most 16 digits before the point",
}
_NO_VALUE = r"\\N|null|none|nil|nan|n/?a|#n/a|-+"
_NUMBERS = {
    _NO_VALUE: "leave a field without a value empty",
    r"[-+]?[0-9.\s]*,[0-9]{1,2}": "write a decimal point, not a comma",
    r"[-+]?[0-9]{1,3}([,.'\s][0-9]{3})+([.,][0-9]*)?": "write no thousands separators",
    r"[-+]?[0-9.]+e[-+]?[0-9]+": "format the column as a number before it is saved",
    r"(\D{1,4}\s*[-+]?[0-9][0-9.,]*)|([-+]?[0-9][0-9.,]*\s*\D{1,4})": "write the number alone",
}
_AMOUNTS = {r"[-+]?[0-9]*\.[0-9]{3,}": "write at most two decimals"} | _NUMBERS
_MOMENTS = {
    _NO_VALUE: "leave a field without a value empty",
    r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{2}){1,2}(\D.*)?": "write the year first",
    r".*[0-9]\s*[ap]\.?m\.?": "write hours from 00 to 23",
    r"[0-9]{5}([.,][0-9]+)?": "this is a day's number in Excel: format the column as a date",
    r"[0-9]{10}([0-9]{3}){0,3}": "this is a number of seconds: write the date",
    r".*[.,][0-9]{7,}.*": "write at most microseconds",
}
_HINTS = {
    Type.BIGINT: _NUMBERS,
    Type.MONEY: _AMOUNTS,
    Type.DATE: _MOMENTS,
    Type.TIMESTAMP: _MOMENTS,
    Type.STRING: {_NO_VALUE: "leave a field without a value empty"},
}


def add_examples(
    examples: dict[str, str], batch: pa.RecordBatch, header: Sequence[str], table: Table
) -> None:
    """Explain the first record of each reason that has no example yet.

    Args:
        examples: Reason code to number and explanation of a record; gets the new ones.
        batch: Of `reader.record_schema`.
        header: Names of the file's columns in its order.
        table: What the file should hold.
    """
    for place, codes in enumerate(batch["reasons"].to_pylist()):
        for code in codes or ():
            if code not in examples:
                number, raw_text = (batch[name][place].as_py() for name in _RECORD)
                words = explain(code, raw_text, header, table)
                examples[code] = f"record {number:,}: {words}"


def explain(code: str, raw_text: str, header: Sequence[str] | None, table: Table) -> str:
    """Say what is wrong with a rejected record by one of its reasons.

    Args:
        code: The reason.
        raw_text: The record as it stands in the file.
        header: Names of the file's columns in its order; None where they were not kept.
        table: What the file should hold.

    Returns:
        A few words, empty where there is nothing to say.
    """
    names = list(header or table.column_names)
    try:
        fields = split_records(raw_text, len(names)).fields.to_pylist()
        only = fields[0] if len(fields) == 1 else None
        if code == MALFORMED:
            return _shape(raw_text, only, len(names))
        if code == SWALLOWED:
            return _swallowed(swallowed_lines(raw_text, match_header(names, table), table))
    except FileFault as fault:
        return fault.detail
    kind, _, name = code.partition(":")
    column = next((column for column in table.columns if column.name == name), None)
    places = [place for place, found in enumerate(names) if found.strip() == name]
    if column is None or only is None or not places or len(only) <= places[0]:
        return ""
    return _value(kind, only[places[0]].strip(), column.type)


def _value(kind: str, value: str, type_: Type) -> str:
    if kind == "missing":
        return f"no value; expected {_FORMS[type_]}"
    if kind == "range":
        return f"{shown(value)}; expected {_RANGES.get(type_, _FORMS[type_])}"
    if kind != "type":
        return shown(value)
    hint = next((f": {words}" for shape, words in _HINTS[type_].items() if _fits(shape, value)), "")
    return f"{shown(value)}; expected {_FORMS[type_]}{hint}"


def _fits(shape: str, value: str) -> bool:
    return len(value) <= 100 and re.fullmatch(shape, value, re.IGNORECASE) is not None


def _shape(raw_text: str, fields: list[str] | None, width: int) -> str:
    if fields is None:
        return f"{shown(raw_text)}; expected quotes around the whole value, those inside doubled"
    if len(fields) == width:
        return f"{shown(raw_text)}; expected no value in a column without a name"
    hint = f": {_cure(raw_text, fields, width)}" if len(fields) > width else ""
    return (
        f"{shown(raw_text)} has {len(fields):,} fields; expected {width:,} as in the header{hint}"
    )


def _cure(raw_text: str, fields: list[str], width: int) -> str:
    """What to do about a record with too many fields."""
    line_end = OTHER_LINE_ENDS.search(raw_text)
    if line_end:
        return f"end lines with LF or CRLF, not with U+{ord(line_end[0]):04X}"
    if not any(fields[width:]):
        return "leave out the commas behind the last value"
    return "quote a value that has a comma"


def _swallowed(lines: list[str]) -> str:
    if not lines:
        return ""
    count = "a line that reads as a record"
    if len(lines) > 1:
        count = f"{len(lines):,} lines that read as records"
    return (
        f"a quoted value holds {count}, such as {shown(lines[0])};"
        " double each quote that is part of a value"
    )
