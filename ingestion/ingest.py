"""One ingestion run: from the raw folder to bronze, rejects and ledger.

Data flow: list files -> plan against the ledger -> inspect -> bronze -> rejects -> ledger -> gaps

The ledger is written last. A run that dies before it leaves rows that the next run finds again by
their `source_file` and replaces with the same rows: nothing doubles and nothing is lost.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import SparkSession

from ingestion import ops
from ingestion.completeness import MissingFile, find_missing
from ingestion.errors import LakehouseError
from ingestion.files import RawFile, list_raw_files
from ingestion.frames import Inspection, Progress, inspect_files
from ingestion.judging import duplicates, judge, misplaced
from ingestion.ledger import Batch, LedgerRow, Plan, Status, plan, replaced_rows
from ingestion.settings import Settings
from ingestion.tables import TABLES
from ingestion.writer import write_bronze, write_rejects

logger = logging.getLogger(__name__)


@dataclass
class Report:
    """What an ingestion run did.

    Attributes:
        plan: What had to be done.
        rows: Ledger rows written by this run, except those only marked as replaced.
        reasons: Table to reason code to number of records, for this run.
        missing: What is missing now.
    """

    plan: Plan
    rows: list[LedgerRow] = field(default_factory=list)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    missing: list[MissingFile] = field(default_factory=list)

    @property
    def quarantined(self) -> list[LedgerRow]:
        """All files that lie in the raw folder and are quarantined, from this run or before."""
        new = [row for row in self.rows if row.status == Status.QUARANTINED]
        return sorted([*self.plan.quarantined, *new], key=lambda row: row.source_file)

    @property
    def loaded(self) -> list[LedgerRow]:
        """The files whose records were loaded by this run."""
        return [row for row in self.rows if row.status == Status.LOADED]

    @property
    def is_complete(self) -> bool:
        """Nothing is in quarantine and no file is missing."""
        return not self.quarantined and not self.missing


def ingest(
    spark: SparkSession,
    settings: Settings,
    batch: Batch,
    tables: Sequence[str] = tuple(TABLES),
    progress: Progress = lambda what, done, total: None,
) -> Report:
    """Load what is new or changed in the raw folder.

    Args:
        spark: Session with the lakehouse's tables in its catalogue.
        settings: Where and by which limits.
        batch: Identity and start of this run; the clock is read nowhere else.
        tables: Names of the tables to load; files of the others are left for another run.
        progress: Called with what is being done, how many files are done and how many there are.

    Raises:
        LakehouseError: There is no raw folder, or nothing has ever been in it.
    """
    ledger = ops.read_ledger(spark, settings)
    batch = batch.after(ledger)
    files = [file for file in list_raw_files(settings.raw) if _concerns(file, tables)]
    if not files and not ledger:
        raise _nothing_to_load(settings, tables)
    todo = plan(files, ledger)
    report = Report(todo)
    inspections = inspect_files(spark, [load.file for load in todo.loads], settings, progress)
    report.rows = [
        *(judge(load.file, inspections, batch, settings.reject_limit) for load in todo.loads),
        *misplaced(todo, batch),
    ]
    report.rows += duplicates(todo, report.rows, batch)
    replaced = _write(spark, settings, batch, report, ledger, progress)
    ledger = _merged(ledger, [*replaced, *report.rows])
    report.missing = find_missing(ledger, [TABLES[name] for name in tables])
    if report.rows:
        touched = {row.source_file for row in [*replaced, *report.rows]}
        ops.write_missing_files(spark, settings, report.missing, tables)
        ops.write_ledger(spark, settings, [row for row in ledger if row.source_file in touched])
    report.reasons = _count_reasons(todo, inspections)
    return report


def _nothing_to_load(settings: Settings, tables: Sequence[str]) -> LakehouseError:
    return LakehouseError(
        f"The raw folder {settings.raw} holds no file of {', '.join(tables)}.",
        "Put files there as <table>/YYYY-MM-DD.csv, or make some with `lakehouse generate`.",
    )


def _count_reasons(todo: Plan, inspections: Mapping[str, Inspection]) -> dict[str, Counter[str]]:
    reasons: dict[str, Counter[str]] = {}
    for load in todo.loads:
        inspection = inspections[load.file.source_file]
        reasons.setdefault(str(load.file.table_name), Counter()).update(inspection.reasons)
    return reasons


def _merged(ledger: Sequence[LedgerRow], changes: Sequence[LedgerRow]) -> list[LedgerRow]:
    rows = {(row.source_file, row.content_hash): row for row in [*ledger, *changes]}
    return list(rows.values())


def _concerns(file: RawFile, tables: Sequence[str]) -> bool:
    return file.table_name in tables or (file.table_name is None and set(tables) == set(TABLES))


def _write(
    spark: SparkSession,
    settings: Settings,
    batch: Batch,
    report: Report,
    ledger: list[LedgerRow],
    progress: Progress,
) -> list[LedgerRow]:
    """Write bronze and rejects; return the rows of the file versions that were replaced."""
    rows = {row.source_file: row for row in report.rows}
    loads = report.plan.loads
    good = [load for load in loads if rows[load.file.source_file].status == Status.LOADED]
    replaced = replaced_rows(ledger, good, report.rows, batch)
    gone = [row for row in replaced if row.status == Status.SUPERSEDED]
    for name in sorted({str(row.table_name) for row in [*report.loaded, *gone]}):
        progress(f"writing bronze.{name}", len(loads), len(loads))
        some = [load for load in good if load.file.table_name == name]
        write_bronze(spark, settings, batch, TABLES[name], some, gone)
    with_rejects = [load for load in loads if rows[load.file.source_file].records_rejected]
    if with_rejects:
        progress("writing ops.rejected_records", len(loads), len(loads))
        over_limit = {name for name, row in rows.items() if row.status == Status.QUARANTINED}
        write_rejects(spark, settings, batch, with_rejects, over_limit)
    return replaced
