"""What becomes of a file, derived from what was found in it: loaded, quarantined or a duplicate.

Data flow: raw files + inspections -> ledger rows
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from ingestion.files import RawFile
from ingestion.frames import Inspection
from ingestion.ledger import Batch, LedgerRow, Status
from ingestion.planning import Plan
from ingestion.visible import cut, some


def judge(
    file: RawFile, inspections: Mapping[str, Inspection], batch: Batch, reject_limit: float
) -> LedgerRow:
    """Decide from what was found in it whether a file is loaded or quarantined whole."""
    inspection = inspections[file.source_file]
    read, rejected = inspection.records_read, inspection.records_rejected
    erased = inspection.records_erased
    reason = inspection.fault
    if not reason and rejected > reject_limit * read:
        top = _top(inspection.reasons)
        counts = ", ".join(f"{code} {count}" for code, count in top)
        reason = (
            f"too_many_rejects: {rejected} of {read} records, more than {reject_limit:.0%} "
            f"({counts}); {top[0][0]} in {inspection.examples[top[0][0]]}"
        )
    is_quarantined = reason is not None
    if not reason and inspection.extra_columns:
        extra = some([cut(name) for name in inspection.extra_columns])
        reason = f"extra_column: {extra} kept in _rescued"
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


def misplaced(todo: Plan, known: Iterable[LedgerRow], batch: Batch) -> list[LedgerRow]:
    """Quarantine the files whose place, name or size is wrong, unopened.

    A copy of a file that is loaded, in this run or as the ledger knows, is named as one.
    """
    held = {row.content_hash: row.source_file for row in known if row.status == Status.LOADED}
    rows = []
    for file in todo.misplaced:
        holder = held.get(file.content_hash)
        copy = f"; a copy of {holder}, to be removed" if holder else ""
        reason = f"{file.fault}{copy}"
        rows.append(_row(file, batch, status=Status.QUARANTINED, reason=reason))
    return rows


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
