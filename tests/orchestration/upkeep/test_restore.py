"""Back to the end of a run: what is put back, what is refused, and what a crash leaves."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.state.build_cache import run_that_built
from orchestration.state.history import record_run
from orchestration.state.lock import only_run, unfinished_restore
from orchestration.state.published import last_publication
from orchestration.state.results import Build, RunResult
from orchestration.state.versions import current_versions, files_of
from orchestration.state.workspaces import list_workspaces
from orchestration.upkeep.restore import restorable_runs, restore
from orchestration.upkeep.restore_plan import Restore
from tests.lake import Lakehouse

NOON = datetime(2025, 5, 1, 12, tzinfo=UTC)
HEADER = "product_id,department_id,department,product_name"


def record(lakehouse: Lakehouse, run_id: str, *builds: Build, at: datetime = NOON) -> None:
    result = RunResult(run_id, builds=list(builds))
    record_run(lakehouse.settings, result, at, at, "well", cores=2)


def back_to(lakehouse: Lakehouse, run_id: str, *, dry_run: bool = False) -> Restore:
    return restore(lakehouse.settings, run_id, lambda: NOON, dry_run=dry_run)


def write(lakehouse: Lakehouse, table: str, *numbers: int, mode: str = "overwrite") -> Path:
    folder = Path(lakehouse.settings.location(*table.split(".")))
    rows = pa.table({"number": list(numbers), "day": [f"day {number % 2}" for number in numbers]})
    write_deltalake(folder, rows, mode=mode, partition_by=["day"])  # type: ignore[call-overload]
    return folder


def numbers(lakehouse: Lakehouse, table: str) -> list[int]:
    return [number for (number,) in lakehouse.query(f"select number from {table} order by 1")]


@pytest.fixture
def two_runs(lakehouse: Lakehouse) -> Lakehouse:
    """A good run, `aaa-good`, and after it `abb-bad`, which moved three tables and made one."""
    lakehouse.write("products/products.csv", HEADER, "1,1,Books,Lamp")
    lakehouse.ingest("aaa-good")
    write(lakehouse, "silver.orders", 1, 2, 3)
    record(lakehouse, "aaa-good", Build("project", "aaa-good", NOON))
    lakehouse.write("products/products.csv", HEADER, "7,7,wrong,wrong", "8,8,wrong,wrong")
    lakehouse.ingest("abb-bad")
    write(lakehouse, "silver.orders", 7)
    write(lakehouse, "gold.new", 1, 2)
    record(lakehouse, "abb-bad")
    return lakehouse


def test_all_tables_go_back_together_and_the_way_back_is_a_restore_too(
    two_runs: Lakehouse,
) -> None:
    done = back_to(two_runs, "aaa")
    assert two_runs.query("select product_id, department from bronze.products") == [(1, "Books")]
    assert two_runs.query("select records_loaded from ops.ingested_files") == [(1,)]
    assert numbers(two_runs, "silver.orders") == [1, 2, 3]
    assert numbers(two_runs, "gold.new") == []
    assert done.undo == "abb-bad"
    back_to(two_runs, "abb-bad")
    assert two_runs.query("select product_id from bronze.products order by 1") == [(7,), (8,)]
    statuses = "select status, count(*) from ops.ingested_files group by all order by 1"
    assert two_runs.query(statuses) == [("loaded", 1), ("superseded", 1)]
    assert numbers(two_runs, "silver.orders") == [7]
    assert numbers(two_runs, "gold.new") == [1, 2]


def test_the_session_that_is_open_sees_the_tables_as_they_are_now(two_runs: Lakehouse) -> None:
    spark = two_runs.spark
    assert spark.table("bronze.products").count() == 2
    back_to(two_runs, "aaa")
    assert [row.product_id for row in spark.table("bronze.products").collect()] == [1]


def test_what_a_restore_would_do_is_reported_and_not_done(two_runs: Lakehouse) -> None:
    before = two_runs.versions()
    planned = back_to(two_runs, "aaa", dry_run=True)
    assert [
        (step.name, step.action.value, step.version_then, step.rows_now, step.rows_then)
        for step in planned.changes
    ] == [
        ("bronze.products", "put back", 1, 2, 1),
        ("gold.new", "made after that run: emptied", None, 2, 0),
        ("ops.ingested_files", "put back", 1, 2, 1),
        ("silver.orders", "put back", 0, 1, 3),
    ]
    assert planned.forgotten == ["products/products.csv"]
    assert planned.run_id is None
    assert two_runs.versions() == before


def test_the_next_ingestion_takes_what_came_after_that_run_for_new(two_runs: Lakehouse) -> None:
    back_to(two_runs, "aaa")
    report = two_runs.ingest("again")
    assert [row.source_file for row in report.loaded] == ["products/products.csv"]
    assert two_runs.query("select product_id from bronze.products order by 1") == [(7,), (8,)]


def test_a_restore_is_a_run_of_the_history_and_hands_the_build_on(two_runs: Lakehouse) -> None:
    history = two_runs.query("select count(*) from ops.table_versions")
    done = back_to(two_runs, "aaa")
    assert two_runs.query("select run_id, command, status from ops.runs where run_number = 3") == [
        (done.run_id, "restore --run aaa-good", "well")
    ]
    assert two_runs.query("select count(*) from ops.table_versions") > history
    now = current_versions(two_runs.settings)
    assert run_that_built(two_runs.settings, "project", now) == "aaa-good"
    assert run_that_built(two_runs.settings, "another project", now) is None
    back_to(two_runs, "abb")
    assert run_that_built(two_runs.settings, "project", current_versions(two_runs.settings)) is None


def test_a_second_restore_to_the_same_run_has_nothing_to_do(two_runs: Lakehouse) -> None:
    back_to(two_runs, "aaa")
    before = two_runs.versions()
    again = back_to(two_runs, "aaa")
    assert (again.changes, again.run_id) == ([], None)
    assert two_runs.versions() == before


def test_properties_partitions_and_columns_go_back_as_well(lakehouse: Lakehouse) -> None:
    spark, place = lakehouse.spark, lakehouse.settings.location("gold", "sales")
    statement = (
        f"create or replace table gold.sales using delta partitioned by ({{}}) location '{place}'"
        " tblproperties ('delta.enableExpiredLogCleanup' = '{}') as select {}"
    )
    spark.sql(statement.format("day", "false", "1 as amount, 'a' as day"))
    was = DeltaTable(place)
    record(lakehouse, "first")
    spark.sql(statement.format("month", "true", "2 as sum, 'b' as month"))
    record(lakehouse, "second")
    back_to(lakehouse, "first")
    now = DeltaTable(place)
    assert now.metadata().partition_columns == ["day"]
    assert now.metadata().configuration == {"delta.enableExpiredLogCleanup": "false"}
    assert now.schema() == was.schema()
    assert now.protocol() == was.protocol()
    assert lakehouse.query("select amount, day from gold.sales") == [(1, "a")]


def test_the_newest_run_is_the_last_one_whatever_the_clock_says(two_runs: Lakehouse) -> None:
    record(two_runs, "acc-clock-set-back", at=datetime(2020, 1, 1, tzinfo=UTC))
    runs = [run.run_id for run in restorable_runs(two_runs.settings)]
    assert runs == ["acc-clock-set-back", "abb-bad", "aaa-good"]
    assert back_to(two_runs, "aaa").undo == "acc-clock-set-back"


@pytest.mark.parametrize(("wanted", "words"), [("zzz", "No run 'zzz'"), ("a", "More than one run")])
def test_a_run_that_is_unknown_or_not_the_only_one_is_reported_with_the_newest(
    two_runs: Lakehouse, wanted: str, words: str
) -> None:
    with pytest.raises(LakehouseError, match=words) as raised:
        back_to(two_runs, wanted)
    assert raised.value.next_step == "The newest are abb-bad, aaa-good."


def test_a_root_without_a_lakehouse_stays_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "nowhere"
    with pytest.raises(LakehouseError, match=f"There is no lakehouse at {root}"):
        restore(Settings(str(root), ""), "aaa", lambda: NOON, dry_run=False)
    assert not root.exists()


def test_a_root_whose_runs_recorded_no_versions_is_reported(lakehouse: Lakehouse) -> None:
    with pytest.raises(LakehouseError, match="has recorded the versions of its tables"):
        back_to(lakehouse, "aaa")


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def make_anew(folder: Path) -> None:
    shutil.rmtree(folder)
    for _ in range(3):
        write_deltalake(folder, pa.table({"number": [0]}), mode="append")


def begin_anew(folder: Path) -> None:
    shutil.rmtree(folder)
    write_deltalake(folder, pa.table({"number": [0]}))


def vacuum(folder: Path) -> None:
    DeltaTable(folder).vacuum(0, dry_run=False, enforce_retention_duration=False)


def drop_log(folder: Path) -> None:
    DeltaTable(folder).create_checkpoint()
    (folder / "_delta_log" / "00000000000000000000.json").unlink()
    (folder / "_delta_log" / "00000000000000000001.json").unlink()


def damage_log(folder: Path) -> None:
    (folder / "_delta_log" / "00000000000000000002.json").write_text("no commit")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (remove_folder, "The table silver.orders of run aaa is gone"),
        (make_anew, "silver.orders can't go back .* removed and made anew"),
        (begin_anew, "silver.orders can't go back .* removed and made anew"),
        (
            vacuum,
            r"silver.orders can't go back .* 1 of its files are gone, such as .*silver/orders",
        ),
        (drop_log, "silver.orders can't go back to version 1 .* log does not reach back"),
        (damage_log, "silver.orders at .* can't be read"),
    ],
)
def test_a_table_that_can_not_be_had_as_it_was_is_reported_before_anything_is_done(
    lakehouse: Lakehouse, damage: object, words: str
) -> None:
    for table in ("bronze.notes", "silver.orders"):
        write(lakehouse, table, 1)
        write(lakehouse, table, 2)
    record(lakehouse, "aaa")
    for table in ("bronze.notes", "silver.orders"):
        write(lakehouse, table, 4)
    assert callable(damage)
    damage(Path(lakehouse.settings.location("silver", "orders")))
    with pytest.raises(LakehouseError, match=words) as raised:
        back_to(lakehouse, "aaa")
    assert raised.value.next_step
    assert numbers_of(lakehouse, "bronze", "notes") == [4]
    assert unfinished_restore(lakehouse.settings) is None


def numbers_of(lakehouse: Lakehouse, layer: str, name: str) -> list[int]:
    table = DeltaTable(lakehouse.settings.location(layer, name)).to_pyarrow_table()
    return sorted(table["number"].to_pylist())


def test_silver_and_gold_go_back_in_one_publication_of_one_commit_each(
    two_runs: Lakehouse,
) -> None:
    before = two_runs.versions()
    done = back_to(two_runs, "aaa")
    seen = last_publication(two_runs.settings)
    assert seen is not None
    assert (seen.number, seen.run_id) == (1, done.run_id)
    assert {name: one.version for name, one in seen.versions.items()} == {
        "silver.orders": before["orders"] + 1,
        "gold.new": before["new"] + 1,
    }
    assert list_workspaces(two_runs.settings) == []


def test_what_can_not_be_put_back_in_silver_leaves_bronze_as_it_was(two_runs: Lakehouse) -> None:
    # A folder in the place of a file that comes back: what can be neither linked nor copied.
    folder = Path(two_runs.settings.location("silver", "orders"))
    file = min(files_of(DeltaTable(folder, version=0), folder))
    file.unlink()
    file.mkdir()
    with pytest.raises(LakehouseError, match=r"The workspace run-\w+ can't be made"):
        back_to(two_runs, "aaa")
    assert two_runs.query("select product_id from bronze.products order by 1") == [(7,), (8,)]
    assert unfinished_restore(two_runs.settings) is None


def test_a_restore_that_is_cut_off_keeps_runs_away_until_it_is_repeated(
    two_runs: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("orchestration.upkeep.restore.publish", cut)
        with pytest.raises(KeyboardInterrupt):
            back_to(two_runs, "aaa")
    assert two_runs.query("select product_id from bronze.products") == [(1,)]
    assert (numbers(two_runs, "silver.orders"), numbers(two_runs, "gold.new")) == ([7], [1, 2])
    assert two_runs.query("select count(*) from ops.runs") == [(2,)]
    with (
        pytest.raises(LakehouseError, match=r"restore .* was cut off") as raised,
        only_run(two_runs.settings),
    ):
        pass
    assert "lakehouse restore --run aaa-good" in raised.value.next_step
    changes = [step.name for step in back_to(two_runs, "aaa").changes]
    assert changes == ["gold.new", "silver.orders"]
    assert (numbers(two_runs, "silver.orders"), numbers(two_runs, "gold.new")) == ([1, 2, 3], [])
    with only_run(two_runs.settings):
        pass


def test_a_restore_that_was_cut_off_while_it_published_is_published_and_recorded_when_repeated(
    two_runs: Lakehouse,
) -> None:
    # In the way of the first row of ops.publications: both tables have their commits by then.
    log = Path(two_runs.settings.location("ops", "publications"), "_delta_log")
    in_the_way = log / "00000000000000000000.json"
    in_the_way.mkdir(parents=True)
    with pytest.raises(LakehouseError, match=r"can't be"):
        back_to(two_runs, "aaa")
    in_the_way.rmdir()
    done = back_to(two_runs, "aaa")
    assert done.changes == []
    assert (numbers(two_runs, "silver.orders"), numbers(two_runs, "gold.new")) == ([1, 2, 3], [])
    assert two_runs.query("select run_id from ops.runs where run_number = 3") == [(done.run_id,)]
    assert unfinished_restore(two_runs.settings) is None


def test_a_root_that_can_not_be_written_is_reported_before_the_first_table(
    two_runs: Lakehouse,
) -> None:
    before = two_runs.versions()
    (Path(two_runs.settings.root) / ".unfinished-restore").mkdir()
    with pytest.raises(LakehouseError, match=r"The root .* can't be written"):
        back_to(two_runs, "aaa")
    assert two_runs.versions() == before


def test_a_restore_that_was_cut_off_after_its_last_table_is_recorded_when_repeated(
    two_runs: Lakehouse,
) -> None:
    runs = Path(two_runs.settings.location("ops", "runs")) / "_delta_log"
    (runs / "00000000000000000002.json").mkdir()
    with pytest.raises(LakehouseError, match="history of this run can't be written"):
        back_to(two_runs, "aaa")
    (runs / "00000000000000000002.json").rmdir()
    done = back_to(two_runs, "aaa")
    assert done.changes == []
    assert two_runs.query("select run_id from ops.runs where run_number = 3") == [(done.run_id,)]
    assert unfinished_restore(two_runs.settings) is None
