from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from orchestration.aws.lambdas.publish_metrics import NAMESPACE, NoSummary, handler

EVENT = {"execution_name": "daily-2025-04-01"}
ENVIRONMENT = {"Name": "Environment", "Value": "dev"}
BUILT_AT = datetime(2025, 4, 2, 5, 30, tzinfo=UTC)
Put = Callable[[str, Any], None]

SUMMARY = {
    "files": {
        "loaded": 3,
        "quarantined": [{"source_file": "orders/2025-02-30.csv", "reason": "impossible_date"}],
        "missing": ["orders/2025-04-06.csv", "order_items/2025-04-06.csv"],
    },
    "records": {"read": 120, "loaded": 113, "rejected": 7},
    "tests": {"passed": 200, "warned": 4, "failed": 1},
    "tables": {"gold.daily_sales": {"rows": 12, "version": 3}, "silver.orders": {"rows": 90}},
}
RESULTS = {
    "metadata": {"generated_at": "2025-04-02T05:30:00.000000Z"},
    "elapsed_time": 61.5,
    "results": [
        {"unique_id": "model.lakehouse.orders", "status": "success", "execution_time": 2.5},
        {"unique_id": "model.lakehouse.daily_sales", "status": "success", "execution_time": 1.5},
        {"unique_id": "model.lakehouse.broken", "status": "error", "execution_time": 9.0},
        {"unique_id": "test.lakehouse.unique", "status": "pass", "execution_time": 7.0},
    ],
}


def published(name: str, **dimensions: str) -> float:
    """The newest value of a metric."""
    named = [ENVIRONMENT, *({"Name": key, "Value": text} for key, text in dimensions.items())]
    cloudwatch: Any = boto3.client("cloudwatch")
    statistics = cloudwatch.get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=name,
        Dimensions=named,
        StartTime=BUILT_AT - timedelta(minutes=1),
        EndTime=BUILT_AT + timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum"],
    )
    (point,) = statistics["Datapoints"]
    return float(point["Maximum"])


def test_files_records_and_tests_of_the_summary_are_published(put_artifact: Put) -> None:
    put_artifact("summary.json", SUMMARY)
    put_artifact("run_results.json", RESULTS)
    handler(EVENT, None)
    names = ("FilesLoaded", "FilesQuarantined", "FilesMissing")
    assert [published(name) for name in names] == [3, 1, 2]
    names = ("RecordsRead", "RecordsLoaded", "RecordsRejected")
    assert [published(name) for name in names] == [120, 113, 7]
    names = ("TestsPassed", "TestsWarned", "TestsFailed")
    assert [published(name) for name in names] == [200, 4, 1]


def test_seconds_are_those_of_the_models_that_were_built(put_artifact: Put) -> None:
    put_artifact("summary.json", SUMMARY)
    put_artifact("run_results.json", RESULTS)
    handler(EVENT, None)
    assert published("ModelsBuilt") == 2
    assert published("ModelSeconds") == 4.0
    assert published("BuildSeconds") == 61.5


def test_the_rows_of_each_table_are_published(put_artifact: Put) -> None:
    put_artifact("summary.json", SUMMARY)
    put_artifact("run_results.json", RESULTS)
    handler(EVENT, None)
    assert published("TableRows", Table="gold.daily_sales") == 12
    assert published("TableRows", Table="silver.orders") == 90


def test_a_repetition_gives_the_same_points(put_artifact: Put) -> None:
    put_artifact("summary.json", SUMMARY)
    put_artifact("run_results.json", RESULTS)
    first = handler(EVENT, None)
    assert handler(EVENT, None) == first
    assert first["metrics"] == 14
    assert published("TestsFailed") == 1


def test_a_run_without_a_build_has_no_seconds(put_artifact: Put) -> None:
    put_artifact("summary.json", {"files": {"loaded": 0}, "tables": {}})
    assert handler(EVENT, None)["metrics"] == 12


def test_more_points_than_one_call_takes_are_all_published(put_artifact: Put) -> None:
    tables = {f"gold.t{number:04}": {"rows": number} for number in range(1005)}
    put_artifact("summary.json", SUMMARY | {"tables": tables})
    put_artifact("run_results.json", RESULTS)
    assert handler(EVENT, None)["metrics"] == 1017
    assert published("TableRows", Table="gold.t1004") == 1004


@pytest.mark.parametrize("content", [None, "{cut", "[]"])
def test_without_a_readable_summary_it_says_what_is_missing(
    content: str | None, s3: Any, put_artifact: Put
) -> None:
    if content is not None:
        put_artifact("summary.json", content)
    with pytest.raises(NoSummary, match=r"daily-2025-04-01/summary\.json is missing or no JSON"):
        handler(EVENT, None)
