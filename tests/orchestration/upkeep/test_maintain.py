"""What is merged and deleted, what stays, and that no value moves. Times lie far ahead of now, so
that files which a test has just written are old."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.pipeline.repair import repair_tables
from orchestration.state.build_cache import run_that_built
from orchestration.state.history import record_run
from orchestration.state.lock import restore_under_way
from orchestration.state.publications import publish
from orchestration.state.published import last_publication
from orchestration.state.results import Build, RunResult
from orchestration.state.versions import current_versions
from orchestration.state.workspaces import list_workspaces, name_of_run, new_workspace
from orchestration.upkeep.maintain import Care, Maintenance, maintain
from orchestration.upkeep.restore import restore
from tests.lake import Lakehouse

FIRST_DAY = datetime(2100, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return FIRST_DAY + timedelta(days=number)


def record(lakehouse: Lakehouse, run_id: str, at: datetime, *builds: Build) -> None:
    result = RunResult(run_id, builds=list(builds))
    record_run(lakehouse.settings, result, at, at, "well", cores=2)


def care_for(
    lakehouse: Lakehouse, at: datetime, *, keep_days: int = 7, dry_run: bool = False
) -> Maintenance:
    return maintain(lakehouse.settings, keep_days, lambda: at, dry_run=dry_run)


def care(outcome: Maintenance, table: str) -> Care:
    return next(found for found in outcome.tables if found.name == table)


def write(
    lakehouse: Lakehouse, table: str, rows: dict[str, Sequence[Any]], mode: str = "append"
) -> Path:
    folder = Path(lakehouse.settings.location(*table.split(".")))
    write_deltalake(folder, pa.table(rows), mode=mode, partition_by=["place"])  # type: ignore[call-overload]
    return folder


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.parquet") if path.parent.name != "_delta_log"}


def numbers(lakehouse: Lakehouse, table: str) -> list[int]:
    return [number for (number,) in lakehouse.query(f"select number from {table} order by 1")]


@pytest.fixture
def daily(lakehouse: Lakehouse) -> Lakehouse:
    """Sixteen runs, `run-01` of day 1 to `run-16`, each of which replaced silver.orders."""
    for number in range(1, 17):
        write(lakehouse, "silver.orders", {"number": [number], "place": ["a"]}, mode="overwrite")
        record(lakehouse, f"run-{number:02}", day(number))
    return lakehouse


def test_small_files_are_merged_where_a_partition_has_many(lakehouse: Lakehouse) -> None:
    for number in range(5):
        rows: dict[str, Sequence[Any]] = {
            "number": [number, 10 + number, 20 + number],
            "place": ["many", "ä/ %", None],
        }
        write(lakehouse, "silver.orders", rows)
    for number in range(4):
        write(lakehouse, "silver.orders", {"number": [30 + number], "place": ["few"]})
    before = numbers(lakehouse, "silver.orders")
    merged = care(care_for(lakehouse, day(1)), "silver.orders")
    assert (merged.before.read, merged.after.read) == (19, 7)
    assert len(DeltaTable(merged.folder).file_uris()) == 7
    assert numbers(lakehouse, "silver.orders") == before
    again = care(care_for(lakehouse, day(1)), "silver.orders")
    assert not again.merge.files


def test_every_kind_of_value_comes_through_a_merge(lakehouse: Lakehouse) -> None:
    header = "order_num,order_id,user_id,order_timestamp,total_amount,date"
    for number in range(1, 7):
        good = [
            f"{row},{10 * number + row},7,2025-04-01T10:00:0{row},1{row}.5{number},2025-04-01"
            for row in range(10)
        ]
        lakehouse.write(f"orders/2025-04-0{number}.csv", header, *good, "x,,,never,a lot,someday")
        lakehouse.ingest(f"batch-{number}")
    tables = ("bronze.orders", "ops.ingested_files", "ops.rejected_records", "ops.missing_files")
    before = {table: lakehouse.query(f"select * from {table} order by all") for table in tables}
    outcome = care_for(lakehouse, day(1))
    merged = [found.name for found in outcome.tables if found.merge.files]
    assert set(tables) - {"ops.missing_files"} <= set(merged)
    after = {table: lakehouse.query(f"select * from {table} order by all") for table in tables}
    assert after == before
    # An engine reads the arrays that delta-rs has written.
    spark = lakehouse.spark
    assert spark.table("ops.ingested_files").where("dates[0] = date'2025-04-01'").count() == 6
    assert spark.table("ops.rejected_records").where("size(reasons) > 2").count() == 6
    assert spark.table("bronze.orders").count() == 60
    assert lakehouse.ingest("after").loaded == []


def test_a_table_whose_rows_the_build_has_ordered_is_left_alone(lakehouse: Lakehouse) -> None:
    place = lakehouse.settings.location("gold", "sales")
    lakehouse.spark.sql(
        f"create or replace table gold.sales using delta location '{place}' as select 1 as number"
    )
    lakehouse.spark.sql("optimize gold.sales zorder by (number)")
    for number in range(6):
        write_deltalake(place, pa.table({"number": pa.array([number], pa.int32())}), mode="append")
    assert care(care_for(lakehouse, day(1)), "gold.sales").merge.files == 0


def test_a_build_is_known_again_after_a_merge(lakehouse: Lakehouse) -> None:
    for number in range(5):
        write(lakehouse, "silver.orders", {"number": [number], "place": ["a"]})
    record(lakehouse, "run", day(1), Build("project", "run", day(1)))
    before = current_versions(lakehouse.settings)
    assert care_for(lakehouse, day(2)).run_id is not None
    now = current_versions(lakehouse.settings)
    assert now != before
    assert run_that_built(lakehouse.settings, "project", now) == "run"


def test_runs_of_the_kept_days_can_be_restored_afterwards_and_older_ones_not(
    daily: Lakehouse,
) -> None:
    outcome = care_for(daily, day(18), keep_days=14)
    assert [run.run_id for run in outcome.kept][-1] == "run-04"
    with pytest.raises(
        LakehouseError, match=r"silver.orders can't go back .* 1 of its files"
    ) as no:
        restore(daily.settings, "run-03", lambda: day(18), dry_run=False)
    assert "lakehouse maintain" in no.value.problem
    for number in (4, 9, 16):
        restore(daily.settings, f"run-{number:02}", lambda: day(18), dry_run=False)
        assert numbers(daily, "silver.orders") == [number]


def test_the_newest_runs_are_kept_however_old_they_are(daily: Lakehouse) -> None:
    outcome = care_for(daily, day(1000))
    assert [run.run_id for run in outcome.kept] == [f"run-{n:02}" for n in range(16, 6, -1)]
    again = care_for(daily, day(1001))
    assert [run.run_id for run in again.kept][1:] == [run.run_id for run in outcome.kept]
    assert len(files(care(outcome, "silver.orders").folder)) == 10


def test_a_clock_that_was_set_back_takes_no_run_away(daily: Lakehouse) -> None:
    for number in range(17, 29):
        record(daily, f"run-{number}", day(-1000))
    outcome = care_for(daily, day(18), keep_days=14)
    assert [run.run_id for run in outcome.kept] == [f"run-{n:02}" for n in range(28, 3, -1)]


def test_a_table_that_the_oldest_kept_run_did_not_have_keeps_all_its_versions(
    daily: Lakehouse,
) -> None:
    for number in range(3):
        folder = write(daily, "gold.new", {"number": [number], "place": ["a"]}, mode="overwrite")
    record(daily, "run-17", day(17))
    care_for(daily, day(18))
    assert len(files(folder)) == 3


def test_a_file_that_may_be_about_to_be_committed_stays(daily: Lakehouse) -> None:
    folder = Path(daily.settings.location("silver", "orders"))
    for name, hours in (("young", 23), ("old", 25)):
        path = folder / "place=a" / f"{name}.parquet"
        path.write_text("not committed")
        written = (day(18) - timedelta(hours=hours)).timestamp()
        os.utime(path, (written, written))
    care_for(daily, day(18))
    assert {"young.parquet", "old.parquet"} & files(folder) == {"young.parquet"}


def test_log_entries_go_only_where_a_checkpoint_stands_for_them(daily: Lakehouse) -> None:
    folder = Path(daily.settings.location("silver", "orders"))
    log = folder / "_delta_log"

    def commits() -> list[int]:
        return sorted(int(path.stem) for path in log.glob("*.json"))

    care_for(daily, day(18), keep_days=7)
    assert commits() == list(range(16))
    DeltaTable(folder, version=8).create_checkpoint()
    DeltaTable(folder, version=12).create_checkpoint()
    outcome = care_for(daily, day(18), keep_days=7)
    assert outcome.kept[-1].run_id == "run-07"
    assert commits() == list(range(16))
    for number in range(17, 22):
        write(daily, "silver.orders", {"number": [number], "place": ["a"]}, mode="overwrite")
        record(daily, f"run-{number}", day(number))
    outcome = care_for(daily, day(24), keep_days=7)
    # run-12 left version 11; the entries from the checkpoint of version 8 on lead to it.
    assert outcome.kept[-1].run_id == "run-12"
    assert commits() == list(range(8, 21))
    restore(daily.settings, "run-12", lambda: day(24), dry_run=False)
    assert numbers(daily, "silver.orders") == [12]


def test_the_history_of_runs_is_merged_and_its_old_files_go_the_next_time(
    daily: Lakehouse,
) -> None:
    runs = Path(daily.settings.location("ops", "runs"))
    before = daily.query("select * from ops.runs order by run_number")
    small = files(runs)
    assert len(small) == 16
    care_for(daily, day(18))
    assert small < files(runs)
    care_for(daily, day(19))
    assert not small & files(runs)
    assert daily.query("select * from ops.runs where run_number <= 16 order by 2") == before


def test_what_a_maintenance_would_do_is_reported_and_not_done(daily: Lakehouse) -> None:
    versions, on_disk = daily.versions(), sorted(Path(daily.settings.root).glob("*/*/**/*"))
    planned = care_for(daily, day(18), dry_run=True)
    assert planned.run_id is None
    assert daily.versions() == versions
    assert sorted(Path(daily.settings.root).glob("*/*/**/*")) == on_disk
    done = care_for(daily, day(18))
    assert care(done, "silver.orders").after == care(planned, "silver.orders").after
    assert care(done, "silver.orders").before.on_disk == 16 + 16
    assert care(done, "silver.orders").after.on_disk == 10 + 16


def test_a_maintenance_is_a_run_of_the_history_unless_there_is_nothing_to_do(
    daily: Lakehouse,
) -> None:
    done = care_for(daily, day(18))
    query = "select run_id, command, status from ops.runs where run_number = 17"
    assert daily.query(query) == [(done.run_id, "maintain --keep-days 7", "well")]
    for _ in range(2):
        done = care_for(daily, day(18))
    assert done.run_id is None


def test_too_few_days_are_refused(daily: Lakehouse) -> None:
    with pytest.raises(LakehouseError, match="--keep-days 6 is less than 7") as raised:
        care_for(daily, day(18), keep_days=6)
    assert "Choose 7 or more" in raised.value.next_step


def test_a_root_without_a_lakehouse_stays_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "nowhere"
    with pytest.raises(LakehouseError, match=f"There is no lakehouse at {root}"):
        maintain(Settings(str(root), ""), 7, lambda: day(1), dry_run=False)
    assert not root.exists()


def test_a_root_without_recorded_runs_keeps_every_version(lakehouse: Lakehouse) -> None:
    for number in range(3):
        folder = write(
            lakehouse, "silver.orders", {"number": [number], "place": ["a"]}, mode="overwrite"
        )
    assert care_for(lakehouse, day(1)).kept == []
    assert len(files(folder)) == 3


def test_a_restore_that_was_cut_off_comes_first(daily: Lakehouse) -> None:
    with pytest.raises(KeyboardInterrupt), restore_under_way(daily.settings, "run-03"):
        raise KeyboardInterrupt
    with pytest.raises(LakehouseError, match=r"restore .* was cut off"):
        care_for(daily, day(18))


def test_a_table_that_can_not_be_read_is_named_and_nothing_is_deleted(daily: Lakehouse) -> None:
    folder = Path(daily.settings.location("silver", "orders"))
    # A version that must stay, so that its files can't be distinguished from those that may go.
    (folder / "_delta_log" / "00000000000000000012.json").write_text("no commit")
    with pytest.raises(LakehouseError, match=r"The table silver.orders at .* can't be read"):
        care_for(daily, day(18))
    assert len(files(folder)) == 16


def test_a_maintenance_that_is_cut_off_is_finished_by_the_next(lakehouse: Lakehouse) -> None:
    for number in range(5):
        folder = write(lakehouse, "bronze.notes", {"number": [number], "place": ["a"]})
    in_the_way = folder / "_delta_log" / "00000000000000000005.json"
    in_the_way.mkdir()
    with pytest.raises(LakehouseError, match=r"bronze.notes at .* can't be maintained"):
        care_for(lakehouse, day(1))
    assert numbers(lakehouse, "bronze.notes") == [0, 1, 2, 3, 4]
    in_the_way.rmdir()
    assert care(care_for(lakehouse, day(1)), "bronze.notes").after.read == 1
    assert numbers(lakehouse, "bronze.notes") == [0, 1, 2, 3, 4]


def publish_as(lakehouse: Lakehouse, run_id: str, *rows: int, mode: str = "overwrite") -> None:
    """Let a run publish these rows of silver.orders."""
    workspace = new_workspace(lakehouse.settings, name_of_run(run_id))
    write(
        lakehouse.under(workspace=workspace.name),
        "silver.orders",
        {"number": rows, "place": ["a"] * len(rows)},
        mode=mode,
    )
    publish(workspace, run_id)


def last_commit(folder: Path) -> list[dict[str, Any]]:
    newest = max((folder / "_delta_log").glob("*.json"))
    return [json.loads(line) for line in newest.read_text("utf-8").split("\n") if line]


def test_a_merge_of_a_published_table_is_published_as_one_commit_that_moves_no_value(
    lakehouse: Lakehouse,
) -> None:
    for number in range(5):
        publish_as(lakehouse, f"{number:08}", number, mode="append")
    folder = Path(lakehouse.settings.location("silver", "orders"))
    for place in ("b", "c"):  # a second partition to merge is a second commit in the workspace
        for number in range(5):
            write(lakehouse, "silver.orders", {"number": [number], "place": [place]})
    before = DeltaTable(folder).version()
    done = care_for(lakehouse, day(1))
    seen = last_publication(lakehouse.settings)
    assert seen is not None
    assert (seen.run_id, seen.versions["silver.orders"].version) == (done.run_id, before + 1)
    files = [
        action for line in last_commit(folder) for kind, action in line.items() if "path" in action
    ]
    assert len(files) == 15 + 3
    assert not any(action["dataChange"] for action in files)
    assert numbers(lakehouse, "silver.orders") == sorted([0, 1, 2, 3, 4] * 3)


def test_a_merged_file_that_is_lost_costs_no_row(lakehouse: Lakehouse) -> None:
    text = "a line end to Python: \u2028"  # in the log, among the statistics of each file
    for number in range(5):
        workspace = new_workspace(lakehouse.settings, "trial")
        rows: dict[str, Sequence[Any]] = {
            "number": [number, number],
            "place": ["a", "b"],
            "text": [text, text],
        }
        write(lakehouse.under(workspace=workspace.name), "silver.orders", rows)
        publish(workspace, f"{number:08}")
    folder = care(care_for(lakehouse, day(1)), "silver.orders").folder
    merged, _ = DeltaTable(folder).file_uris()
    Path(merged).unlink()
    (done,) = repair_tables(lakehouse.settings, "repair", gives_up=False).tables
    assert str(done).endswith("went back to version 4")
    assert numbers(lakehouse, "silver.orders") == sorted([0, 1, 2, 3, 4] * 2)


def test_rows_that_a_build_has_ordered_are_left_alone_when_they_were_published(
    lakehouse: Lakehouse,
) -> None:
    publish_as(lakehouse, "first", 1)
    workspace = new_workspace(lakehouse.settings, "run-second")
    DeltaTable(workspace.settings.location("silver", "orders")).optimize.z_order(["number"])
    publish(workspace, "second")
    for number in range(6):
        publish_as(lakehouse, f"{number:08}", number, mode="append")
    assert care(care_for(lakehouse, day(1)), "silver.orders").merge.files == 0


def test_what_readers_see_stays_though_no_kept_run_has_left_it(daily: Lakehouse) -> None:
    publish_as(daily, "published", 17)
    for number in range(18, 30):  # by somebody who writes past the lakehouse
        rows: dict[str, Sequence[Any]] = {"number": [number], "place": ["a"]}
        write(daily, "silver.orders", rows, mode="overwrite")
        record(daily, f"run-{number}", day(number))
    outcome = care_for(daily, day(1000))
    assert outcome.kept[-1].run_id == "run-20"
    assert numbers(daily, "silver.orders") == [17]


def test_a_workspace_misses_no_file_that_is_deleted_where_it_was_published(
    daily: Lakehouse,
) -> None:
    publish_as(daily, "of-then", 17)
    then = new_workspace(daily.settings, "trial")
    for number in range(18, 30):
        publish_as(daily, f"run-{number}", number)
        record(daily, f"run-{number}", day(number))
    before = files(Path(daily.settings.location("silver", "orders")))
    care_for(daily, day(1000))
    after = files(Path(daily.settings.location("silver", "orders")))
    staged = Path(then.settings.location("silver", "orders"))
    assert files(staged) <= before - after
    assert DeltaTable(staged).to_pyarrow_table()["number"].to_pylist() == [17]


def test_workspaces_of_runs_are_dropped_and_named_and_others_stay(daily: Lakehouse) -> None:
    for name in ("run-red", "trial"):
        new_workspace(daily.settings, name)
    (Path(daily.settings.root) / ".work/run-killed/silver").mkdir(parents=True)
    planned = care_for(daily, day(18), dry_run=True)
    assert planned.workspaces == ["run-killed", "run-red"]
    assert len(list_workspaces(daily.settings)) == 2
    assert care_for(daily, day(18)).workspaces == planned.workspaces
    assert [path.name for path in Path(daily.settings.root, ".work").iterdir()] == ["trial"]


def test_the_list_of_publications_is_merged_like_the_rest_of_the_history(
    lakehouse: Lakehouse,
) -> None:
    for number in range(6):
        publish_as(lakehouse, f"{number:08}", number)
    before = last_publication(lakehouse.settings)
    merged = care(care_for(lakehouse, day(1)), "ops.publications")
    assert (merged.before.read, merged.after.read) == (6, 1)
    assert last_publication(lakehouse.settings) == before
    assert numbers(lakehouse, "silver.orders") == [5]
