from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from ingestion.completeness import MissingFile
from ingestion.errors import LakehouseError
from ingestion.ingest import Report
from ingestion.ledger import Status
from ingestion.planning import Plan
from orchestration.state.delta_reader import connect
from orchestration.state.history import record_run
from orchestration.state.past_runs import past_runs, recorded_versions
from orchestration.state.results import NodeResult, RunResult
from tests.ingestion.ledgers import ledger_row
from tests.lake import STARTED_AT, Lakehouse

FINISHED_AT = STARTED_AT + timedelta(minutes=2)


def node(kind: str, table: str, status: str, seconds: float) -> NodeResult:
    return NodeResult(f"a_{kind}", kind, table, status, 0, seconds, "", "file.sql")


def record(lakehouse: Lakehouse, result: RunResult, finished_at: datetime = FINISHED_AT) -> None:
    record_run(lakehouse.settings, result, STARTED_AT, finished_at, "well", cores=2)


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


def test_a_test_is_recorded_with_its_outcome_its_rows_and_its_seconds(
    lakehouse: Lakehouse,
) -> None:
    results = [
        NodeResult("keys", "test", "silver.orders", "pass", 0, 0.2, "", "a.yml"),
        NodeResult("dirt", "test", None, "warn", 3, 0.4, "Got 3 results", "b.sql"),
        NodeResult("formula", "unit_test", "gold.daily_sales", "error", 0, 0.1, "", "c.yml"),
    ]
    record(lakehouse, RunResult("run", results=results))
    assert lakehouse.query("select * from ops.test_results order by seconds desc") == [
        ("run", "dirt", None, "warn", 3, 0.4, FINISHED_AT),
        ("run", "keys", "silver.orders", "pass", 0, 0.2, FINISHED_AT),
        ("run", "formula", "gold.daily_sales", "error", 0, 0.1, FINISHED_AT),
    ]
    query = "select tests_passed, tests_warned, tests_failed from ops.runs"
    assert lakehouse.query(query) == [(1, 1, 1)]


def test_a_run_is_recorded_with_the_files_and_records_it_read(lakehouse: Lakehouse) -> None:
    loaded = replace(ledger_row("orders/2025-04-01.csv", "a"), records_read=9, records_rejected=8)
    refused = ledger_row("orders/2025-04-02.csv", "b", Status.QUARANTINED)
    gap = MissingFile("orders", None, "orders/2025-04-03.csv", "missing")
    report = Report(Plan(), rows=[loaded, refused], missing=[gap, gap, gap])
    record(lakehouse, RunResult("run", report=report))
    counts = "files_loaded, files_quarantined, files_missing"
    records = "records_read, records_loaded, records_rejected"
    assert lakehouse.query(f"select {counts}, {records} from ops.runs") == [(1, 1, 3, 10, 2, 8)]


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


def test_every_table_that_holds_data_is_recorded_with_its_version(lakehouse: Lakehouse) -> None:
    folder = lakehouse.settings.location("silver", "orders")
    for _ in range(3):
        write_deltalake(folder, pa.table({"order_id": [1]}), mode="append")
    record(lakehouse, RunResult("run"))
    recorded = dict(lakehouse.query("select table_name, version from ops.table_versions"))
    assert recorded == {
        "bronze.order_items": 0,
        "bronze.orders": 0,
        "bronze.products": 0,
        "ops.ingested_files": 0,
        "ops.missing_files": 0,
        "ops.rejected_records": 0,
        "silver.orders": 2,
    }
    ((table_id,),) = lakehouse.query(
        "select table_id from ops.table_versions where table_name = 'silver.orders'"
    )
    assert table_id == str(DeltaTable(folder).metadata().id)


def test_a_folder_whose_first_commit_was_cut_off_is_no_table(lakehouse: Lakehouse) -> None:
    (Path(lakehouse.settings.location("gold", "new")) / "_delta_log").mkdir(parents=True)
    record(lakehouse, RunResult("run"))
    query = "select count(*) from ops.table_versions where table_name = 'gold.new'"
    assert lakehouse.query(query) == [(0,)]


def test_a_damaged_table_has_no_version_so_that_no_build_passes_for_its_own(
    lakehouse: Lakehouse,
) -> None:
    folder = Path(lakehouse.settings.location("bronze", "orders"))
    for commit in (folder / "_delta_log").iterdir():
        commit.write_text("no commit")
    record(lakehouse, RunResult("run"))
    assert "bronze.orders" not in recorded_versions(lakehouse.settings)["run"]
    with pytest.raises(LakehouseError, match=r"damaged: bronze.orders: its log can't be read"):
        connect(lakehouse.settings)


def test_runs_are_counted_whatever_the_clock_says(lakehouse: Lakehouse) -> None:
    record(lakehouse, RunResult("first", "ingest"), FINISHED_AT)
    record(lakehouse, RunResult("second", "build --select orders"), STARTED_AT)
    assert lakehouse.query("select run_number, run_id, command from ops.runs order by 1") == [
        (1, "first", "ingest"),
        (2, "second", "build --select orders"),
    ]
    assert [run.run_id for run in past_runs(lakehouse.settings)] == ["second", "first"]


def test_a_history_that_can_not_be_written_is_reported(lakehouse: Lakehouse) -> None:
    Path(lakehouse.settings.location("ops", "runs")).write_text("in the way")
    with pytest.raises(LakehouseError, match=r"history of this run can't be written to .*ops/runs"):
        record(lakehouse, RunResult("run"))


ACCOUNTS = {
    "table_name": ["orders"],
    "records_read": [5],
    "records_loaded": [4],
    "records_rejected": [1],
    "bronze_rows": [4],
    "silver_rows": [1],
    "superseded_rows": [1],
    "rejected_rows": [1],
    "waiting_rows": [1],
}


def test_where_every_record_is_is_recorded_for_each_run_that_published_it(
    lakehouse: Lakehouse,
) -> None:
    """The root is from before erased records were counted."""
    root = Path(lakehouse.settings.root)
    write_deltalake(root / "ops/row_accounting", pa.table({"run_id": ["old"], **ACCOUNTS}))
    write_deltalake(root / "silver/row_accounting", pa.table({**ACCOUNTS, "records_erased": [0]}))
    record(lakehouse, RunResult("kept-back"))
    record(lakehouse, RunResult("published", published=["silver.row_accounting"]))
    assert lakehouse.query(
        "select run_id, run_number, table_name, records_read, records_erased, waiting_rows"
        " from ops.row_accounting order by run_id"
    ) == [("old", None, "orders", 5, None, 1), ("published", 2, "orders", 5, 0, 1)]
