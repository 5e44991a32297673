from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.last_build import State, current_state, record_build, run_that_built
from tests.lakehouse import Lakehouse

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


def test_a_build_is_known_again_while_nothing_moves(lakehouse: Lakehouse) -> None:
    record_build(lakehouse.spark, lakehouse.settings, "run-1", NOON)
    assert run_that_built(lakehouse.settings, current_state(lakehouse.settings)) == "run-1"


def test_there_is_nothing_to_know_before_the_first_build(lakehouse: Lakehouse) -> None:
    assert run_that_built(lakehouse.settings, current_state(lakehouse.settings)) is None


def test_a_table_that_was_changed_by_hand_asks_for_a_build(lakehouse: Lakehouse) -> None:
    spark, settings = lakehouse.spark, lakehouse.settings
    spark.sql("create or replace table silver.orders using delta as select 1 as order_id")
    record_build(spark, settings, "run-1", NOON)
    spark.sql("insert into silver.orders values (2)")
    assert run_that_built(settings, current_state(settings)) is None


def test_a_table_whose_first_commit_was_never_made_counts_as_not_there(
    lakehouse: Lakehouse,
) -> None:
    before = current_state(lakehouse.settings)
    (Path(lakehouse.settings.root) / "gold" / "daily_sales" / "_delta_log").mkdir(parents=True)
    assert current_state(lakehouse.settings) == before


def test_loaded_and_rejected_records_ask_for_a_build(lakehouse: Lakehouse) -> None:
    before = current_state(lakehouse.settings).versions
    good = [f"{number},1,Books,Lamp" for number in range(1, 11)]
    header = "product_id,department_id,department,product_name"
    lakehouse.write("products/products.csv", header, *good, "no number,1,Books,Lamp")
    lakehouse.ingest()
    after = current_state(lakehouse.settings).versions
    moved = {table for table in after if after[table] != before[table]}
    assert moved == {"bronze.products", "ops.ingested_files", "ops.rejected_records"}


def test_the_runs_own_records_ask_for_none(lakehouse: Lakehouse) -> None:
    record_build(lakehouse.spark, lakehouse.settings, "run-1", NOON)
    lakehouse.spark.sql(
        "insert into ops.test_failures values ('run-1', 'a test', '{}', current_timestamp())"
    )
    assert run_that_built(lakehouse.settings, current_state(lakehouse.settings)) == "run-1"


def test_the_newest_of_several_builds_counts(lakehouse: Lakehouse) -> None:
    spark, settings = lakehouse.spark, lakehouse.settings
    record_build(spark, settings, "later", EVENING)
    record_build(spark, settings, "earlier", NOON)
    assert run_that_built(settings, current_state(settings)) == "later"


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
    before = current_state(lakehouse.settings, project)
    (project / change).write_text("otherwise")
    assert (current_state(lakehouse.settings, project) != before) == moves


def test_two_files_that_swap_their_content_are_a_change(
    lakehouse: Lakehouse, project: Path
) -> None:
    def state(first: str, second: str) -> State:
        (project / "models" / "a.sql").write_text(first)
        (project / "models" / "b.sql").write_text(second)
        return current_state(lakehouse.settings, project)

    assert state("one", "two") != state("two", "one")
