"""The history of runs: one row of `ops.runs` and the rows of `ops.test_results` for each run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pyspark.sql import SparkSession

from ingestion.ingest import Report
from ingestion.ops_tables import RUNS, TEST_RESULTS
from ingestion.settings import Settings
from orchestration.dbt import NodeResult

PASSED, WARNED, FAILED = ("pass",), ("warn",), ("fail", "error", "runtime error")


def record_run(
    spark: SparkSession,
    settings: Settings,
    run_id: str,
    started_at: datetime,
    finished_at: datetime,
    status: str,
    report: Report | None,
    results: Sequence[NodeResult],
) -> None:
    """Append what a run did, each table in one commit."""
    rows = report.rows if report else []
    tests = [result for result in results if result.kind in ("test", "unit_test")]
    run = (
        run_id,
        started_at,
        finished_at,
        status,
        len(report.loaded) if report else 0,
        len(report.quarantined) if report else 0,
        len(report.missing) if report else 0,
        sum(row.records_read for row in rows),
        sum(row.records_loaded for row in rows),
        sum(row.records_rejected for row in rows),
        sum(result.kind == "model" and result.status == "success" for result in results),
        *(sum(test.status in states for test in tests) for states in (PASSED, WARNED, FAILED)),
    )
    spark.createDataFrame([run], RUNS).write.format("delta").mode("append").save(
        settings.location("ops", "runs")
    )
    if tests:
        outcomes = [
            (run_id, test.name, test.table, test.status, test.failures, test.seconds, finished_at)
            for test in tests
        ]
        spark.createDataFrame(outcomes, TEST_RESULTS).write.format("delta").mode("append").save(
            settings.location("ops", "test_results")
        )
