"""History, versions, readers and artifacts on a root on S3, which is a stand-in on the loopback."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.aws.artifacts import publish, summary_of
from orchestration.state.build_cache import run_that_built
from orchestration.state.delta_reader import connect
from orchestration.state.history import record_run
from orchestration.state.past_runs import past_runs
from orchestration.state.results import Build, RunResult
from orchestration.state.versions import current_versions, open_table, table_locations
from tests.stand_in_s3 import BUCKET

NOON = datetime(2025, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(bucket: str) -> Settings:
    """A root with two tables in an empty bucket."""
    settings = Settings(root=bucket, raw=f"{bucket}/raw")
    write(settings, "silver", "orders", 1, 2, 3)
    write(settings, "ops", "missing_files", 1)
    return settings


def write(settings: Settings, layer: str, name: str, *numbers: int) -> None:
    rows = pa.table({"number": numbers})
    write_deltalake(settings.location(layer, name), rows, mode="overwrite")


def read(key: str) -> Any:
    return json.load(boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"])


def keys(prefix: str) -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [entry["Key"] for entry in found.get("Contents", [])]


def test_tables_are_found_with_their_locations_and_versions(settings: Settings) -> None:
    write(settings, "silver", "orders", 4)
    boto3.client("s3").put_object(Bucket=BUCKET, Key="gold/no_table/part.parquet", Body=b"")
    assert table_locations(settings) == {
        "ops.missing_files": f"s3://{BUCKET}/ops/missing_files",
        "silver.orders": f"s3://{BUCKET}/silver/orders",
    }
    versions = current_versions(settings)
    assert {name: table.version for name, table in versions.items()} == {
        "ops.missing_files": 0,
        "silver.orders": 1,
    }


def test_a_run_is_recorded_and_its_build_known_again_until_a_table_moves(
    settings: Settings,
) -> None:
    result = RunResult("e-1", builds=[Build("project", "e-1", NOON)], seconds={"build": 2.0})
    record_run(settings, result, NOON, NOON, "well", cores=4)
    (run,) = past_runs(settings)
    assert (run.run_id, run.status, set(run.versions)) == (
        "e-1",
        "well",
        {"ops.missing_files", "silver.orders"},
    )
    assert run_that_built(settings, "project", current_versions(settings)) == "e-1"
    write(settings, "silver", "orders", 4)
    assert run_that_built(settings, "project", current_versions(settings)) is None


def test_what_an_ingestion_job_commits_during_a_build_is_not_recorded_as_built(
    settings: Settings,
) -> None:
    write(settings, "bronze", "orders", 1)
    before = current_versions(settings)
    write(settings, "bronze", "orders", 2)
    result = RunResult("e-1", builds=[Build("project", "e-1", NOON)])
    result.built_from = {"bronze.orders": before["bronze.orders"]}
    record_run(settings, result, NOON, NOON, "well", cores=4)
    (run,) = past_runs(settings)
    assert run.versions == before
    assert run_that_built(settings, "project", current_versions(settings)) is None


def test_a_table_that_can_not_be_read_is_reported_with_what_to_check(settings: Settings) -> None:
    key = "ops/runs/_delta_log/00000000000000000000.json"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"{")
    readers: list[Callable[[], object]] = [
        lambda: past_runs(settings),
        lambda: open_table("ops.runs", settings.location("ops", "runs")),
    ]
    for reader in readers:
        with pytest.raises(LakehouseError, match=f"ops.runs at s3://{BUCKET}/ops/runs") as raised:
            reader()
        assert "Check the network and the rights" in raised.value.next_step
        assert "--full-refresh" not in raised.value.next_step


def test_the_tables_can_be_queried(settings: Settings) -> None:
    assert connect(settings).execute("select sum(number) from silver.orders").fetchall() == [(6,)]


def test_a_bucket_without_a_lakehouse_is_reported(settings: Settings) -> None:
    boto3.client("s3").create_bucket(Bucket="another")
    with pytest.raises(LakehouseError, match="There is no lakehouse at s3://another"):
        connect(Settings(root="s3://another", raw=""))


@pytest.mark.parametrize(("failure", "latest"), [(None, 1), ("It broke. Fix it.", 0)])
def test_the_summary_is_put_below_the_execution_and_as_the_latest_if_all_went_well(
    settings: Settings, failure: str | None, latest: int
) -> None:
    summary = summary_of(settings, "e", RunResult("e-1"), [], failure)
    publish(settings, "e", summary)
    assert read("artifacts/e/summary.json") == summary
    tables = {
        "ops.missing_files": {"rows": 1, "version": 0},
        "silver.orders": {"rows": 3, "version": 0},
    }
    assert summary["tables"] == ({} if failure else tables)
    assert len(keys("artifacts/latest/summary.json")) == latest
    assert [problem["message"] for problem in summary["problems"]] == [failure] * (1 - latest)
