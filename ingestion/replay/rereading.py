"""Rejected records under today's rules: which of them would be loaded, which stay refused.

Data flow: raw files, or raw text and header in ops.rejected_records -> reader -> tallies

A raw file is read whole where it is still there. Where it is not, or where reading it whole would
take loaded records away, each rejected record is read by itself from the text that was kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from ingestion.delta import is_version
from ingestion.faults import FileFault
from ingestion.files import RawFile, place
from ingestion.frames import ORIGIN, read_records, record_type
from ingestion.ledger import LedgerRow
from ingestion.reader import read_texts, record_schema
from ingestion.settings import Settings
from ingestion.tables import TABLES, Table

HEADER_UNKNOWN = "header_unknown"
_VERSION = ("source_file", "content_hash")
# Stands for all reasons of a record, so that a record with several is counted once.
_ANY = ""


Version = tuple[str, str]


@dataclass
class Tally:
    """The rejected records of one file version under today's rules.

    Attributes:
        rejected: Reason to the number of records that are now rejected with it.
        repaired: The same, of those that today's rules load.
        newly_refused: Loaded records that today's rules would refuse.
        dates: Values of the `date` column among the records that today's rules load.
        all_rejected: Records that are now rejected, each counted once.
        all_repaired: Of these, what today's rules load.
        closed: Records that a replay has closed before.
        unreadable: Rejected records that can't be read without their file.
    """

    rejected: dict[str, int] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    newly_refused: int = 0
    dates: list[date] = field(default_factory=list)
    all_rejected: int = 0
    all_repaired: int = 0
    closed: int = 0
    unreadable: int = 0


def tally_files(
    spark: SparkSession, settings: Settings, files: Sequence[RawFile]
) -> dict[Version, Tally]:
    """Compare the open rejects of file versions with what reading the files whole gives today."""
    tables = sorted({str(file.table_name) for file in files})
    if not tables:
        return {}
    by_table = [
        read_records(
            spark,
            [file for file in files if file.table_name == name],
            TABLES[name],
            settings,
        )
        .where(F.col("reasons").isNotNull())
        .select(*_VERSION, "record_number", F.lit(True).alias("is_refused"))
        for name in tables
    ]
    refused = reduce(lambda upper, lower: upper.union(lower), by_table)
    was = _rejects(spark, settings, [file.version for file in files])
    compared = (
        was.where(F.col("closed_batch_id").isNull())
        .select(*_VERSION, "record_number", "reasons")
        .join(refused, on=[*_VERSION, "record_number"], how="full")
        .select(
            *_VERSION,
            "reasons",
            F.col("reasons").isNotNull().alias("is_open"),
            F.col("is_refused").isNull().alias("is_good"),
            F.lit(False).alias("is_unreadable"),
            F.lit(None).cast("date").alias("date"),
        )
    )
    return _tally(compared)


def tally_texts(
    spark: SparkSession, settings: Settings, rows: Sequence[LedgerRow]
) -> dict[Version, Tally]:
    """Read the rejects of file versions again, each by itself from its text."""
    by_table = [
        _reread(spark, settings, TABLES[name], rows).select(
            *_VERSION,
            F.col("was").alias("reasons"),
            F.col("is_open"),
            F.col("reasons").isNull().alias("is_good"),
            F.coalesce(F.array_contains("reasons", HEADER_UNKNOWN), F.lit(False)).alias(
                "is_unreadable"
            ),
            (F.col("date") if TABLES[name].has_date else F.lit(None).cast("date")).alias("date"),
        )
        for name in sorted({str(row.table_name) for row in rows})
    ]
    if not by_table:
        return {}
    return _tally(reduce(lambda upper, lower: upper.union(lower), by_table))


def read_good_texts(
    spark: SparkSession, settings: Settings, table: Table, rows: Sequence[LedgerRow]
) -> DataFrame:
    """The rejected records of file versions that today's rules load, from their texts.

    Columns: as `frames.read_records` gives them, raw text and header included. Records that an
    earlier replay has closed are among them, so that one that was cut off can be finished.
    """
    return (
        _reread(spark, settings, table, rows)
        .where(F.col("reasons").isNull())
        .drop("was", "is_open")
    )


def _rejects(spark: SparkSession, settings: Settings, versions: Iterable[Version]) -> DataFrame:
    return spark.table(settings.table("ops", "rejected_records")).where(is_version(versions))


def _tally(records: DataFrame) -> dict[Version, Tally]:
    """Sum up records by file version and reason; those that are loaded now have null reasons."""
    none = F.array().cast("array<string>")
    is_open, is_good = F.col("is_open"), F.col("is_good")
    rows = (
        records.withColumn(
            "reason",
            F.explode(F.concat(F.array(F.lit(_ANY)), F.coalesce("reasons", none))),
        )
        .groupBy(*_VERSION, "reason")
        .agg(
            F.sum(F.when(is_open, 1).otherwise(0)).alias("rejected"),
            F.sum(F.when(is_open & is_good, 1).otherwise(0)).alias("repaired"),
            F.sum(F.when(F.col("reasons").isNull(), 1).otherwise(0)).alias("newly_refused"),
            F.sum(F.when(~is_open & F.col("reasons").isNotNull(), 1).otherwise(0)).alias("closed"),
            F.sum(F.when(is_open & F.col("is_unreadable"), 1).otherwise(0)).alias("unreadable"),
            F.collect_set(F.when(is_good, F.col("date"))).alias("dates"),
        )
        .collect()
    )
    tallies: dict[Version, Tally] = {}
    for row in rows:
        tally = tallies.setdefault((row["source_file"], row["content_hash"]), Tally())
        if row["reason"] == _ANY:
            tally.all_rejected, tally.all_repaired = row["rejected"], row["repaired"]
            tally.newly_refused, tally.closed = row["newly_refused"], row["closed"]
            tally.unreadable = row["unreadable"]
            tally.dates = sorted(row["dates"])
        elif row["rejected"]:
            tally.rejected[row["reason"]] = row["rejected"]
            tally.repaired[row["reason"]] = row["repaired"]
    return tallies


def _reread(
    spark: SparkSession, settings: Settings, table: Table, rows: Sequence[LedgerRow]
) -> DataFrame:
    """Rejects of one table as records of today; `was` and `is_open` tell how they stand now."""
    versions = [row.version for row in rows if row.table_name == table.name]
    schema = T.StructType(
        [
            *record_type(table),
            T.StructField("was", T.ArrayType(T.StringType())),
            T.StructField("is_open", T.BooleanType()),
        ]
    )
    kept = _rejects(spark, settings, versions).select(
        *_VERSION,
        "record_number",
        "raw_text",
        "header",
        F.col("reasons").alias("was"),
        F.col("closed_batch_id").isNull().alias("is_open"),
    )
    return kept.mapInArrow(_text_reader(table), schema)


_Batches = Iterable[pa.RecordBatch]


def _text_reader(table: Table) -> Callable[[_Batches], Iterator[pa.RecordBatch]]:
    schema = record_schema(table)
    for extra in (*ORIGIN, pa.field("was", pa.list_(pa.string())), pa.field("is_open", pa.bool_())):
        schema = schema.append(extra)

    def read(batches: _Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            groups: dict[tuple[object, ...], list[dict[str, Any]]] = {}
            for row in batch.to_pylist():
                header = tuple(row["header"] or ())
                key = (row["source_file"], row["content_hash"], header)
                groups.setdefault(key, []).append(row)
            for rows in groups.values():
                records = _read_rows(rows, table)
                yield pa.RecordBatch.from_pylist(records, schema)

    return read


def _read_rows(rows: Sequence[dict[str, Any]], table: Table) -> list[dict[str, Any]]:
    """Read the rejects of one file version again; they share a header."""
    by_number = {row["record_number"]: row for row in rows}
    header = rows[0]["header"]
    fault = None if header else HEADER_UNKNOWN
    records: list[dict[str, Any]] = []
    if header:
        try:
            texts = [row["raw_text"] for row in rows]
            for batch in read_texts(texts, list(by_number), header, table):
                records += batch.to_pylist()
        except FileFault as error:
            fault = error.code
    if fault:
        records = [{"record_number": number, "reasons": [fault]} for number in by_number]
    _, file_date, _ = place(rows[0]["source_file"])
    return [
        by_number[record["record_number"]] | record | {"file_date": file_date} for record in records
    ]
