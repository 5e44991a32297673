"""Damaged tables are found before a run relies on them, and end as in a root that never had them.

A root is made once, by two ingestions: a correction with as many records as before, rejects, and a
file in quarantine. What each case must end with is what a new root of the same raw folder holds.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession

from ingestion.errors import LakehouseError
from orchestration.pipeline.repair import repair
from orchestration.state.damage import find_damage
from orchestration.state.delta_reader import connect
from orchestration.state.history import record_run
from orchestration.state.past_runs import past_runs
from orchestration.state.publications import publish
from orchestration.state.published import last_publication
from orchestration.state.results import RunResult
from orchestration.state.workspaces import name_of_run, new_workspace
from tests.lake import STARTED_AT, Lakehouse, new_lakehouse, use

ORDERS = "order_num,order_id,user_id,order_timestamp,total_amount,date"
ONE, TWO, BAD = (f"orders/2025-04-0{day}.csv" for day in (1, 2, 3))


def order(order_id: int | str, day: int = 1, amount: str = "9.50") -> str:
    return f"1,{order_id},7,2025-04-0{day}T10:00:00,{amount},2025-04-0{day}"


def write_raw(lakehouse: Lakehouse, amount: str) -> None:
    good = [order(number, amount=amount) for number in range(1, 20)]
    lakehouse.write(ONE, ORDERS, *good, order("x"))
    lakehouse.write(TWO, ORDERS, order(30, 2), order(31, 2))
    lakehouse.write(BAD, ORDERS, order(40, 3), order("", 3))
    lakehouse.write(
        "products/products.csv", "product_id,department_id,department,product_name", "1,1,Toys,Ball"
    )


def values(lakehouse: Lakehouse) -> dict[str, list[tuple[Any, ...]]]:
    queries = {
        "orders": "select * exclude (batch_id, ingestion_timestamp) from bronze.orders"
        " order by all",
        "products": "select product_id, source_file from bronze.products order by all",
        "ledger": "select source_file, content_hash, status, records_read, records_loaded,"
        " records_rejected, reason from ops.ingested_files where status <> 'superseded'"
        " order by all",
        "rejects": "select source_file, record_number, raw_text, reasons"
        " from ops.rejected_records semi join (from ops.ingested_files where status in"
        " ('loaded', 'quarantined')) using (source_file, content_hash) order by all",
        "missing": "select * from ops.missing_files order by all",
    }
    return {name: lakehouse.query(query) for name, query in queries.items()}


def record(lakehouse: Lakehouse, run_id: str) -> None:
    done = RunResult(run_id, "ingest")
    record_run(lakehouse.settings, done, STARTED_AT, STARTED_AT, "well", cores=1)


@pytest.fixture(scope="module")
def made(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Lakehouse:
    lakehouse = new_lakehouse(spark, tmp_path_factory.mktemp("made"))
    for batch, amount in (("first", "9.50"), ("second", "8.50")):
        write_raw(lakehouse, amount)
        lakehouse.ingest(batch)
        record(lakehouse, batch)
    return lakehouse


@pytest.fixture(scope="module")
def fresh(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    lakehouse = new_lakehouse(spark, tmp_path_factory.mktemp("fresh"))
    write_raw(lakehouse, "8.50")
    lakehouse.ingest()
    return values(lakehouse)


@pytest.fixture
def lakehouse(made: Lakehouse, tmp_path: Path) -> Lakehouse:
    shutil.copytree(made.settings.root, tmp_path / "lake")
    shutil.copytree(made.settings.raw, tmp_path / "raw")
    return made.under(root=str(tmp_path / "lake"), raw=str(tmp_path / "raw"))


def log(table: Path) -> list[Path]:
    return sorted((table / "_delta_log").glob("*.json"))


def data_of(commit: Path) -> list[Path]:
    adds = [json.loads(line).get("add") for line in commit.read_text().splitlines()]
    return [commit.parent.parent / add["path"] for add in adds if add]


def empty(*files: Path) -> None:
    for file in files:
        file.write_bytes(b"")


def halve(*files: Path) -> None:
    for file in files:
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def zero(*files: Path) -> None:
    for file in files:
        file.write_bytes(bytes(file.stat().st_size))


def empty_last_write(table: Path) -> None:
    newest = log(table)[-1]
    empty(*data_of(newest), *newest.parent.glob(f"{newest.stem}.*"))


def forget_commit(table: Path) -> None:
    newest = log(table)[-1]
    for file in newest.parent.glob(f"{newest.stem}.*"):
        file.unlink()


def empty_checkpoint(table: Path, *patterns: str) -> None:
    DeltaTable(table).create_checkpoint()
    empty(*(file for pattern in patterns for file in (table / "_delta_log").glob(pattern)))


def empty_checkpoint_of_a_short_log(table: Path) -> None:
    """As after a maintenance, which deletes what the checkpoint says as well."""
    empty_checkpoint(table, "*.parquet")
    for commit in log(table)[:-1]:
        commit.unlink()


def cut_power(root: Path) -> None:
    """What the last run has written everywhere is empty; of one table its name is not known."""
    for folder in (ORDERS_TABLE, LEDGER, REJECTS, *HISTORY):
        empty_last_write(root / folder)
    log(root / "ops/table_versions")[-1].unlink()


ORDERS_TABLE, LEDGER, REJECTS = "bronze/orders", "ops/ingested_files", "ops/rejected_records"
HISTORY = ("ops/runs", "ops/table_versions")
CASES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "table gone": (ORDERS_TABLE, shutil.rmtree),
    "log gone": (ORDERS_TABLE, lambda table: shutil.rmtree(table / "_delta_log")),
    "last commit empty": (ORDERS_TABLE, lambda table: empty(log(table)[-1])),
    "last commit half": (ORDERS_TABLE, lambda table: halve(log(table)[-1])),
    "last commit zeros": (ORDERS_TABLE, lambda table: zero(log(table)[-1])),
    "last commit gone": (ORDERS_TABLE, lambda table: log(table)[-1].unlink()),
    "last commit and its checksum gone": (ORDERS_TABLE, lambda table: forget_commit(table)),
    "a hole in the log": (ORDERS_TABLE, lambda table: log(table)[1].unlink()),
    "first commit empty": (ORDERS_TABLE, lambda table: empty(log(table)[0])),
    "all of the last commit's data empty": (ORDERS_TABLE, lambda t: empty(*data_of(log(t)[-1]))),
    "half a data file": (ORDERS_TABLE, lambda table: halve(data_of(log(table)[-1])[0])),
    "a data file of zeros": (ORDERS_TABLE, lambda table: zero(data_of(log(table)[-1])[0])),
    "an older data file gone": (
        ORDERS_TABLE,
        lambda table: next(table.glob("date=2025-04-02/*.parquet")).unlink(),
    ),
    "checkpoint empty": (ORDERS_TABLE, lambda table: empty_checkpoint(table, "*.parquet")),
    "name of the checkpoint empty": (ORDERS_TABLE, lambda t: empty_checkpoint(t, "_last_*")),
    "checkpoint and its name empty": (
        ORDERS_TABLE,
        lambda table: empty_checkpoint(table, "*.parquet", "_last_*"),
    ),
    "checkpoint of a short log empty": (ORDERS_TABLE, empty_checkpoint_of_a_short_log),
    "ledger gone": (LEDGER, shutil.rmtree),
    "ledger's last write empty": (LEDGER, empty_last_write),
    "ledger's last commit empty": (LEDGER, lambda table: empty(log(table)[-1])),
    "ledger's last commit gone": (LEDGER, lambda table: log(table)[-1].unlink()),
    "ledger's last data empty": (LEDGER, lambda table: empty(*data_of(log(table)[-1]))),
    "rejects gone": (REJECTS, shutil.rmtree),
    "rejects' last write empty": (REJECTS, empty_last_write),
    "rejects' last commit gone": (REJECTS, lambda table: log(table)[-1].unlink()),
    "missing files gone": ("ops/missing_files", shutil.rmtree),
    "history's last commits empty": (
        "ops",
        lambda ops: empty(*(log(ops.parent / table)[-1] for table in HISTORY)),
    ),
    "everything of the last run empty": ("", cut_power),
}


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_root_ends_as_a_new_root_of_the_same_folder(
    case: str, lakehouse: Lakehouse, fresh: dict[str, Any]
) -> None:
    table, damage = CASES[case]
    damage(Path(lakehouse.settings.root, table))
    done = repair(lakehouse.settings, "repair", gives_up=False)
    assert done.lines
    assert all(len(line) < 300 for line in done.lines)
    use(lakehouse)
    lakehouse.ingest("after")
    assert values(lakehouse) == fresh
    assert find_damage(lakehouse.settings) == []
    assert repair(lakehouse.settings, "repair", gives_up=False).lines == []


def test_an_empty_checksum_of_a_commit_is_no_harm(lakehouse: Lakehouse) -> None:
    empty(*Path(lakehouse.settings.root).glob("*/*/_delta_log/*.crc"))
    assert repair(lakehouse.settings, "repair", gives_up=False).lines == []
    use(lakehouse)
    assert lakehouse.ingest("after").loaded == []
    assert lakehouse.query("select count(*) from bronze.orders") == [(21,)]


def test_a_commit_whose_checksum_is_left_costs_no_other_commit(lakehouse: Lakehouse) -> None:
    log(Path(lakehouse.settings.root, ORDERS_TABLE))[-1].unlink()
    (done,) = repair(lakehouse.settings, "repair", gives_up=False).tables
    assert str(done) == ("bronze.orders: commit 2 of its log is gone: went back to version 1")


def test_a_whole_root_has_nothing_to_repair_and_gets_no_commit(lakehouse: Lakehouse) -> None:
    before = lakehouse.versions()
    assert repair(lakehouse.settings, "repair", gives_up=False).lines == []
    assert lakehouse.versions() == before


def test_a_table_in_a_version_before_the_last_run_is_damaged_for_every_reader(
    lakehouse: Lakehouse,
) -> None:
    forget_commit(Path(lakehouse.settings.root, "bronze/products"))
    newest = "the last run left version 1, the newest is 0"
    with pytest.raises(
        LakehouseError, match=f"bronze.products: commits of its log are gone: {newest}"
    ):
        connect(lakehouse.settings)
    done = repair(lakehouse.settings, "repair", gives_up=False)
    assert [str(one).rpartition(": ")[2] for one in done.tables] == ["went back to version 0"]
    assert [run.run_id for run in past_runs(lakehouse.settings) if run.versions] == []


def test_a_file_that_is_spoilt_within_is_found_and_made_good_by_who_reads_it(
    lakehouse: Lakehouse, fresh: dict[str, Any]
) -> None:
    (spoilt,) = Path(lakehouse.settings.root, ORDERS_TABLE).glob("date=2025-04-02/*.parquet")
    content = bytearray(spoilt.read_bytes())
    content[4:12] = bytes(8)
    spoilt.write_bytes(content)
    assert repair(lakehouse.settings, "repair", gives_up=False).lines == []
    done = repair(lakehouse.settings, "repair", gives_up=True)
    assert (
        f"bronze.orders: its data file date=2025-04-02/{spoilt.name} can't be read" in done.lines[0]
    )
    assert f"bronze.orders has 0 of 2 rows of {TWO}: loaded again" in done.lines
    use(lakehouse)
    lakehouse.ingest("after")
    assert values(lakehouse) == fresh


def test_rows_that_nobody_has_any_more_are_given_up_only_when_a_person_says_so(
    lakehouse: Lakehouse,
) -> None:
    (lakehouse.raw / TWO).unlink()
    next(Path(lakehouse.settings.root, ORDERS_TABLE).glob("date=2025-04-02/*.parquet")).unlink()
    with pytest.raises(LakehouseError) as refused:
        repair(lakehouse.settings, "repair", gives_up=False)
    assert f"bronze.orders has 0 of 2 rows of {TWO}" in refused.value.problem
    assert "lakehouse repair" in refused.value.next_step
    done = repair(lakehouse.settings, "repair", gives_up=True)
    assert done.lost == [
        f"bronze.orders has 0 of 2 rows of {TWO}, and the raw folder has it no more"
    ]
    use(lakehouse)
    report = lakehouse.ingest("after")
    assert [file.expected_file for file in report.missing if file.expected_file == TWO] == [TWO]
    assert lakehouse.query("select count(*) from bronze.orders") == [(19,)]


def test_a_lost_ledger_takes_files_that_are_gone_from_bronze(
    lakehouse: Lakehouse, fresh: dict[str, Any]
) -> None:
    (lakehouse.raw / TWO).unlink()
    shutil.rmtree(Path(lakehouse.settings.root, LEDGER))
    assert repair(lakehouse.settings, "repair", gives_up=False).lost == []
    use(lakehouse)
    lakehouse.ingest("after")
    assert values(lakehouse)["orders"] == fresh["orders"]
    rebuilt = (
        "select status, records_loaded, dates[1]::varchar from ops.ingested_files"
        f" where source_file = '{TWO}'"
    )
    assert lakehouse.query(rebuilt) == [("loaded", 2, "2025-04-02")]


def test_a_run_that_was_killed_before_its_ledger_was_written_is_no_damage(
    lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingestion import ops

    def crash(*_: object) -> None:
        raise ConnectionError("killed")

    use(lakehouse)
    lakehouse.write(ONE, ORDERS, order(1))
    (lakehouse.raw / TWO).rename(lakehouse.raw / "orders/2025-04-05.csv")
    with monkeypatch.context() as patch:
        patch.setattr(ops, "write_ledger", crash)
        with pytest.raises(ConnectionError):
            lakehouse.ingest("killed")
    assert repair(lakehouse.settings, "repair", gives_up=False).lines == []


def test_a_folder_that_is_no_table_of_ours_is_left_alone(
    lakehouse: Lakehouse, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("gold/x y", "gold/mine")
    for name in names:
        junk = Path(lakehouse.settings.root, name, "_delta_log", f"{0:020}.json")
        junk.parent.mkdir(parents=True)
        junk.write_text("junk")
    assert repair(lakehouse.settings, "repair", gives_up=True).lines == []
    assert "left alone, as it is no table of this project: gold.mine" in caplog.text
    assert all(Path(lakehouse.settings.root, name).exists() for name in names)
    assert connect(lakehouse.settings).execute("select count(*) from bronze.orders").fetchall()


def test_a_reader_names_a_damaged_table_and_the_command(lakehouse: Lakehouse) -> None:
    halve(data_of(log(Path(lakehouse.settings.root, ORDERS_TABLE))[-1])[0])
    with pytest.raises(LakehouseError, match=r"bronze.orders: its data file .* bytes instead of"):
        connect(lakehouse.settings)


ORDERS_OF_SILVER = "silver/orders"


def write_numbers(lakehouse: Lakehouse, table: str, number: int) -> None:
    write_deltalake(
        lakehouse.settings.location(*table.split(".")),
        pa.table({"number": [number]}),
        mode="overwrite",
    )


def publish_numbers(lakehouse: Lakehouse, run_id: str, number: int) -> None:
    workspace = new_workspace(lakehouse.settings, name_of_run(run_id))
    for table in ("silver.orders", "gold.daily_sales"):
        write_numbers(lakehouse.under(workspace=workspace.name), table, number)
    publish(workspace, run_id)


def seen(lakehouse: Lakehouse, table: str) -> list[int]:
    return [number for (number,) in lakehouse.query(f"select number from {table}")]


@pytest.fixture
def published(lakehouse: Lakehouse) -> Lakehouse:
    """Two publications of two tables, with the rows 1 and 2."""
    for number in (1, 2):
        publish_numbers(lakehouse, f"run-{number}", number)
    record(lakehouse, "third")
    return lakehouse


def test_readers_see_a_published_table_as_a_repair_has_left_it(published: Lakehouse) -> None:
    empty(log(Path(published.settings.root, ORDERS_OF_SILVER))[-1])
    with pytest.raises(LakehouseError, match=r"silver.orders: commit 1 of its log is empty"):
        seen(published, "silver.orders")
    repair(published.settings, "the repair", gives_up=False)
    assert (seen(published, "silver.orders"), seen(published, "gold.daily_sales")) == ([1], [2])
    noted = last_publication(published.settings)
    assert noted is not None
    assert (noted.number, noted.run_id) == (3, "the repair")
    publish_numbers(published, "next", 3)
    assert (seen(published, "silver.orders"), seen(published, "gold.daily_sales")) == ([3], [3])


def test_readers_of_other_tables_do_not_miss_a_published_table_that_was_set_aside(
    published: Lakehouse,
) -> None:
    empty(*log(Path(published.settings.root, ORDERS_OF_SILVER)))
    repair(published.settings, "red", gives_up=False)
    record(published, "red")
    assert find_damage(published.settings) == []
    assert seen(published, "gold.daily_sales") == [2]
    publish_numbers(published, "next", 3)
    assert seen(published, "silver.orders") == [3]


def test_a_repair_shows_nobody_what_was_written_past_the_lakehouse_to_other_tables(
    published: Lakehouse,
) -> None:
    write_numbers(published, "gold.daily_sales", 99)
    empty(log(Path(published.settings.root, ORDERS_OF_SILVER))[-1])
    repair(published.settings, "repair", gives_up=False)
    assert (seen(published, "silver.orders"), seen(published, "gold.daily_sales")) == ([1], [2])


def test_readers_see_what_was_published_though_the_list_of_publications_has_lost_it(
    published: Lakehouse,
) -> None:
    empty(log(Path(published.settings.root, "ops/publications"))[-1])
    repair(published.settings, "repair", gives_up=False)
    assert (seen(published, "silver.orders"), seen(published, "gold.daily_sales")) == ([2], [2])


def test_what_a_run_has_published_before_it_was_killed_is_missed_when_it_is_gone(
    published: Lakehouse,
) -> None:
    publish_numbers(published, "killed", 3)
    forget_commit(Path(published.settings.root, ORDERS_OF_SILVER))
    (damage,) = find_damage(published.settings)
    assert str(damage).endswith("the last run left version 2, the newest is 1")
    repair(published.settings, "repair", gives_up=False)
    assert (seen(published, "silver.orders"), seen(published, "gold.daily_sales")) == ([2], [3])


def test_a_whole_root_is_published_by_no_repair(published: Lakehouse) -> None:
    before = last_publication(published.settings)
    repair(published.settings, "repair", gives_up=False)
    assert last_publication(published.settings) == before


def test_a_table_of_somebody_else_that_can_not_be_read_keeps_nobody_from_publishing(
    published: Lakehouse,
) -> None:
    junk = Path(published.settings.root, "gold/mine/_delta_log", f"{0:020}.json")
    junk.parent.mkdir(parents=True)
    junk.write_text("junk")
    publish_numbers(published, "next", 3)
    assert (seen(published, "silver.orders"), seen(published, "gold.daily_sales")) == ([3], [3])
