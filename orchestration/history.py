"""The history of runs: what a run did, how long it took and how large its tables are afterwards.

Data flow: result of a run + Delta logs -> ops.model_results, test_results, run_steps -> ops.runs
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from ingestion.ops_tables import MODEL_RESULTS, RUN_STEPS, RUNS, TEST_RESULTS
from ingestion.settings import Settings

if TYPE_CHECKING:  # the run imports its history
    from orchestration.run import RunResult

PASSED, WARNED, FAILED = ("pass",), ("warn",), ("fail", "error", "runtime error")
_TESTS, _TABLES = ("test", "unit_test"), ("model", "seed", "snapshot")


def record_run(
    spark: SparkSession,
    settings: Settings,
    result: RunResult,
    started_at: datetime,
    finished_at: datetime,
    status: str,
    cores: int,
) -> None:
    """Append what a run did, as far as it came, each table in one commit.

    `ops.runs` comes last: a run that is in it has all its details.
    """
    run_id = result.run_id
    tests = [
        (run_id, node.name, node.table, node.status, node.failures, node.seconds, finished_at)
        for node in result.results
        if node.kind in _TESTS
    ]
    models = [
        (run_id, node.table, node.status, node.seconds, *_size(settings, node.table), finished_at)
        for node in result.results
        if node.kind in _TABLES and node.table
    ]
    steps = [
        (run_id, step, seconds, settings.engine.value, cores)
        for step, seconds in result.seconds.items()
    ]
    _append(spark, settings, "test_results", TEST_RESULTS, tests)
    _append(spark, settings, "model_results", MODEL_RESULTS, models)
    _append(spark, settings, "run_steps", RUN_STEPS, steps)
    run = (run_id, started_at, finished_at, status, *_totals(result))
    _append(spark, settings, "runs", RUNS, [run])


def _totals(result: RunResult) -> list[int]:
    report = result.report
    rows = report.rows if report else []
    tests = [node.status for node in result.results if node.kind in _TESTS]
    built = [node for node in result.results if node.kind == "model" and node.status == "success"]
    return [
        len(report.loaded) if report else 0,
        len(report.quarantined) if report else 0,
        len(report.missing) if report else 0,
        sum(row.records_read for row in rows),
        sum(row.records_loaded for row in rows),
        sum(row.records_rejected for row in rows),
        len(built),
        *(sum(test in states for test in tests) for states in (PASSED, WARNED, FAILED)),
    ]


def _size(settings: Settings, table: str) -> tuple[int, int, int] | tuple[None, None, None]:
    """Rows, bytes and files of a table as its Delta log has them; no data is read."""
    layer, name = table.split(".")
    try:
        delta_table = DeltaTable(settings.location(layer, name))
    except TableNotFoundError:
        return None, None, None
    sizes = delta_table.get_add_actions()["size_bytes"].to_pylist()
    return delta_table.count(), sum(sizes), len(sizes)


def _append(
    spark: SparkSession,
    settings: Settings,
    name: str,
    schema: T.StructType,
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Append rows to an ops table; the first ones make it."""
    if rows:
        spark.createDataFrame(rows, schema).write.format("delta").mode("append").save(
            settings.location("ops", name)
        )
