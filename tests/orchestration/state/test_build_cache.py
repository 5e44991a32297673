from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from orchestration.project.digest import project_digest
from orchestration.state.build_cache import (
    BuiltSilver,
    builds_that_left,
    built_silver,
    run_that_built,
)
from orchestration.state.history import record_run
from orchestration.state.results import Build, RunResult
from orchestration.state.versions import current_versions
from tests.lake import Lakehouse

NOON = datetime(2025, 5, 1, 12, tzinfo=UTC)
EVENING = datetime(2025, 5, 1, 20, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one model, one seed and a page of documentation."""
    for name in ("models/gold/sales.sql", "seeds/rules.csv", "docs/page.md", "dbt_project.yml"):
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("as it was")
    return tmp_path / "project"


def record(lakehouse: Lakehouse, run_id: str, *builds: Build, at: datetime = NOON) -> None:
    result = RunResult(run_id, builds=list(builds))
    record_run(lakehouse.settings, result, at, at, "well", cores=2)


def known(lakehouse: Lakehouse, project: str = "project") -> str | None:
    return run_that_built(lakehouse.settings, project, current_versions(lakehouse.settings))


def test_a_build_is_known_again_while_nothing_moves(lakehouse: Lakehouse) -> None:
    record(lakehouse, "run-1", Build("project", "run-1", NOON))
    assert known(lakehouse) == "run-1"
    assert known(lakehouse, "another project") is None


def test_there_is_nothing_to_know_before_the_first_build(lakehouse: Lakehouse) -> None:
    assert known(lakehouse) is None
    record(lakehouse, "only ingestion")
    assert known(lakehouse) is None


def test_a_table_that_was_changed_by_hand_asks_for_a_build(lakehouse: Lakehouse) -> None:
    spark = lakehouse.spark
    spark.sql("create or replace table silver.orders using delta as select 1 as order_id")
    record(lakehouse, "run-1", Build("project", "run-1", NOON))
    spark.sql("insert into silver.orders values (2)")
    assert known(lakehouse) is None


def test_a_table_that_was_removed_and_made_anew_asks_for_a_build(lakehouse: Lakehouse) -> None:
    folder = lakehouse.settings.location("silver", "orders")
    write_deltalake(folder, pa.table({"order_id": [1]}))
    record(lakehouse, "run-1", Build("project", "run-1", NOON))
    shutil.rmtree(folder)
    write_deltalake(folder, pa.table({"order_id": [2]}))
    assert known(lakehouse) is None


def test_a_table_whose_first_commit_was_never_made_counts_as_not_there(
    lakehouse: Lakehouse,
) -> None:
    before = current_versions(lakehouse.settings)
    (Path(lakehouse.settings.root) / "gold" / "daily_sales" / "_delta_log").mkdir(parents=True)
    assert current_versions(lakehouse.settings) == before


def test_loaded_and_rejected_records_ask_for_a_build(lakehouse: Lakehouse) -> None:
    before = current_versions(lakehouse.settings)
    good = [f"{number},1,Books,Lamp" for number in range(1, 11)]
    header = "product_id,department_id,department,product_name"
    lakehouse.write("products/products.csv", header, *good, "no number,1,Books,Lamp")
    lakehouse.ingest()
    after = current_versions(lakehouse.settings)
    moved = {table for table in after if after[table] != before[table]}
    assert moved == {"bronze.products", "ops.ingested_files", "ops.rejected_records"}


def test_the_runs_own_records_ask_for_none(lakehouse: Lakehouse) -> None:
    record(lakehouse, "run-1", Build("project", "run-1", NOON))
    lakehouse.spark.sql(
        "insert into ops.test_failures values ('run-1', 'a test', '{}', current_timestamp())"
    )
    record(lakehouse, "run-2")
    assert known(lakehouse) == "run-1"


def test_of_several_builds_the_one_that_left_this_state_counts_whatever_the_clock_says(
    lakehouse: Lakehouse,
) -> None:
    folder = lakehouse.settings.location("silver", "orders")
    write_deltalake(folder, pa.table({"order_id": [1]}))
    record(lakehouse, "first", Build("project", "first", EVENING), at=EVENING)
    write_deltalake(folder, pa.table({"order_id": [2]}), mode="append")
    record(lakehouse, "second", Build("project", "second", NOON), at=NOON)
    assert known(lakehouse) == "second"


def test_a_run_that_moves_no_value_hands_the_build_on(lakehouse: Lakehouse) -> None:
    folder = lakehouse.settings.location("silver", "orders")
    for _ in range(2):
        write_deltalake(folder, pa.table({"order_id": [1]}), mode="append")
    record(lakehouse, "run-1", Build("project", "run-1", NOON))
    DeltaTable(folder).optimize.compact()
    assert known(lakehouse) is None
    record(lakehouse, "maintenance", Build("project", "run-1", NOON), at=EVENING)
    assert known(lakehouse) == "run-1"


@pytest.mark.parametrize("pending_days", [None, '{"orders": ["2025-04-02"]}'])
def test_tables_that_a_failed_build_of_an_older_version_left_are_no_base(
    lakehouse: Lakehouse, pending_days: str | None
) -> None:
    build = Build("project", "run-1", NOON, "silver", "{}")
    record(lakehouse, "run-1", build)
    folder = lakehouse.settings.location("ops", "builds")
    older = DeltaTable(folder).to_pyarrow_table()
    pending = pa.array([pending_days], pa.string())
    write_deltalake(
        folder,
        older.append_column("pending_days", pending),
        mode="overwrite",
        schema_mode="overwrite",
    )
    versions = current_versions(lakehouse.settings)
    is_base = pending_days is None
    found = built_silver(lakehouse.settings, "silver", versions)
    assert found == (BuiltSilver(build, versions) if is_base else None)
    assert builds_that_left(lakehouse.settings, versions) == ([build] if is_base else [])
    record(lakehouse, "run-2", build)  # the column of older versions stays in the table
    assert builds_that_left(lakehouse.settings, versions)[-1] == build


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ("models/gold/sales.sql", True),
        ("models/gold/new.sql", True),
        ("seeds/rules.csv", True),
        ("dbt_project.yml", True),
        ("docs/page.md", False),
    ],
)
def test_what_models_are_made_of_is_part_of_the_state(
    lakehouse: Lakehouse, project: Path, change: str, moves: bool
) -> None:
    before = project_digest(lakehouse.settings, project)
    (project / change).write_text("otherwise")
    assert (project_digest(lakehouse.settings, project) != before) == moves


def test_two_files_that_swap_their_content_are_a_change(
    lakehouse: Lakehouse, project: Path
) -> None:
    def digest(first: str, second: str) -> str:
        (project / "models" / "a.sql").write_text(first)
        (project / "models" / "b.sql").write_text(second)
        return project_digest(lakehouse.settings, project)

    assert digest("one", "two") != digest("two", "one")
