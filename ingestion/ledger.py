"""The file ledger: what is known of every file version, and what a run has to do about it.

Data flow: raw files + ledger rows -> plan (load, quarantine, record as duplicate, leave alone)

`ops.ingested_files` has one row per file version (source file and content hash). Planning is a pure
function of both lists, so that a run that was cut off anywhere is simply planned again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from ingestion.files import RawFile
from ingestion.tables import TABLES


class Status(StrEnum):
    """What became of a file version."""

    LOADED = "loaded"
    SUPERSEDED = "superseded"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"


# What a file holds now: at most one of its rows has one of these.
_COUNTS = (Status.LOADED, Status.DUPLICATE)


@dataclass(frozen=True)
class Batch:
    """What identifies one ingestion run in every row it writes; the only clock it has."""

    batch_id: str
    started_at: datetime

    def after(self, ledger: Iterable[LedgerRow]) -> Batch:
        """The batch, later than all that is recorded.

        The newest of a file's rows decides, and a clock that was set back may not choose it.
        """
        recorded = [row.recorded_at.astimezone(UTC) for row in ledger]
        if not recorded or max(recorded) < self.started_at:
            return self
        return replace(self, started_at=max(recorded) + timedelta(microseconds=1))


@dataclass(frozen=True)
class LedgerRow:
    """One row of `ops.ingested_files`, fields in the order of the table's columns.

    Attributes:
        source_file: Path below the raw folder; with `content_hash` the key.
        table_name: Table of its folder, None in an undeclared folder.
        file_date: Logical date in its name, if it has one.
        content_hash: SHA-256 of the content.
        bytes: Size as stored.
        modified_at: When the store says it was last written, UTC.
        records_read: Records in the file; 0 where it could not be read as records.
        records_loaded: Records that went to bronze.
        records_rejected: Records that went to `ops.rejected_records`; read = loaded + rejected
            + erased.
        status: What became of it.
        reason: `code: detail` of a quarantine or a duplicate; columns rescued from a loaded file.
        batch_id: The run that decided.
        dates: Values of the `date` column among the loaded records, sorted.
        recorded_at: When it was decided, or its loaded content last came again to S3, UTC.
        records_erased: Records of people who were erased: neither loaded nor kept as rejected.
        etag: Of the object on S3 in which this content was seen last, None in a folder.
    """

    source_file: str
    table_name: str | None
    file_date: date | None
    content_hash: str
    bytes: int
    modified_at: datetime
    records_read: int
    records_loaded: int
    records_rejected: int
    status: str
    reason: str | None
    batch_id: str
    dates: list[date]
    recorded_at: datetime
    records_erased: int = 0
    etag: str | None = None

    @property
    def version(self) -> tuple[str, str]:
        """Source file and content hash, the key of the ledger."""
        return self.source_file, self.content_hash


def ledger_rows(stored: Iterable[Mapping[str, Any]]) -> list[LedgerRow]:
    """The rows of `ops.ingested_files`, whoever has read them."""
    # Null in rows from before there was the column.
    return [
        LedgerRow(**{**row, "records_erased": row.get("records_erased") or 0}) for row in stored
    ]


@dataclass(frozen=True)
class Load:
    """A file to load, and the source files whose bronze rows its rows replace."""

    file: RawFile
    replaces: tuple[LedgerRow, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What one run has to do.

    Attributes:
        loads: New or changed files to read.
        misplaced: Files whose place or name is wrong.
        duplicates: File and the source file that already holds the same content.
        stale: Files whose content is an older version of themselves; newer rows stay.
        quarantined: Known quarantined files that still lie there unchanged.
        unchanged: Known files with nothing to do.
    """

    loads: list[Load] = field(default_factory=list)
    misplaced: list[RawFile] = field(default_factory=list)
    duplicates: list[tuple[RawFile, str]] = field(default_factory=list)
    stale: list[RawFile] = field(default_factory=list)
    quarantined: list[LedgerRow] = field(default_factory=list)
    unchanged: list[RawFile] = field(default_factory=list)


