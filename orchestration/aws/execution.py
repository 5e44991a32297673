"""What the ingestion of an execution did, derived from the ops tables that its jobs have written.

Data flow: ops.ingested_files + ops.missing_files + ops.runs -> report, files to mark as loaded
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ingestion.completeness import MissingFile
from ingestion.etags import known_hashes
from ingestion.files import list_raw_files
from ingestion.ingest import Report
from ingestion.ledger import LedgerRow, Status, ledger_rows
from ingestion.planning import Plan
from ingestion.settings import Settings
from orchestration.state.past_runs import read_ops

_WENT_WELL = ("well", "incomplete")


def read_ledger(settings: Settings) -> list[LedgerRow]:
    """The ledger of raw files, without an engine."""
    return ledger_rows(read_ops(settings, "ingested_files"))


def report_of(settings: Settings, execution: str, ledger: Sequence[LedgerRow]) -> Report:
    """What the ingestion jobs of an execution did, as `ingest` reports it of one run.

    Args:
        settings: Where the lakehouse and the raw files are.
        execution: Name of the execution, the batch of its jobs.
        ledger: All of it.

    Raises:
        LakehouseError: The raw folder can't be read.
    """
    rows = [row for row in ledger if row.batch_id == execution and not _is_replaced(row)]
    earlier = [
        row for row in ledger if row.status == Status.QUARANTINED and row.batch_id != execution
    ]
    names = {row.source_file for row in earlier}
    limit, known = settings.max_file_bytes, known_hashes(ledger)
    earlier_files = list_raw_files(settings.raw, names.__contains__, known, limit) if names else []
    lying = {file.version for file in earlier_files}
    missing = [MissingFile(**row) for row in read_ops(settings, "missing_files")]
    return Report(
        Plan(quarantined=[row for row in earlier if row.version in lying]),
        rows,
        missing=sorted(missing, key=lambda file: file.expected_file),
    )


def files_to_mark(
    ledger: Iterable[LedgerRow], runs: Iterable[dict[str, Any]], execution: str
) -> list[LedgerRow]:
    """The loaded files that no successful build has reported yet.

    They are those of this execution, and those that were loaded since the last build of another
    one that went well, by executions that failed afterwards or by a backfill.

    Args:
        ledger: All of it.
        runs: The rows of `ops.runs`.
        execution: Name of the execution.
    """
    ends = [
        run["finished_at"]
        for run in runs
        if run["status"] in _WENT_WELL and execution_of(run["run_id"]) != execution
    ]
    last = max(ends, default=None)
    return sorted(
        (
            row
            for row in ledger
            if row.status == Status.LOADED
            and (row.batch_id == execution or last is None or row.recorded_at > last)
        ),
        key=lambda row: row.source_file,
    )


def execution_of(run_id: str) -> str:
    """The execution that a build was of; its run is named `<execution>-<number of the build>`."""
    return run_id.rpartition("-")[0]


def _is_replaced(row: LedgerRow) -> bool:
    """It was only marked by the batch: another file or version holds its rows since."""
    is_copy_now = row.status == Status.DUPLICATE and row.records_read > 0
    return row.status == Status.SUPERSEDED or is_copy_now
