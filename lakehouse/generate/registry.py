"""The defects that can be asked for, in the order in which they are listed to people.

This is the promise towards the pipeline: each name stands for one fault and one expected outcome.
How a fault is made is in `unusable`, `layout` and `variants`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

FILE_SHARE = 0.02
RECORD_SHARE = 0.0005


class Level(StrEnum):
    """What a share is a share of: the daily files, or the records of each table concerned.

    `record` and `row` differ in who notices: bronze judges records, silver judges rows.
    """

    FILE = "file"
    RECORD = "record"
    ROW = "row"


class Outcome(StrEnum):
    """What the pipeline makes of a defect."""

    QUARANTINED = "quarantined"
    LOADED = "loaded"
    DUPLICATE = "duplicate"
    GAP = "gap"
    REJECTED = "rejected"
    SILVER_REJECTED = "silver_rejected"
    WAITING = "waiting"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Defect:
    """One kind of fault.

    Attributes:
        description: What is wrong with the file, record or row.
        level: What the share counts.
        expected: What the pipeline makes of it, in words.
        share: Default share; at least one is made wherever the share is above zero.
        outcome: `expected` as a code.
        reason: Stable code that the pipeline gives to the file; records have theirs in `variants`.
    """

    description: str
    level: Level
    expected: str
    share: float
    outcome: Outcome
    reason: str | None = None


def _unusable(description: str, reason: str) -> Defect:
    expected = "the file is quarantined"
    return Defect(description, Level.FILE, expected, FILE_SHARE, Outcome.QUARANTINED, reason)


def _harmless_file(description: str, expected: str = "the file loads as usual") -> Defect:
    return Defect(description, Level.FILE, expected, FILE_SHARE, Outcome.LOADED)


def _bad_record(description: str) -> Defect:
    expected = "the record is rejected in bronze"
    return Defect(description, Level.RECORD, expected, RECORD_SHARE, Outcome.REJECTED)


def _bad_row(description: str) -> Defect:
    expected = "the row loads into bronze and is rejected in silver"
    return Defect(description, Level.ROW, expected, RECORD_SHARE, Outcome.SILVER_REJECTED)


def _orphan(description: str) -> Defect:
    expected = "the row waits in silver until its parent arrives"
    return Defect(description, Level.ROW, expected, RECORD_SHARE, Outcome.WAITING)


def _kept(description: str, expected: str, level: Level = Level.ROW) -> Defect:
    return Defect(description, level, expected, RECORD_SHARE, Outcome.LOADED)


_UNUSABLE_FILES = {
    "empty_file": _unusable("no content, or blank lines only", "empty_file"),
    "not_utf8": _unusable("a byte of another encoding", "not_utf8"),
    "binary": _unusable("a spreadsheet under the name of a CSV file", "binary"),
    "truncated_gzip": _unusable("a gzip archive cut in the middle", "truncated_gzip"),
    "missing_column": _unusable("a required column left out", "missing_column"),
    "renamed_column": _unusable("a required column under a similar name", "missing_column"),
    "wrong_folder": _unusable("a data file in the folder misc/ of no table", "wrong_folder"),
    "wrong_name": _unusable("a file name that is no date, as orders_final.csv", "wrong_name"),
    "impossible_date": _unusable("a file named after a day such as February 30", "impossible_date"),
    "too_many_rejects": _unusable("more than 10 % of the records are bad", "too_many_rejects"),
}

_OTHER_FILES = {
    "missing_day": Defect(
        "the order_items file of a day in the middle is not there (share of the days)",
        Level.FILE,
        "the gap is reported, the orders of the day stay unallocated",
        FILE_SHARE,
        Outcome.GAP,
    ),
    "duplicate_file": Defect(
        "the content of a daily file again, named after a later day",
        Level.FILE,
        "the file is recorded and not loaded twice",
        FILE_SHARE,
        Outcome.DUPLICATE,
    ),
    "reordered_columns": _harmless_file("the columns in another order"),
    "extra_column": _harmless_file(
        "a column that nobody declared", "the file loads, the column is kept as JSON in _rescued"
    ),
    "utf8_bom": _harmless_file("a byte order mark at the start"),
    "gzip_file": _harmless_file("a file packed with gzip, named .csv.gz"),
    "crlf_line_ends": _harmless_file("line ends of Windows"),
}

_RECORDS = {
    "wrong_field_count": _bad_record("a field too many or too few"),
    "broken_quote": _bad_record("a quote never closed, or text after the closing quote (products)"),
    "bad_type": _bad_record("a value that is not of its column's type"),
    "missing_value": _bad_record("a required value that is empty or blank"),
    "out_of_range": _bad_record("a number too large for its column's type"),
    "several_faults": _bad_record("a missing value and a value of the wrong type in one record"),
    "quoted_text": _kept(
        "a comma, a quote or a line break in a quoted product name",
        "the record loads with the name as it was meant",
        Level.RECORD,
    ),
}

_ROWS = {
    "amount_too_low": _bad_row("an order of zero or less"),
    "amount_too_high": _bad_row("an order above 100,000"),
    "date_mismatch": _bad_row("an order whose date is not the day of its timestamp"),
    "non_positive_id": _bad_row("an order of a user below 1"),
    "user_mismatch": _bad_row("an item of another user than its order's"),
    "cart_position": _bad_row("an item at cart position 0"),
    "reordered_flag": _bad_row("an item whose reordered flag is neither 0 nor 1"),
    "negative_days": _bad_row("an item with negative days since the prior order"),
    "orphan_order": _orphan("an item of an order that nobody sent"),
    "orphan_product": _orphan("an item of a product that nobody sent"),
    "department_alias": _kept(
        "another spelling of a department", "the row is kept under the standard name"
    ),
    "unknown_department": _kept(
        "a department that nobody knows", "the row is kept as it is and a test warns"
    ),
    "corrected_order": Defect(
        "an order sent again with another amount in the file of a later day",
        Level.ROW,
        "the newest file wins, the earlier version counts as superseded",
        RECORD_SHARE,
        Outcome.SUPERSEDED,
    ),
}

DEFECTS: Mapping[str, Defect] = MappingProxyType(
    {**_UNUSABLE_FILES, **_OTHER_FILES, **_RECORDS, **_ROWS}
)
