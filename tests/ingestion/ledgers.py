"""Raw files and ledger rows by a few words, and a ledger that follows plans without a lakehouse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from ingestion.files import RawFile, place
from ingestion.ledger import Batch, LedgerRow, Status
from ingestion.planning import plan, replaced_rows

MOMENT = datetime(2025, 4, 10, tzinfo=UTC)
BATCH = Batch("batch", MOMENT)


def raw_file(source_file: str, content: str) -> RawFile:
    table, day, fault = place(source_file)
    name = table.name if table else None
    return RawFile(f"/raw/{source_file}", source_file, name, day, 10, MOMENT, content, fault)


def ledger_row(
    source_file: str, content: str, status: Status = Status.LOADED, dates: Sequence[date] = ()
) -> LedgerRow:
    file = raw_file(source_file, content)
    return LedgerRow(
        source_file=source_file,
        table_name=file.table_name,
        file_date=file.file_date,
        content_hash=content,
        bytes=10,
        modified_at=MOMENT,
        records_read=1,
        records_loaded=1,
        records_rejected=0,
        status=status.value,
        reason=None,
        batch_id="batch",
        dates=list(dates),
        recorded_at=MOMENT,
    )


def after(ledger: Sequence[LedgerRow], folder: dict[str, str]) -> list[LedgerRow]:
    """The ledger after a run on a folder of good files, given as name to content."""
    todo = plan([raw_file(name, content) for name, content in folder.items()], ledger)
    now = [ledger_row(load.file.source_file, load.file.content_hash) for load in todo.loads]
    now += [
        ledger_row(file.source_file, file.content_hash, Status.DUPLICATE)
        for file, _ in todo.duplicates
    ]
    changes = [*replaced_rows(ledger, todo.loads, now, BATCH, todo.gone, todo.repacked), *now]
    rows = {(row.source_file, row.content_hash): row for row in [*ledger, *changes]}
    return list(rows.values())


def states(ledger: Sequence[LedgerRow]) -> set[tuple[str, str, str]]:
    return {(row.source_file, row.content_hash, row.status) for row in ledger}
