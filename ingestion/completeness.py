"""Which files should be there and are not, derived from the ledger alone.

A day is expected for every daily table from the first to the last day that any file of any daily
table is named for. The clock has no say: yesterday's missing file shows when a later one arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ingestion.ledger import LOST, LedgerRow, Status
from ingestion.tables import TABLES

_RANK = {Status.LOADED: 3, Status.QUARANTINED: 2, Status.DUPLICATE: 1}
# Of days in a row so many are listed one by one; the table has them all.
_LISTED_DAYS = 3
_BELIEVABLE_GAP = 366


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

    A superseded version says nothing of days: another one of its file does, or none. Records that
    were lost with a damaged table are still expected.
    """
    rows = [row for row in ledger if row.status != Status.SUPERSEDED or row.code == LOST]
    daily = {table.name for table in TABLES.values() if table.daily}
    days = [row.file_date for row in rows if row.table_name in daily and row.file_date]
    missing = []
    for table in TABLES.values():
        states = _states([row for row in rows if row.table_name == table.name])
        if table.daily and days:
            for day in _calendar(min(days), max(days)):
                state = states.get(day, "missing")
                if state != Status.LOADED:
                    name = f"{table.name}/{day.isoformat()}.csv"
                    missing.append(MissingFile(table.name, day, name, state))
        elif table.undated_file and ledger and Status.LOADED not in states.values():
            name = f"{table.name}/{table.undated_file}.csv"
            missing.append(MissingFile(table.name, None, name, _best(states.values())))
    return missing


def missing_in_words(missing: Sequence[MissingFile]) -> list[str]:
    """A line for each missing file, and for each stretch of days that miss theirs."""
    stretches: list[list[MissingFile]] = []
    for file in missing:
        last = stretches[-1][-1] if stretches else None
        if last and file == _day_after(last):
            stretches[-1].append(file)
        else:
            stretches.append([file])
    return [line for stretch in stretches for line in _in_words(stretch)]


def _day_after(file: MissingFile) -> MissingFile | None:
    if file.file_date is None:
        return None
    day = file.file_date + timedelta(days=1)
    name = f"{file.table_name}/{day.isoformat()}.csv"
    return MissingFile(file.table_name, day, name, file.state)


def _in_words(stretch: Sequence[MissingFile]) -> list[str]:
    if len(stretch) <= _LISTED_DAYS:
        return [f"{file.expected_file} ({file.state})" for file in stretch]
    first, last = stretch[0], stretch[-1]
    words = f"{first.expected_file} to {last.file_date}, {len(stretch):,} days ({first.state})"
    if len(stretch) > _BELIEVABLE_GAP:
        words += ". Has a file a typing error in the year of its name?"
    return [words]


def _calendar(first: date, last: date) -> list[date]:
    return [first + timedelta(days) for days in range((last - first).days + 1)]


def _states(rows: Sequence[LedgerRow]) -> dict[date | None, str]:
    by_day: dict[date | None, list[str]] = {}
    for row in rows:
        by_day.setdefault(row.file_date, []).append(row.status)
    return {day: _best(states) for day, states in by_day.items()}


def _best(states: Iterable[str]) -> str:
    known = [Status(state) for state in states if state in _RANK]
    return max(known, key=_RANK.__getitem__).value if known else "missing"
