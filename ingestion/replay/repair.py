"""Writes what a review found to be repairable.

Data flow: findings -> bronze -> ops.rejected_records -> ops.missing_files -> ledger

As in an ingestion the ledger is written last, so that a replay that dies before it is found again
by the next one and done with the same outcome.
"""

from __future__ import annotations

from pyspark.sql import SparkSession

from ingestion import ops
from ingestion.completeness import MissingFile, find_missing
from ingestion.frames import Progress
from ingestion.ledger import Batch
from ingestion.planning import replaced_rows
from ingestion.replay.findings import Review
from ingestion.replay.writer import add_to_bronze, close_rejects
from ingestion.settings import Settings
from ingestion.tables import TABLES
from ingestion.writer import write_bronze


def repair(
    spark: SparkSession, settings: Settings, batch: Batch, found: Review, progress: Progress
) -> list[MissingFile]:
    """Repair what can be; without anything to repair no table gets a commit.

    Args:
        spark: The session.
        settings: Where and by which limits, the same as for the review.
        batch: Identity and start of this run, the same as for the review.
        found: By `review`, in this same run.
        progress: Called with what is being done, how many files are done and how many there are.

    Returns:
        What is missing now.
    """
    after = [finding.after for finding in found.repairs]
    replaced = replaced_rows(found.ledger, found.loads, after, batch)
    changes = [*replaced, *after]
    ledger = {row.version: row for row in [*found.ledger, *changes]}
    missing = find_missing(list(ledger.values()))
    if not changes:
        return missing
    count = len(found.repairs)
    for table in TABLES.values():
        progress(f"repairing bronze.{table.name}", 0, count)
        loads = [load for load in found.loads if load.file.table_name == table.name]
        gone = [row for row in replaced if row.table_name == table.name]
        if loads or gone:
            write_bronze(spark, settings, batch, table, loads, gone)
        additions = [row for row in found.additions if row.table_name == table.name]
        if additions:
            add_to_bronze(spark, settings, batch, table, additions)
    progress("closing repaired records", 0, count)
    close_rejects(spark, settings, batch, found)
    if missing != find_missing(found.ledger):
        ops.write_missing_files(spark, settings, missing)
    touched = {row.source_file for row in changes}
    progress("writing the ledger", count, count)
    ops.write_ledger(
        spark, settings, [row for row in ledger.values() if row.source_file in touched]
    )
    return missing
