"""Repaired records into bronze, and the rejects that they were into closed ones.

Data flow: kept texts that are good today -> bronze; rejects + records of today -> closed rejects
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from ingestion.catalog import bronze_schema
from ingestion.delta import is_in, is_version, replace_where
from ingestion.frames import read_records
from ingestion.ledger import Batch, LedgerRow
from ingestion.ops_tables import REJECTED_RECORDS
from ingestion.replay.findings import Review
from ingestion.replay.rereading import Version, read_good_texts
from ingestion.settings import Settings
from ingestion.tables import TABLES, Table
from ingestion.writer import as_open_rejects

_RECORD = ("holder", "content_hash", "record_number")


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
    holders = _holders(found)
    if not holders:
        return
    versions = is_version(version for version, _, _ in holders)
    rejects = settings.table("ops", "rejected_records")
    today = _records_of_today(spark, settings, found)
    refused = today.where(F.col("reasons").isNotNull())
    was = (
        spark.table(rejects)
        .where(versions)
        .join(_frame_of(spark, holders), on=["source_file", "content_hash"], how="inner")
        .join(refused.select(*_RECORD), on=list(_RECORD), how="left_anti")
    )
    rows = _closed(was, today, batch).union(as_open_rejects(refused, batch))
    replace_where(spark, rows, rejects, versions)


_Holder = tuple[Version, str, bool]


def _holders(found: Review) -> list[_Holder]:
    """For each version whose rejects change: the file that has its rows, and if it is read whole.

    It is another file where several have the same content, of which one is loaded.
    """
    loads = {load.file.source_file for load in found.loads}
    return [
        *((load.file.version, load.file.source_file, True) for load in found.loads),
        *(
            (row.version, load.file.source_file, True)
            for load in found.loads
            for row in load.replaces
            if row.content_hash == load.file.content_hash
        ),
        *((file.version, holder, True) for file, holder in found.copies if holder in loads),
        *((row.version, row.source_file, False) for row in found.additions),
    ]


def _frame_of(spark: SparkSession, holders: Sequence[_Holder]) -> DataFrame:
    rows = [(*version, holder, is_whole) for version, holder, is_whole in holders]
    columns = "source_file string, content_hash string, holder string, is_whole boolean"
    return spark.createDataFrame(rows, columns)


def _closed(was: DataFrame, today: DataFrame, batch: Batch) -> DataFrame:
    """The rejects that are none any more, closed, and those that nobody has read again, as is."""
    good = today.where(F.col("reasons").isNull()).select(
        *_RECORD, "raw_text", "key", F.lit(True).alias("is_good")
    )
    is_good = F.col("is_good").isNotNull()
    is_repaired = F.col("is_whole") | is_good
    new = {
        # A record that is closed stays closed since then; its link leads to where it is now.
        "closed_batch_id": (F.col("closed_batch_id"), F.when(is_repaired, batch.batch_id)),
        "closed_timestamp": (F.col("closed_timestamp"), F.when(is_repaired, batch.started_at)),
        "repaired_source_file": (F.when(is_good, F.col("holder")), F.col("repaired_source_file")),
        "repaired_record_number": (
            F.when(is_good, F.col("record_number")),
            F.col("repaired_record_number"),
        ),
        "repaired_key": (F.when(is_good, F.col("key")), F.col("repaired_key")),
    }
    return was.join(good, on=[*_RECORD, "raw_text"], how="left").select(
        *(
            F.coalesce(*new[name]).alias(name) if name in new else F.col(name)
            for name in REJECTED_RECORDS.names
        )
    )


def _records_of_today(spark: SparkSession, settings: Settings, found: Review) -> DataFrame:
    """All records of the files that are read whole, and the good ones of the kept texts."""
    frames = []
    for table in TABLES.values():
        files = [load.file for load in found.loads if load.file.table_name == table.name]
        rows = [row for row in found.additions if row.table_name == table.name]
        records = []
        if files:
            records.append(read_records(spark, files, table, settings, keep_raw_text=True))
        if rows:
            records.append(read_good_texts(spark, settings, table, rows))
        frames += [
            frame.select(
                F.lit(table.name).alias("table_name"),
                *("source_file", "content_hash", "record_number", "raw_text", "reasons", "header"),
                F.col("source_file").alias("holder"),
                F.col(table.key).cast("string").alias("key"),
            )
            for frame in records
        ]
    return reduce(lambda upper, lower: upper.union(lower), frames)
