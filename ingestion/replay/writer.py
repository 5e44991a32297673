"""Repaired records into bronze, and the rejects that they were into closed ones.

Data flow: kept texts that are good today -> bronze; rejects + records of today -> closed rejects
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from ingestion.catalogue import bronze_schema
from ingestion.delta import is_in, is_version, replace_where
from ingestion.frames import read_records
from ingestion.ledger import Batch, LedgerRow
from ingestion.ops_tables import REJECTED_RECORDS
from ingestion.replay.findings import Outcome, Review
from ingestion.replay.rereading import read_good_texts
from ingestion.settings import Settings
from ingestion.tables import TABLES, Table
from ingestion.writer import as_open_rejects

# A record of a file's content; the same content under another name has the same records.
_RECORD = ("table_name", "content_hash", "record_number")
# A link leads to where the record is now; a record that is closed stays closed since then.
_NEWEST = {
    "repaired_source_file": "into_file",
    "repaired_record_number": "into_record",
    "repaired_key": "key",
}
_FIRST = {"closed_batch_id": "by_batch", "closed_timestamp": "at_time"}


def add_to_bronze(
    spark: SparkSession, settings: Settings, batch: Batch, table: Table, rows: Sequence[LedgerRow]
) -> None:
    """Add to these loaded files what is good today of their rejects, in one commit.

    Doing it again gives the same rows: those of the same record are replaced.
    """
    names = bronze_schema(table).names
    added = (
        read_good_texts(spark, settings, table, rows)
        .withColumn("ingestion_timestamp", F.lit(batch.started_at))
        .withColumn("batch_id", F.lit(batch.batch_id))
        .select(*names)
    )
    of_these_files = is_in("source_file", {row.source_file for row in rows})
    kept = (
        spark.table(settings.table("bronze", table.name))
        .where(of_these_files)
        .join(
            added.select("source_file", "record_number"),
            on=["source_file", "record_number"],
            how="left_anti",
        )
        .select(*names)
    )
    replace_where(spark, kept.union(added), settings.table("bronze", table.name), of_these_files)


def close_rejects(spark: SparkSession, settings: Settings, batch: Batch, found: Review) -> None:
    """Close the rejects that were repaired, each with the bronze row it became, in one commit.

    The open rejects of a file that was read whole are then those of today. What else there was is
    closed; it has no link where today's reader finds other records in the file.
    """
    if not found.loads and not found.additions:
        return
    read_whole = {load.file.version for load in found.loads}
    contents = {content for _, content in read_whole}
    copies = [row for load in found.loads for row in load.replaces]
    copies += [finding.row for finding in found.repairs if finding.outcome == Outcome.DUPLICATE]
    read_whole |= {row.version for row in copies if row.content_hash in contents}
    versions = is_version(read_whole | {row.version for row in found.additions})
    rejects = settings.table("ops", "rejected_records")
    today = _records_of_today(spark, settings, found)
    refused = today.where(F.col("reasons").isNotNull())
    left = (
        spark.table(rejects)
        .where(versions)
        .join(refused.select(*_RECORD), on=list(_RECORD), how="left_anti")
    )
    is_repaired = F.expr(is_version(read_whole)) | F.col("key").isNotNull()
    closed = (
        left.join(_links(today), on=[*_RECORD, "raw_text"], how="left")
        .withColumn("by_batch", F.when(is_repaired, F.lit(batch.batch_id)))
        .withColumn("at_time", F.when(is_repaired, F.lit(batch.started_at)))
    )
    for name, new in _NEWEST.items():
        closed = closed.withColumn(name, F.coalesce(new, name))
    for name, new in _FIRST.items():
        closed = closed.withColumn(name, F.coalesce(name, new))
    rows = closed.select(*REJECTED_RECORDS.names).union(as_open_rejects(refused, batch))
    replace_where(spark, rows, rejects, versions)


def _links(records: DataFrame) -> DataFrame:
    """For each good record the bronze row that it is."""
    return records.where(F.col("reasons").isNull()).select(
        *_RECORD,
        "raw_text",
        "key",
        F.col("source_file").alias("into_file"),
        F.col("record_number").alias("into_record"),
    )


def _records_of_today(spark: SparkSession, settings: Settings, found: Review) -> DataFrame:
    """All records of the files that are read whole, and the good ones of the kept texts."""
    frames = []
    for table in TABLES.values():
        files = [load.file for load in found.loads if load.file.table_name == table.name]
        rows = [row for row in found.additions if row.table_name == table.name]
        records = []
        if files:
            records.append(
                read_records(spark, files, table, settings.max_file_bytes, keep_raw_text=True)
            )
        if rows:
            records.append(read_good_texts(spark, settings, table, rows))
        frames += [
            frame.select(
                F.lit(table.name).alias("table_name"),
                *("source_file", "content_hash", "record_number", "raw_text", "reasons", "header"),
                F.col(table.key).cast("string").alias("key"),
            )
            for frame in records
        ]
    return reduce(lambda upper, lower: upper.union(lower), frames)
