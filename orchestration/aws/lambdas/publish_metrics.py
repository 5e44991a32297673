"""Publish what a build did as metrics, so that alarms and dashboards can see it.

Data flow: summary.json (files, records, tests, tables of the ops tables) + run_results.json (dbt's
seconds) -> CloudWatch metrics of the environment

They bear the time of the build, so a repeated call gives the same points again: alarms take the
maximum, which a repetition does not change.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3

from orchestration.aws.lambdas.artifacts import read_artifact
from orchestration.aws.lambdas.outcome import outcome_of

NAMESPACE = "EcommerceLakehouse"
# What CloudWatch takes in one call.
_BATCH = 1000
_BUILT = "success"


class NoSummary(Exception):
    """The build left no summary; without it nothing can be said of its quality."""


def handler(event: dict[str, Any], context: object) -> dict[str, int | str]:
    """Publish the metrics of an execution's build.

    Args:
        event: `execution_name`.
        context: Of the Lambda; not used.

    Returns:
        `metrics`, how many were published, and `message`, the same for people.

    Raises:
        NoSummary: There is no readable summary.json of the execution.
    """
    execution, bucket = event["execution_name"], os.environ["BUCKET"]
    summary = read_artifact(bucket, execution, "summary.json")
    if summary is None:
        raise NoSummary(
            f"s3://{bucket}/artifacts/{execution}/summary.json is missing or no JSON. The build "
            "writes it at its end: look at the build's log, then redrive the execution."
        )
    # A build that had nothing to do runs no dbt.
    results = read_artifact(bucket, execution, "run_results.json") or {}
    data = [*_of_summary(summary), *_of_tables(summary), *_of_results(results)]
    environment = {"Name": "Environment", "Value": os.environ["ENVIRONMENT"]}
    built_at = _time_of(results)
    points = [
        point | {"Timestamp": built_at, "Dimensions": [environment, *point["Dimensions"]]}
        for point in data
    ]
    cloudwatch: Any = boto3.client("cloudwatch")
    for start in range(0, len(points), _BATCH):
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=points[start : start + _BATCH])
    return {"metrics": len(points), "message": outcome_of(summary)}


def _of_summary(summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    files, records, tests = (summary.get(part) or {} for part in ("files", "records", "tests"))
    yield _count("FilesLoaded", files.get("loaded", 0))
    yield _count("FilesQuarantined", len(files.get("quarantined") or []))
    yield _count("FilesMissing", len(files.get("missing") or []))
    for name in ("read", "loaded", "rejected"):
        yield _count(f"Records{name.title()}", records.get(name, 0))
    for name in ("passed", "warned", "failed"):
        yield _count(f"Tests{name.title()}", tests.get(name, 0))


def _of_tables(summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for table, state in sorted((summary.get("tables") or {}).items()):
        if state.get("rows") is not None:
            yield _count("TableRows", state["rows"], Table=table)


def _of_results(results: dict[str, Any]) -> Iterator[dict[str, Any]]:
    models = [
        result
        for result in results.get("results") or []
        if str(result.get("unique_id", "")).startswith("model.") and result.get("status") == _BUILT
    ]
    yield _count("ModelsBuilt", len(models))
    yield _seconds("ModelSeconds", sum(float(model["execution_time"]) for model in models))
    yield _seconds("BuildSeconds", float(results.get("elapsed_time") or 0))


def _count(name: str, value: float, **dimensions: str) -> dict[str, Any]:
    return _point(name, value, "Count", dimensions)


def _seconds(name: str, value: float) -> dict[str, Any]:
    return _point(name, value, "Seconds", {})


def _point(name: str, value: float, unit: str, dimensions: dict[str, str]) -> dict[str, Any]:
    named = [{"Name": key, "Value": text} for key, text in dimensions.items()]
    return {"MetricName": name, "Value": float(value), "Unit": unit, "Dimensions": named}


def _time_of(results: dict[str, Any]) -> datetime:
    text = str((results.get("metadata") or {}).get("generated_at", ""))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC)