def plan(files: Sequence[RawFile], ledger: Sequence[LedgerRow]) -> Plan:
    """Compare the raw folder with the ledger.

    Content that is loaded under one name and arrives under a second is loaded once, under the lower
    name whichever came first: the result must not depend on the order of arrival.
    """
    known = {(row.source_file, row.content_hash): row for row in ledger}
    result = Plan()
    holders = _Holders(ledger)
    for file in sorted(files, key=lambda file: file.source_file):
        row = known.get((file.source_file, file.content_hash))
        if row is not None and not holders.is_orphaned_duplicate(file, row):
            _plan_known(file, row, result)
        elif file.fault:
            result.misplaced.append(file)
        else:
            _plan_new(file, holders, result)
    return result


def _plan_known(file: RawFile, row: LedgerRow, result: Plan) -> None:
    match row.status:
        case Status.QUARANTINED:
            result.quarantined.append(row)
        case Status.SUPERSEDED:
            result.stale.append(file)
        case _:
            result.unchanged.append(file)


def _plan_new(file: RawFile, holders: _Holders, result: Plan) -> None:
    holder = holders.of_content(file)
    if holder is not None and not holders.gives_way(holder, file):
        result.duplicates.append((file, holder))
        return
    replaced = [holders.loaded_row(file.source_file)]
    if holder is not None:
        replaced.append(holders.loaded_row(holder))
    result.loads.append(Load(file, tuple(row for row in replaced if row)))
    holders.add(file)


class _Holders:
    """Who holds which content: the loaded rows, and the files planned so far instead of them."""

    def __init__(self, ledger: Iterable[LedgerRow]) -> None:
        self._loaded = {row.source_file: row for row in ledger if row.status == Status.LOADED}
        self._by_content = {
            (row.table_name, row.content_hash): row.source_file
            for row in sorted(self._loaded.values(), key=lambda row: row.source_file, reverse=True)
        }

    def of_content(self, file: RawFile) -> str | None:
        if TABLES[str(file.table_name)].whole_list:
            return None
        return self._by_content.get((file.table_name, file.content_hash))

    def gives_way(self, holder: str, file: RawFile) -> bool:
        row = self._loaded.get(holder)
        has_it = row and row.content_hash == file.content_hash and row.records_read
        return bool(has_it) and file.source_file < holder

    def loaded_row(self, source_file: str) -> LedgerRow | None:
        return self._loaded.get(source_file)

    def is_orphaned_duplicate(self, file: RawFile, row: LedgerRow) -> bool:
        """It was not loaded for the sake of a file that no longer holds this content."""
        return row.status == Status.DUPLICATE and self.of_content(file) is None

    def add(self, file: RawFile) -> None:
        """Let a planned file hold its new content and let go of what it held before."""
        self._by_content = {
            content: holder
            for content, holder in self._by_content.items()
            if holder != file.source_file
        }
        self._by_content[file.table_name, file.content_hash] = file.source_file


def replaced_rows(
    ledger: Iterable[LedgerRow], loads: Iterable[Load], rows: Iterable[LedgerRow], batch: Batch
) -> list[LedgerRow]:
    """The ledger rows that change because of what files hold now.

    A file that is now a copy of another is no exception: what it held before is gone from it.

    Args:
        ledger: The rows before this run.
        loads: The files that are loaded.
        rows: What this run decided; a file that it quarantined counts as it was before.
        batch: Identity and start of this run.
    """
    changed = [
        (row, Status.DUPLICATE, f"same_content: as {load.file.source_file}")
        for load in loads
        for row in load.replaces
        if row.source_file != load.file.source_file
    ]
    newer = {row.source_file: row.content_hash for row in rows if row.status in _COUNTS}
    changed += [
        (row, Status.SUPERSEDED, f"replaced: by content {newer[row.source_file][:12]}")
        for row in ledger
        if row.status in _COUNTS
        and newer.get(row.source_file, row.content_hash) != row.content_hash
    ]
    return [
        replace(
            row,
            status=status.value,
            reason=reason,
            batch_id=batch.batch_id,
            recorded_at=batch.started_at,
        )
        for row, status, reason in changed
    ]
