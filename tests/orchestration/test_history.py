from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

from orchestration.dbt import NodeResult
from orchestration.history import record_run
from orchestration.run import RunResult
from tests.lakehouse import STARTED_AT, Lakehouse

FINISHED_AT = STARTED_AT + timedelta(minutes=2)


def node(kind: str, table: str, status: str, seconds: float) -> NodeResult:
    return NodeResult(f"a_{kind}", kind, table, status, 0, seconds, "", "file.sql")


def record(lakehouse: Lakehouse, result: RunResult, finished_at: datetime = FINISHED_AT) -> None:
    record_run(
        lakehouse.spark, lakehouse.settings, result, STARTED_AT, finished_at, "well", cores=2
    )


def test_a_model_is_recorded_with_the_rows_bytes_and_files_of_its_table(
    lakehouse: Lakehouse,
) -> None:
    folder = Path(lakehouse.settings.location("silver", "orders"))
    write_deltalake(folder, pa.table({"order_id": [1, 2, 3]}))
    write_deltalake(folder, pa.table({"order_id": [4]}), mode="append")
    record(lakehouse, RunResult("run", results=[node("model", "silver.orders", "success", 1.5)]))
    size = sum(path.stat().st_size for path in folder.glob("*.parquet"))
    assert lakehouse.query("select * from ops.model_results") == [
        ("run", "silver.orders", "success", 1.5, 4, size, 2, FINISHED_AT)
    ]


def test_replaced_files_of_a_table_do_not_count(lakehouse: Lakehouse) -> None:
    folder = lakehouse.settings.location("gold", "daily_sales")
    write_deltalake(folder, pa.table({"order_count": [1, 2, 3]}))
    write_deltalake(folder, pa.table({"order_count": [9]}), mode="overwrite")
    record(lakehouse, RunResult("run", results=[node("seed", "gold.daily_sales", "success", 1.0)]))
    assert lakehouse.query("select rows, files from ops.model_results") == [(1, 1)]


def test_a_model_that_never_made_its_table_is_recorded_without_a_size(lakehouse: Lakehouse) -> None:
    record(lakehouse, RunResult("run", results=[node("model", "gold.new", "error", 0.5)]))
    query = "select model, status, rows, bytes, files from ops.model_results"
    assert lakehouse.query(query) == [("gold.new", "error", None, None, None)]


def test_tests_and_models_are_kept_apart(lakehouse: Lakehouse) -> None:
    results = [node("model", "silver.orders", "success", 1.0), node("test", "orders", "pass", 0.2)]
    record(lakehouse, RunResult("run", results=results))
    assert lakehouse.query("select model from ops.model_results") == [("silver.orders",)]
    assert lakehouse.query("select test_name from ops.test_results") == [("a_test",)]
    assert lakehouse.query("select models_built, tests_passed from ops.runs") == [(1, 1)]


def test_each_step_is_recorded_with_the_engine_and_the_cores_it_ran_on(
    lakehouse: Lakehouse,
) -> None:
    record(lakehouse, RunResult("run", seconds={"start": 1.0, "ingest": 2.5}))
    engine = lakehouse.settings.engine.value
    assert lakehouse.query("select * from ops.run_steps order by seconds") == [
        ("run", "start", 1.0, engine, 2),
        ("run", "ingest", 2.5, engine, 2),
    ]


def test_a_root_from_before_the_steps_were_recorded_goes_on(lakehouse: Lakehouse) -> None:
    record(lakehouse, RunResult("old"), datetime(2025, 4, 1, tzinfo=UTC))
    assert "run_steps" not in lakehouse.versions()
    record(lakehouse, RunResult("new", seconds={"build": 3.0}))
    assert lakehouse.query("select run_id from ops.runs order by 1") == [("new",), ("old",)]
    assert lakehouse.query("select run_id from ops.run_steps") == [("new",)]
