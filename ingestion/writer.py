"""Records into Delta tables: one commit each, which replaces what the same files brought before.

Data flow: files -> records -> bronze (no reasons) | ops.rejected_records (reasons)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from ingestion.delta import is_in, replace_where
from ingestion.frames import read_records
from ingestion.ledger import Batch, LedgerRow
from ingestion.ops_tables import REJECTED_RECORDS
from ingestion.planning import Load
from ingestion.settings import Settings
from ingestion.tables import TABLES, Table

FILE_OVER_REJECT_LIMIT = "file_over_reject_limit"
_RECORD = ("source_file", "content_hash", "record_number", "raw_text", "reasons", "header")


def write_bronze(
    spark: SparkSession,
    settings: Settings,
    batch: Batch,
    table: Table,
    loads: Sequence[Load],
    gone: Sequence[LedgerRow],
) -> None:
    """Replace the bronze rows of these files, and of the files they take over, in one commit.

    Args:
        spark: The session.
        settings: Where and by which limits.
        batch: Identity and start of this run.
        table: The table to write.
        loads: Its files whose good records are written.
        gone: File versions whose rows must go, whether or not new ones come.
    """
    records = read_records(spark, [load.file for load in loads], table, settings)
    rows = (
        records.where(F.col("reasons").isNull())
        .withColumn("ingestion_timestamp", F.lit(batch.started_at))
        .withColumn("batch_id", F.lit(batch.batch_id))
    )
    name = settings.table("bronze", table.name)
    # In the table's own order, where a column that was declared later is the last.
    replace_where(spark, rows.select(*spark.table(name).columns), name, _is_of(loads, gone))


def files_to_read_again(spark: SparkSession, settings: Settings) -> set[str]:
    """Files with a column in `_rescued` that was declared since they were loaded."""
    found: set[str] = set()
    for table in TABLES.values():
        # As text: JSON escapes the quotes of whatever lies within a value.
        rescued = [
            f"instr(_rescued, '\"{column.name}\": ') > 0"
            for column in table.columns
            if column.optional
        ]
        if rescued:
            rows = spark.table(settings.table("bronze", table.name)).where(" or ".join(rescued))
            found |= {row[0] for row in rows.select("source_file").distinct().collect()}
    return found


def write_rejects(
    spark: SparkSession,
    settings: Settings,
    batch: Batch,
    loads: Sequence[Load],
    over_limit: set[str],
) -> None:
    """Write the rejected records of these file versions, of all tables in one commit.

    Args:
        spark: The session.
        settings: Where and by which limits.
        batch: Identity and start of this run.
        loads: Files with at least one rejected record.
        over_limit: Source files that are quarantined whole: all their records are rejected, the
            good ones with the reason `file_over_reject_limit`.
    """
    files = [load.file for load in loads]
    by_table = [
        read_records(
            spark,
            [file for file in files if file.table_name == table_name],
            TABLES[table_name],
            settings,
            keep_raw_text=True,
        ).select(F.lit(table_name).alias("table_name"), *_RECORD)
        for table_name in sorted({file.table_name for file in files if file.table_name})
    ]
    is_over_limit = F.col("source_file").isin(sorted(over_limit))
    rows = (
        reduce(lambda upper, lower: upper.union(lower), by_table)
        .where(F.col("reasons").isNotNull() | is_over_limit)
        .withColumn("reasons", F.coalesce("reasons", F.array(F.lit(FILE_OVER_REJECT_LIMIT))))
    )
    # The rejects of other versions of these files, and of other files of the same content, stay.
    versions = is_in("content_hash", {file.content_hash for file in files})
    replace_where(
        spark,
        as_open_rejects(rows, batch),
        settings.table("ops", "rejected_records"),
        f"{versions} and {_is_of(loads)}",
    )


def as_open_rejects(records: DataFrame, batch: Batch) -> DataFrame:
    """Records with their table's name as rows of `ops.rejected_records` that nothing has closed."""
    rejected = records.withColumn("batch_id", F.lit(batch.batch_id)).withColumn(
        "rejected_timestamp", F.lit(batch.started_at)
    )
    there = set(rejected.columns)  # asked once: on Spark Connect each time is a request
    unset = [field for field in REJECTED_RECORDS if field.name not in there]
    return rejected.select(
        "*", *(F.lit(None).cast(field.dataType).alias(field.name) for field in unset)
    ).select(*REJECTED_RECORDS.names)


def _is_of(loads: Sequence[Load], gone: Sequence[LedgerRow] = ()) -> str:
    """A predicate for the rows of these files, of the files they take over and of what is gone."""
    names = {load.file.source_file for load in loads} | {row.source_file for row in gone}
    return is_in(
        "source_file", names | {row.source_file for load in loads for row in load.replaces}
    )
