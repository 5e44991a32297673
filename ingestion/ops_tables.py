"""Schemas of the ops tables: what arrived, was refused, is missing, what ran and what failed."""

from __future__ import annotations

from pyspark.sql import types as T

from ingestion.completeness import MissingFile
from ingestion.ledger import LedgerRow
from ingestion.row_schema import row_schema

INGESTED_FILES = row_schema(LedgerRow)

REJECTED_RECORDS = T.StructType(
    [
        T.StructField("table_name", T.StringType()),
        T.StructField("source_file", T.StringType()),
        T.StructField("content_hash", T.StringType()),
        T.StructField("record_number", T.LongType()),
        T.StructField("raw_text", T.StringType()),
        T.StructField("reasons", T.ArrayType(T.StringType())),
        T.StructField("batch_id", T.StringType()),
        T.StructField("rejected_timestamp", T.TimestampType()),
        T.StructField("header", T.ArrayType(T.StringType())),
        T.StructField("closed_batch_id", T.StringType()),
        T.StructField("closed_timestamp", T.TimestampType()),
        T.StructField("repaired_source_file", T.StringType()),
        T.StructField("repaired_record_number", T.LongType()),
        T.StructField("repaired_key", T.StringType()),
    ]
)

MISSING_FILES = row_schema(MissingFile)

RUNS = T.StructType(
    [
        T.StructField("run_id", T.StringType()),
        T.StructField("run_number", T.LongType()),
        T.StructField("command", T.StringType()),
        T.StructField("started_at", T.TimestampType()),
        T.StructField("finished_at", T.TimestampType()),
        T.StructField("status", T.StringType()),
        T.StructField("files_loaded", T.LongType()),
        T.StructField("files_quarantined", T.LongType()),
        T.StructField("files_missing", T.LongType()),
        T.StructField("records_read", T.LongType()),
        T.StructField("records_loaded", T.LongType()),
        T.StructField("records_rejected", T.LongType()),
        T.StructField("models_built", T.LongType()),
        T.StructField("tests_passed", T.LongType()),
        T.StructField("tests_warned", T.LongType()),
        T.StructField("tests_failed", T.LongType()),
    ]
)

ROW_ACCOUNTING = T.StructType(
    [
        T.StructField("run_id", T.StringType()),
        T.StructField("table_name", T.StringType()),
        T.StructField("run_number", T.LongType()),
        T.StructField("records_read", T.LongType()),
        T.StructField("records_loaded", T.LongType()),
        T.StructField("records_rejected", T.LongType()),
        T.StructField("records_erased", T.LongType()),
        T.StructField("bronze_rows", T.LongType()),
        T.StructField("silver_rows", T.LongType()),
        T.StructField("superseded_rows", T.LongType()),
        T.StructField("rejected_rows", T.LongType()),
        T.StructField("waiting_rows", T.LongType()),
    ]
)

RUN_STEPS = T.StructType(
    [
        T.StructField("run_id", T.StringType()),
        T.StructField("step", T.StringType()),
        T.StructField("seconds", T.DoubleType()),
        T.StructField("engine", T.StringType()),
        T.StructField("cores", T.LongType()),
    ]
)

MODEL_RESULTS = T.StructType(
    [
        T.StructField("run_id", T.StringType()),
        T.StructField("model", T.StringType()),
        T.StructField("status", T.StringType()),
        T.StructField("seconds", T.DoubleType()),
        T.StructField("rows", T.LongType()),
        T.StructField("bytes", T.LongType()),
        T.StructField("files", T.LongType()),
        T.StructField("finished_at", T.TimestampType()),
    ]
)

TEST_RESULTS = T.StructType(
    [
        T.StructField("run_id", T.StringType()),
        T.StructField("test_name", T.StringType()),
        T.StructField("tested", T.StringType()),
        T.StructField("status", T.StringType()),
        T.StructField("failures", T.LongType()),
        T.StructField("seconds", T.DoubleType()),
        T.StructField("finished_at", T.TimestampType()),
    ]
)

TABLE_VERSIONS = T.StructType(
    [
        T.StructField("run_id", T.StringType()),
        T.StructField("table_name", T.StringType()),
        T.StructField("version", T.LongType()),
        T.StructField("table_id", T.StringType()),
        T.StructField("recorded_at", T.TimestampType()),
    ]
)

PUBLICATIONS = T.StructType(
    [
        T.StructField("publication", T.LongType()),
        T.StructField("run_id", T.StringType()),
        T.StructField("table_name", T.StringType()),
        T.StructField("version", T.LongType()),
        T.StructField("table_id", T.StringType()),
        T.StructField("published_at", T.TimestampType()),
    ]
)

BUILDS = T.StructType(
    [
        T.StructField("run_id", T.StringType()),
        T.StructField("project", T.StringType()),
        T.StructField("built_by_run_id", T.StringType()),
        T.StructField("built_at", T.TimestampType()),
        T.StructField("silver_fingerprint", T.StringType()),
        T.StructField("limits", T.StringType()),
    ]
)

NODE_INPUTS = T.StructType(
    [
        T.StructField("run_id", T.StringType()),
        T.StructField("node", T.StringType()),
        T.StructField("kind", T.StringType()),
        T.StructField("table_name", T.StringType()),
        T.StructField("files", T.ArrayType(T.StringType())),
        T.StructField("fingerprint", T.StringType()),
        T.StructField("reads", T.ArrayType(T.StringType())),
    ]
)

TEST_FAILURES = T.StructType(
    [
        T.StructField("run_id", T.StringType()),
        T.StructField("test_name", T.StringType()),
        T.StructField("failing_row", T.StringType()),
        T.StructField("stored_timestamp", T.TimestampType()),
    ]
)

# Who was erased. Not part of what a restore brings back: that would bring the person back.
ERASED_USERS = T.StructType(
    [
        T.StructField("user_hash", T.StringType()),
        T.StructField("salt", T.StringType()),
        T.StructField("erased_at", T.TimestampType()),
        T.StructField("run_id", T.StringType()),
    ]
)

ERASURES = T.StructType(
    [
        T.StructField("run_id", T.StringType()),
        T.StructField("table_name", T.StringType()),
        T.StructField("source_file", T.StringType()),
        T.StructField("date", T.DateType()),
        T.StructField("records", T.LongType()),
        T.StructField("counted_records", T.LongType()),
        T.StructField("amount", T.DecimalType(18, 2)),
        T.StructField("erased_at", T.TimestampType()),
    ]
)

# These must be there before their first row; the run's own history is made by its first row.
CREATED_AT_START: dict[str, T.StructType] = {
    "ingested_files": INGESTED_FILES,
    "rejected_records": REJECTED_RECORDS,
    "missing_files": MISSING_FILES,
    "test_failures": TEST_FAILURES,
    "erased_users": ERASED_USERS,
    "erasures": ERASURES,
}
