"""One ingestion run: from the raw folder to bronze, rejects and ledger.

Data flow: list files -> plan against the ledger -> inspect -> bronze -> rejects -> ledger -> gaps

The ledger is written last. A run that dies before it leaves rows that the next run finds again by
their `source_file` and replaces with the same rows: nothing doubles and nothing is lost.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from pyspark.sql import SparkSession

from ingestion import ops
from ingestion.completeness import MissingFile, find_missing, missing_in_words
from ingestion.dismissing import gone_from_quarantine, without_dismissed
from ingestion.errors import LakehouseError
from ingestion.etags import known_hashes, seen_again
from ingestion.files import RawFile, list_raw_files
from ingestion.frames import Inspection, Progress, inspect_files
from ingestion.judging import duplicates, judge, misplaced
from ingestion.ledger import Batch, LedgerRow, Status
from ingestion.planning import Plan, plan, replaced_rows
from ingestion.selection import ALL_FILES, Selection
from ingestion.settings import Settings
from ingestion.tables import TABLES
from ingestion.visible import visible
from ingestion.writer import files_to_read_again, write_bronze, write_rejects
from ingestion.writer_lock import OPS, Hold, not_shared

logger = logging.getLogger(__name__)


@dataclass
class Report:
    """What an ingestion run did.

    Attributes:
        plan: What had to be done.
        rows: Ledger rows written by this run, except those only marked as replaced.
        reasons: Table to reason code to number of records, for this run.
        examples: Table and reason code to a file of this run, and a record of it explained.
        missing: What is missing now.
    """

    plan: Plan
    rows: list[LedgerRow] = field(default_factory=list)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
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
    selection: Selection = ALL_FILES,
    progress: Progress = lambda what, done, total: None,
    hold: Hold = not_shared,
) -> Report:
    """Load what is new or changed in the raw folder.

    Files are read before a lock is taken, so that runs that share tables can do so at once. What
    another has loaded in the meantime is then seen, and what follows from it decided anew.

    Args:
        spark: Session with the lakehouse's tables in its catalog.
        settings: Where and by which limits.
        batch: Identity and start of this run; the clock is read nowhere else.
        selection: The raw files to load.
        progress: Called with what is being done, how many files are done and how many there are.
        hold: The lock for writing, where other jobs may be at work on this root.

    Raises:
        LakehouseError: There is no raw folder, or nothing has ever been in it.
    """
    ledger = ops.read_ledger(spark, settings)
    files = list_raw_files(
        settings.raw, selection.holds, known_hashes(ledger), settings.max_file_bytes
    )
    _warn_of_days_without_files(files, selection)
    if not files and not ledger and selection.is_all:
        raise _nothing_to_load(settings)
    listed, files = files, without_dismissed(files, ledger)
    again = files_to_read_again(spark, settings)
    todo = plan(files, ledger, selection.holds, again)
    inspections = inspect_files(spark, [load.file for load in todo.loads], settings, progress)
    with ExitStack() as locks:
        # In one order, so that no two runs can wait for each other.
        for name in sorted(selection.tables):
            locks.enter_context(hold(f"bronze.{name}"))
        if hold is not not_shared:
            ledger = ops.read_ledger(spark, settings)
            todo = plan(files, ledger, selection.holds, again)
            unread = [load.file for load in todo.loads if load.file.source_file not in inspections]
            inspections |= inspect_files(spark, unread, settings, progress)
        batch = batch.after(ledger)
        report = _judged(todo, inspections, ledger, batch, settings)
        replaced = _write_bronze(spark, settings, batch, report, ledger, progress)
        with hold(OPS):
            _write_rejects(spark, settings, batch, report, progress)
            if hold is not not_shared:
                ledger = ops.read_ledger(spark, settings)
            gone = gone_from_quarantine(listed, ledger, selection, batch)
            changes = [*replaced, *report.rows, *gone]
            changes += seen_again(files, _merged(ledger, changes), batch)
            _write_ops(spark, settings, ledger, report, changes)
    report.missing = [file for file in report.missing if file.table_name in selection.tables]
    return report


def _warn_of_days_without_files(files: Sequence[RawFile], selection: Selection) -> None:
    found = {file.file_date for file in files}
    for day in selection.dates or ():
        if day not in found:
            tables = ", ".join(selection.tables)
            logger.warning("There is no raw file of %s for %s.", tables, day.isoformat())


def _nothing_to_load(settings: Settings) -> LakehouseError:
    return LakehouseError(
        f"The raw folder {settings.raw} holds no file of {', '.join(TABLES)}.",
        "Put files there as <table>/YYYY-MM-DD.csv, or make some with `lakehouse generate`.",
    )


def _judged(
    todo: Plan,
    inspections: Mapping[str, Inspection],
    ledger: Sequence[LedgerRow],
    batch: Batch,
    settings: Settings,
) -> Report:
    """Decide what becomes of every file, before anything is written."""
    rows = [judge(load.file, inspections, batch, settings.reject_limit) for load in todo.loads]
    rows += misplaced(todo, [*ledger, *rows], batch)
    rows += duplicates(todo, rows, ledger, batch)
    return Report(todo, rows, _count_reasons(todo, inspections), _examples(todo, rows, inspections))


def _count_reasons(todo: Plan, inspections: Mapping[str, Inspection]) -> dict[str, Counter[str]]:
    reasons: dict[str, Counter[str]] = {}
    for load in todo.loads:
        inspection = inspections[load.file.source_file]
        reasons.setdefault(str(load.file.table_name), Counter()).update(inspection.reasons)
    return reasons


def _examples(
    todo: Plan, rows: Sequence[LedgerRow], inspections: Mapping[str, Inspection]
) -> dict[tuple[str, str], str]:
    """One for each table and reason, of the first loaded file: a quarantine brings its own."""
    loaded = {row.source_file for row in rows if row.status == Status.LOADED}
    examples: dict[tuple[str, str], str] = {}
    for load in todo.loads:
        name = load.file.source_file
        for code, words in inspections[name].examples.items() if name in loaded else ():
            examples.setdefault((str(load.file.table_name), code), f"{name} {words}")
    return examples


def _merged(ledger: Sequence[LedgerRow], changes: Sequence[LedgerRow]) -> list[LedgerRow]:
    rows = {(row.source_file, row.content_hash): row for row in [*ledger, *changes]}
    return list(rows.values())


def _write_bronze(
    spark: SparkSession,
    settings: Settings,
    batch: Batch,
    report: Report,
    ledger: list[LedgerRow],
    progress: Progress,
) -> list[LedgerRow]:
    """Write bronze; return the rows of the file versions that were replaced."""
    status = {row.source_file: row.status for row in report.rows}
    loads = report.plan.loads
    good = [load for load in loads if status[load.file.source_file] == Status.LOADED]
    todo = report.plan
    replaced = replaced_rows(ledger, good, report.rows, batch, todo.gone, todo.repacked)
    gone = [row for row in replaced if row.status == Status.SUPERSEDED and row.records_loaded]
    gone += [load.known for load in loads if load not in good and load.was_loaded and load.known]
    written = {load.file.table_name for load in good} | {row.table_name for row in gone}
    for name in sorted(map(str, written)):
        progress(f"writing bronze.{name}", len(loads), len(loads))
        some = [load for load in good if load.file.table_name == name]
        write_bronze(spark, settings, batch, TABLES[name], some, gone)
    return replaced


def _write_rejects(
    spark: SparkSession, settings: Settings, batch: Batch, report: Report, progress: Progress
) -> None:
    rows = {row.source_file: row for row in report.rows}
    loads = report.plan.loads
    with_rejects = [
        load
        for load in loads
        # What a known version had of them goes, when today's rules refuse none.
        if rows[load.file.source_file].records_rejected
        or (load.known and load.known.records_rejected)
    ]
    if with_rejects:
        progress("writing ops.rejected_records", len(loads), len(loads))
        over_limit = {name for name, row in rows.items() if row.status == Status.QUARANTINED}
        write_rejects(spark, settings, batch, with_rejects, over_limit)


def _write_ops(
    spark: SparkSession,
    settings: Settings,
    ledger: Sequence[LedgerRow],
    report: Report,
    changes: Sequence[LedgerRow],
) -> None:
    """Write the list of missing files, of all tables, and then the ledger."""
    ledger = _merged(ledger, changes)
    report.missing = find_missing(ledger)
    if changes:
        touched = {row.source_file for row in changes}
        ops.write_missing_files(spark, settings, report.missing)
        ops.write_ledger(spark, settings, [row for row in ledger if row.source_file in touched])


def log_report(report: Report) -> None:
    """Log what was loaded, and warn of what was not."""
    for row in report.loaded:
        logger.info(
            "%s: %d records read, %d loaded, %d rejected, %d erased",
            row.source_file,
            row.records_read,
            row.records_loaded,
            row.records_rejected,
            row.records_erased,
        )
    for row in report.quarantined:
        logger.warning("%s", visible(f"{row.source_file} is quarantined: {row.reason}"))
    for line in missing_in_words(report.missing):
        logger.warning("missing: %s", line)
