"""Reading and writing the file ledger and the list of missing files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields

from pyspark.sql import SparkSession

from ingestion.completeness import MissingFile
from ingestion.delta import is_in, replace_where
from ingestion.ledger import LedgerRow, ledger_rows
from ingestion.ops_tables import INGESTED_FILES, MISSING_FILES
from ingestion.settings import Settings
from ingestion.tables import TABLES


def read_ledger(spark: SparkSession, settings: Settings) -> list[LedgerRow]:
    """Read the ledger whole: one row for each file version."""
    names = [field.name for field in fields(LedgerRow)]
    rows = spark.table(settings.table("ops", "ingested_files")).select(*names).collect()
    return ledger_rows(row.asDict() for row in rows)


def write_ledger(spark: SparkSession, settings: Settings, rows: Sequence[LedgerRow]) -> None:
    """Replace all rows of some source files, in one commit.

    Args:
        spark: The session.
        settings: Where the ledger is.
        rows: Every row that the ledger should then hold of the source files that occur in it.
    """
    frame = spark.createDataFrame([astuple(row) for row in rows], INGESTED_FILES)
    replace_where(
        spark,
        frame,
        settings.table("ops", "ingested_files"),
        is_in("source_file", {row.source_file for row in rows}),
    )


def write_missing_files(
    spark: SparkSession, settings: Settings, rows: Sequence[MissingFile]
) -> None:
    """Replace what is listed as missing, of all tables, in one commit."""
    frame = spark.createDataFrame([astuple(row) for row in rows], MISSING_FILES)
    replace_where(spark, frame, settings.table("ops", "missing_files"), is_in("table_name", TABLES))
