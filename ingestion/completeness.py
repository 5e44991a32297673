"""Which files should be there and are not, derived from the ledger alone.

A day is expected for every daily table from the first to the last day that any file of any daily
table is named for. The clock has no say: yesterday's missing file shows when a later one arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ingestion.ledger import LOST, LedgerRow, Status
from ingestion.tables import TABLES

_RANK = {Status.LOADED: 3, Status.QUARANTINED: 2, Status.DUPLICATE: 1}


@dataclass(frozen=True)
class MissingFile:
    """A file that was expected and whose rows are not in bronze, a row of `ops.missing_files`.

    Attributes:
        table_name: Bronze table.
        file_date: The day, None for a table whose only file is undated.
        expected_file: Name it would have below the raw folder.
        state: `missing`, `quarantined` (it came and was unusable) or `duplicate` (it came with the
            content of another day).
    """

    table_name: str
    file_date: date | None
    expected_file: str
    state: str


def find_missing(ledger: Sequence[LedgerRow]) -> list[MissingFile]:
    """List what is missing, by table and day; nothing is expected before the first file arrived.

    A superseded version says nothing of days: its file has another one, was renamed, or was a copy.
    """
    daily = {table.name for table in TABLES.values() if table.daily}
    days = [
        row.file_date
        for row in ledger
        if row.table_name in daily and row.file_date
        if row.status != Status.SUPERSEDED or row.code == LOST
    ]
    missing = []
    for table in TABLES.values():
        rows = [row for row in ledger if row.table_name == table.name]
        if table.daily and days:
            for day in _calendar(min(days), max(days)):
                state = _state([row for row in rows if row.file_date == day])
                if state != Status.LOADED:
                    name = f"{table.name}/{day.isoformat()}.csv"
                    missing.append(MissingFile(table.name, day, name, state))
        elif table.undated_file and ledger and _state(rows) != Status.LOADED:
            name = f"{table.name}/{table.undated_file}.csv"
            missing.append(MissingFile(table.name, None, name, _state(rows)))
    return missing


def _calendar(first: date, last: date) -> list[date]:
    return [first + timedelta(days) for days in range((last - first).days + 1)]


def _state(rows: Sequence[LedgerRow]) -> str:
    states = [Status(row.status) for row in rows if row.status in _RANK]
    return max(states, key=_RANK.__getitem__).value if states else "missing"
