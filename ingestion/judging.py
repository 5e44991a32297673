"""What becomes of a file, derived from what was found in it: loaded, quarantined or a duplicate.

Data flow: raw files + inspections -> ledger rows
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from ingestion.files import RawFile
from ingestion.frames import Inspection
from ingestion.ledger import Batch, LedgerRow, Plan, Status


def judge(
    file: RawFile, inspections: Mapping[str, Inspection], batch: Batch, reject_limit: float
) -> LedgerRow:
    """Decide from what was found in it whether a file is loaded or quarantined whole."""
    inspection = inspections[file.source_file]
    read, rejected = inspection.records_read, inspection.records_rejected
    erased = inspection.records_erased
    reason = inspection.fault
    if not reason and rejected > reject_limit * read:
        top = ", ".join(f"{code} {count}" for code, count in _top(inspection.reasons))
        reason = (
            f"too_many_rejects: {rejected} of {read} records, more than {reject_limit:.0%} ({top})"
        )
    is_quarantined = reason is not None
    if not reason and inspection.extra_columns:
        reason = f"extra_column: {', '.join(inspection.extra_columns)} kept in _rescued"
    return _row(
        file,
        batch,
        status=Status.QUARANTINED if is_quarantined else Status.LOADED,
        reason=reason,
        read=read,
        loaded=0 if is_quarantined else read - erased - rejected,
        erased=erased,
        dates=[] if is_quarantined else sorted(inspection.dates),
    )


def _top(reasons: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:3]


def misplaced(todo: Plan, batch: Batch) -> list[LedgerRow]:
    """Quarantine the files whose place or name is wrong, unopened."""
    return [
        _row(file, batch, status=Status.QUARANTINED, reason=file.fault) for file in todo.misplaced
    ]


def duplicates(
    todo: Plan, judged: Sequence[LedgerRow], ledger: Sequence[LedgerRow], batch: Batch
) -> list[LedgerRow]:
    """Record files with known content; a copy of what proved unusable is as unusable itself.

    A file without records is no copy of another one: on each of these days nothing was sold.
    """
    known = {row.version: row for row in [*ledger, *judged]}
    rows = []
    for file, holder in todo.duplicates:
        held = known[holder, file.content_hash]
        if held.status == Status.QUARANTINED:
            row = _row(file, batch, status=Status.QUARANTINED, reason=held.reason)
        elif not held.records_read:
            row = _row(file, batch, status=Status.LOADED, reason=None)
        else:
            row = _row(file, batch, status=Status.DUPLICATE, reason=f"same_content: as {holder}")
        rows.append(row)
    return rows


def _row(
    file: RawFile,
    batch: Batch,
    *,
    status: Status,
    reason: str | None,
    read: int = 0,
    loaded: int = 0,
    erased: int = 0,
    dates: Sequence[date] = (),
) -> LedgerRow:
    return LedgerRow(
        source_file=file.source_file,
        table_name=file.table_name,
        file_date=file.file_date,
        content_hash=file.content_hash,
        bytes=file.bytes,
        modified_at=file.modified_at,
        records_read=read,
        records_loaded=loaded,
        records_rejected=read - loaded - erased,
        status=status.value,
        reason=reason,
        batch_id=batch.batch_id,
        dates=list(dates),
        recorded_at=batch.started_at,
        records_erased=erased,
        etag=file.etag,
    )
