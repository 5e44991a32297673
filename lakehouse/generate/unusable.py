"""The content of files that can't be loaded, one function for each fault.

Data flow: clean columns of an extra day -> bytes with one fault of the file as a whole
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ingestion.tables import TABLES
from lakehouse.generate.csv_text import render, replace_records
from lakehouse.generate.file_places import Extra
from lakehouse.generate.shop import Columns

# The column that a faulty header lacks, and the similar name it has instead.
LACKING: Mapping[str, tuple[str, str]] = {
    "orders": ("total_amount", "total_amt"),
    "order_items": ("product_id", "productid"),
}
_BAD_IN = 5
_SPREADSHEET = b"PK\x03\x04\x14\x00\x06\x00\x08\x00"
_NO_BREAK_SPACE_LATIN = b"\xa0"


@dataclass(frozen=True)
class _Draft:
    """What a fault is made from: clean columns, and how often the fault was made before."""

    table: str
    columns: Columns
    nth: int

    @property
    def names(self) -> tuple[str, ...]:
        return TABLES[self.table].column_names

    @property
    def clean(self) -> bytes:
        return render(self.columns, self.names)


def unusable_content(extra: Extra, columns: Columns) -> bytes:
    """The bytes of a file that will be quarantined; no two files of a plan are equal."""
    draft = _Draft(extra.table, columns, extra.nth)
    make = _MAKERS.get(extra.defect)
    return make(draft) if make else draft.clean


def _empty(draft: _Draft) -> bytes:
    # Blank lines keep a second empty file from being a copy of the first.
    return b"\n" * draft.nth


def _not_utf8(draft: _Draft) -> bytes:
    return draft.clean.removesuffix(b"\n") + _NO_BREAK_SPACE_LATIN + b"\n"


def _binary(draft: _Draft) -> bytes:
    return _SPREADSHEET + gzip.compress(draft.clean, mtime=0)


def _truncated_gzip(draft: _Draft) -> bytes:
    packed = gzip.compress(draft.clean, mtime=0)
    return packed[: len(packed) // 2]


def _missing_column(draft: _Draft) -> bytes:
    lacking, _ = LACKING[draft.table]
    return render(draft.columns, [name for name in draft.names if name != lacking])


def _renamed_column(draft: _Draft) -> bytes:
    lacking, similar = LACKING[draft.table]
    header = [similar if name == lacking else name for name in draft.names]
    return render(draft.columns, draft.names, header)


def _too_many_rejects(draft: _Draft) -> bytes:
    """Every fifth record lacks its key."""
    place = draft.names.index(TABLES[draft.table].key)
    records = len(draft.columns[draft.names[0]])
    spoilt = {int(at): "" for at in np.arange(0, records, _BAD_IN)}
    return replace_records(
        draft.clean,
        spoilt,
        lambda _, label, fields: ",".join((*fields[:place], label, *fields[place + 1 :])),
    )


_MAKERS: Mapping[str, Callable[[_Draft], bytes]] = {
    "empty_file": _empty,
    "not_utf8": _not_utf8,
    "binary": _binary,
    "truncated_gzip": _truncated_gzip,
    "missing_column": _missing_column,
    "renamed_column": _renamed_column,
    "too_many_rejects": _too_many_rejects,
}
