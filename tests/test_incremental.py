"""A build replaces the days that need it, and no others; what it leaves equals a full refresh.

Each case says by hand which days a change affects. That the values are right is for the oracle, in
tests/test_end_to_end.py and in the property tests.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession
from rich.console import Console

import orchestration.project
from orchestration.pipeline.changes import ChangedFiles, changed_files
from orchestration.pipeline.dbt_settings import DEFAULT_WORKSPACE
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.past_runs import read_ops
from orchestration.state.results import EXIT_FAILED, RunResult
from orchestration.state.versions import current_versions
from tests.compare import assert_same_values, values_of
from tests.lake import (
    WITHOUT_TESTS,
    Lakehouse,
    copy_lakehouse,
    new_lakehouse,
    plain_dbt,
    use,
)
from tests.oracle.shop import item, order, order_items, orders, products, write_raw
from tests.projects import PARSED, copy_project, parse

PRODUCTS = products("1,4,Books,Atlas", "2,4,Toys,Ball")
DAYS = ("2025-04-01", "2025-04-02", "2025-04-03")


def shop() -> dict[str, str | bytes]:
    """Three days of two orders with two lines each, of the customers 7 and 8."""
    files: dict[str, str | bytes] = {"products/products.csv": PRODUCTS}
    for number, day in enumerate(DAYS, start=1):
        first, second = 10 * number, 10 * number + 1
        files[f"orders/{day}.csv"] = orders(order(first, 7, day, "10"), order(second, 8, day, "20"))
        files[f"order_items/{day}.csv"] = order_items(
            item(10 * first, first, 7, 1, day),
            item(10 * first + 1, first, 7, 2, day, position=2),
            item(10 * second, second, 8, 1, day),
            item(10 * second + 1, second, 8, 1, day, position=2),
        )
    return files


def build(lakehouse: Lakehouse, *arguments: str) -> RunResult:
    """Ingest and build, with no tests."""
    quiet = Display(Console(), quiet=True)
    done = run(lakehouse.settings, quiet, build_arguments=(*WITHOUT_TESTS, *arguments))
    assert done.exit_code != EXIT_FAILED, [node for node in done.results if node.is_bad]
    return done


def days_of(done: RunResult, table: str) -> list[str]:
    """The days of a table that a build replaced."""
    assert done.affected_days is not None, "all days were built"
    return [str(day) for day in done.affected_days[table]]


def build_by_hand(lakehouse: Lakehouse, *arguments: str) -> Lakehouse:
    """Build by dbt alone, and return the workspace that it has built in."""
    results = plain_dbt(lakehouse.settings, "run", *arguments)
    assert {node.status for node in results} == {"success"}
    return lakehouse.under(workspace=DEFAULT_WORKSPACE)


@pytest.fixture(scope="module", autouse=True)
def silver_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The dbt project without what every build makes of all rows: gold, and the steps to it."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    for pattern in (
        "exposures.yml",
        "gold/*",
        "intermediate/customer_*",
        "intermediate/*_periods*",
    ):
        for path in (folder / "models").glob(pattern):
            path.unlink()
    for path in (folder / "tests" / "dbt").glob("*.sql"):  # some read gold; no build runs them
        path.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(orchestration.project, "PROJECT_FOLDER", folder)
        patch.setenv(PARSED, parse(folder, tmp_path_factory.mktemp("parsed")))
        yield folder


@pytest.fixture
def project(silver_project: Path, tmp_path: Path) -> Iterator[Path]:
    """That project, for a test that edits it."""
    before = shutil.copytree(silver_project, tmp_path / "before")
    yield silver_project
    shutil.rmtree(silver_project)
    before.rename(silver_project)


@pytest.fixture(scope="module")
def shop_root(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with the shop in it, built once for all tests of this file."""
    folder = tmp_path_factory.mktemp("shop")
    lakehouse = new_lakehouse(spark, folder)
    write_raw(lakehouse.raw, shop())
    build(lakehouse)
    return folder


@pytest.fixture
def built(shop_root: Path, lakehouse: Lakehouse) -> Lakehouse:
    """A lakehouse with the shop in it, built."""
    copy_lakehouse(shop_root, lakehouse.raw.parent)
    use(lakehouse)
    return lakehouse


def written(lakehouse: Lakehouse, table: str, since: int) -> set[str | None]:
    """Partitions that commits after a version added files to or removed files from."""
    folder = Path(lakehouse.settings.root) / table
    found = set()
    for version in range(since + 1, DeltaTable(folder).version() + 1):
        log = (folder / "_delta_log" / f"{version:020}.json").read_text()
        for action in map(json.loads, log.splitlines()):
            for kind in ("add", "remove"):
                if kind in action:
                    day = re.search("date=([^/]+)/", action[kind]["path"])
                    found.add(day and day[1])
    return found


def version(lakehouse: Lakehouse, table: str) -> int:
    return DeltaTable(Path(lakehouse.settings.root) / table).version()


def rows(lakehouse: Lakehouse, table: str, columns: str) -> Sequence[tuple[Any, ...]]:
    return lakehouse.query(f"select {columns} from silver.{table} order by all")


def test_a_new_day_affects_its_own_partitions_alone(built: Lakehouse) -> None:
    before = {table: version(built, f"silver/{table}") for table in ("orders", "order_items")}
    day = "2025-04-04"
    write_raw(
        built.raw,
        {
            f"orders/{day}.csv": orders(order(40, 7, day, "10")),
            f"order_items/{day}.csv": order_items(item(400, 40, 7, 1, day)),
        },
    )
    build(built)
    for table, since in before.items():
        assert written(built, f"silver/{table}", since) == {day}
    history = DeltaTable(built.settings.location("silver", "orders")).history()
    assert len(history) == before["orders"] + 2  # one commit
    assert rows(built, "order_days", "date, order_count")[-1] == (date(2025, 4, 4), 1)


def test_a_build_without_news_affects_nothing(built: Lakehouse) -> None:
    tables = ("orders", "orders_rejected", "order_items", "order_items_superseded", "order_days")
    before = {table: version(built, f"silver/{table}") for table in tables}
    assert days_of(build(built), "orders") == []
    assert {table: version(built, f"silver/{table}") for table in tables} == before


def test_a_file_corrected_under_the_same_batch_is_built_anew(built: Lakehouse) -> None:
    """As an execution on AWS that is redriven loads it."""
    day = "orders/2025-04-02.csv"
    ledger = read_ops(built.settings, "ingested_files")
    corrected = [
        row | {"content_hash": "other"} if row["source_file"] == day else row for row in ledger
    ]
    found = changed_files(ledger, corrected)
    assert found["orders"] == ChangedFiles({day}, {date(2025, 4, 2)})
    assert found["products"] == ChangedFiles()


def test_a_row_that_vanished_from_a_corrected_file_vanishes_with_its_lines(
    built: Lakehouse,
) -> None:
    write_raw(built.raw, {"orders/2025-04-02.csv": orders(order(20, 7, "2025-04-02", "15"))})
    done = build(built)
    assert days_of(done, "orders") == days_of(done, "order_items") == ["2025-04-02"]
    assert rows(built, "orders", "order_id")[2] == (20,)
    assert len(rows(built, "orders", "order_id")) == 5
    assert rows(built, "order_items_rejected", "id, order_id, is_waiting") == [
        (210, 21, True),
        (211, 21, True),
    ]


def test_an_order_that_moved_to_another_day_takes_its_lines_along(built: Lakehouse) -> None:
    moved = orders(order(20, 7, "2025-04-02", "10"), order(21, 8, "2025-04-03", "20"))
    write_raw(built.raw, {"orders/2025-04-02.csv": moved})
    done = build(built)
    assert days_of(done, "order_items") == ["2025-04-02", "2025-04-03"]
    assert rows(built, "order_items", "date, id")[6:8] == [
        (date(2025, 4, 3), 210),
        (date(2025, 4, 3), 211),
    ]
    assert len(rows(built, "order_items", "id")) == 12


def test_the_next_version_of_an_order_takes_over_where_the_newest_vanished(
    built: Lakehouse,
) -> None:
    newest = orders(order(10, 7, "2025-04-03", "99"), order(30, 7, "2025-04-03", "10"))
    write_raw(built.raw, {"orders/2025-04-03.csv": newest})
    build(built)
    assert rows(built, "orders_superseded", "order_id, date") == [(10, date(2025, 4, 1))]
    write_raw(built.raw, {"orders/2025-04-03.csv": orders(order(30, 7, "2025-04-03", "10"))})
    done = build(built)
    assert days_of(done, "orders") == ["2025-04-01", "2025-04-03"]
    assert rows(built, "orders_superseded", "order_id") == []
    assert rows(built, "orders", "order_id, date")[0] == (10, date(2025, 4, 1))


def test_lines_heal_on_their_days_when_their_product_arrives(lakehouse: Lakehouse) -> None:
    files = shop()
    files["order_items/2025-04-02.csv"] = order_items(item(200, 20, 7, 3, "2025-04-02"))
    write_raw(lakehouse.raw, files)
    build(lakehouse)
    assert rows(lakehouse, "order_items_rejected", "id, reasons") == [(200, ["unknown_product"])]
    later = products("1,4,Books,Atlas", "2,4,Toys,Ball", "3,4,Toys,Kite")
    write_raw(lakehouse.raw, {"products/2025-04-05.csv": later})
    done = build(lakehouse)
    assert days_of(done, "orders") == []
    assert days_of(done, "order_items") == ["2025-04-02"]
    assert rows(lakehouse, "order_items_rejected", "id") == []


def test_a_wider_limit_affects_the_days_with_an_order_between_old_and_new(
    built: Lakehouse, project: Path
) -> None:
    write_raw(built.raw, {"orders/2025-04-02.csv": orders(order(20, 7, "2025-04-02", "200000"))})
    build(built)
    assert rows(built, "orders_rejected", "order_id") == [(20,)]
    settings = project / "dbt_project.yml"
    before = settings.read_text()
    settings.write_text(before.replace("max_order_amount: 100000.00", "max_order_amount: 300000"))
    assert days_of(build(built), "orders") == ["2025-04-02"]
    assert rows(built, "orders_rejected", "order_id") == []
    settings.write_text(before)
    assert days_of(build(built), "orders") == ["2025-04-02"]
    assert rows(built, "orders_rejected", "order_id") == [(20,)]


def test_a_product_that_changes_departments_affects_no_line(built: Lakehouse) -> None:
    write_raw(built.raw, {"products/2025-04-05.csv": products("1,4,Books,Atlas", "2,4,Books,Ball")})
    done = build(built)
    assert days_of(done, "order_items") == []
    assert days_of(done, "departments") == ["2025-04-01"]
    assert {name for (name,) in rows(built, "department_days", "department")} == {"Books"}


def test_a_build_that_failed_changes_nothing_and_its_days_are_replaced_by_the_next(
    built: Lakehouse, project: Path
) -> None:
    write_raw(built.raw, {"orders/2025-04-02.csv": orders(order(20, 7, "2025-04-02", "15"))})
    # Orders are built, their lines and all that follows are not. The test of a model is no part of
    # what silver is built by, so the repair of it is no reason to build all days.
    test = project / "tests" / "dbt" / "assert_broken.sql"
    test.write_text("select no_such_column from {{ ref('orders') }}")
    before = values_of(built.settings)
    failed = run(built.settings, Display(Console(), quiet=True))
    assert failed.exit_code == EXIT_FAILED
    assert len(rows(built.under(workspace=failed.workspace), "orders", "order_id")) == 5
    assert_same_values(before, values_of(built.settings))
    test.unlink()
    write_raw(built.raw, {"orders/2025-04-03.csv": orders(order(30, 7, "2025-04-03", "15"))})
    assert days_of(build(built), "order_items") == ["2025-04-02", "2025-04-03"]
    assert len(rows(built, "order_items_rejected", "id")) == 4
    assert days_of(build(built), "order_items") == []


def test_an_edited_model_that_is_built_alone_has_the_new_rule_in_all_rows(
    built: Lakehouse, project: Path
) -> None:
    day = "2025-04-04"
    write_raw(built.raw, {f"orders/{day}.csv": orders(order(40, 7, day, "10"))})
    build(built)
    model = project / "models" / "silver" / "orders.sql"
    model.write_text(
        model.read_text().replace("hour(order_timestamp)", "hour(order_timestamp) + 1")
    )
    before = rows(built, "orders", "order_id, hour_of_day")
    workspace = build_by_hand(built, "--select", "orders+")
    assert rows(workspace, "orders", "order_id, hour_of_day") == [
        (order_id, hour + 1) for order_id, hour in before
    ]
    hours = "select sum(hour_of_day * order_count) from silver.order_hours"
    assert workspace.query(hours) == [(sum(hour + 1 for _, hour in before),)]


def test_what_is_built_by_hand_changes_nothing_that_others_read_nor_the_next_run(
    built: Lakehouse, project: Path
) -> None:
    before, versions = values_of(built.settings), current_versions(built.settings)
    model = project / "models" / "silver" / "orders_checked.sql"
    text = model.read_text()
    model.write_text(text.replace("user_id <= 0", "user_id <= 7"))
    workspace = build_by_hand(built, "--select", "orders+")
    assert len(rows(workspace, "orders", "order_id")) == 3
    assert_same_values(before, values_of(built.settings))
    assert current_versions(built.settings) == versions
    model.write_text(text)
    write_raw(built.raw, {"orders/2025-04-02.csv": orders(order(20, 7, "2025-04-02", "15"))})
    assert days_of(build(built), "orders") == ["2025-04-02"]
    assert [order_id for (order_id,) in rows(built, "orders", "order_id")] == [10, 11, 20, 30, 31]
    assert len(rows(workspace, "orders", "order_id")) == 3


SELECTIONS = [
    ("--select", "orders"),
    ("--select", "order_items+"),
    ("--select", "order_days", "product_days"),
    ("--exclude", "order_items_rejected"),
]


@pytest.mark.parametrize("selection", SELECTIONS, ids=" ".join)
def test_a_build_of_some_models_is_no_reason_for_the_next_to_leave_out_a_day(
    built: Lakehouse, selection: tuple[str, ...]
) -> None:
    """The lines of order 21, which vanishes, move to the rejected ones of another day."""
    moved = order_items(item(210, 21, 8, 1, "2025-04-03"), item(300, 30, 7, 1, "2025-04-03"))
    write_raw(built.raw, {"order_items/2025-04-03.csv": moved})
    build(built)
    write_raw(built.raw, {"orders/2025-04-02.csv": orders(order(20, 7, "2025-04-02", "15"))})
    build(built, *selection)
    assert build(built).affected_days is None
    found = values_of(built.settings)
    build(built, "--full-refresh")
    assert_same_values(found, values_of(built.settings))
    assert (210, date(2025, 4, 3)) in rows(built, "order_items_rejected", "id, date")


def test_an_edit_that_was_built_alone_and_taken_back_leaves_nothing(
    built: Lakehouse, project: Path
) -> None:
    before = values_of(built.settings)
    model = project / "models" / "silver" / "orders_checked.sql"
    text = model.read_text()
    model.write_text(text.replace("user_id <= 0", "user_id <= 7"))
    build(built, "--select", "orders", "order_days")
    assert len(rows(built, "orders", "order_id")) == 3
    model.write_text(text)
    build(built)
    assert_same_values(before, values_of(built.settings))


def test_a_line_that_vanishes_from_another_day_than_its_order_leaves_its_rejects(
    built: Lakehouse,
) -> None:
    """It was refused on the day of its order, of which no file changes."""
    refused = item(310, 10, 7, 1, "2025-04-03", position=0)
    kept = item(300, 30, 7, 1, "2025-04-03")
    write_raw(built.raw, {"order_items/2025-04-03.csv": order_items(refused, kept)})
    build(built)
    assert rows(built, "order_items_rejected", "id, date") == [(310, date(2025, 4, 1))]
    write_raw(built.raw, {"order_items/2025-04-03.csv": order_items(kept)})
    assert days_of(build(built), "order_items") == ["2025-04-01", "2025-04-03"]
    assert rows(built, "order_items_rejected", "id") == []


@pytest.mark.parametrize("table", ["silver/orders_superseded", "silver/product_days"])
def test_a_table_that_is_gone_is_built_whole_again(built: Lakehouse, table: str) -> None:
    before = built.query("select * from silver.orders order by all")
    shutil.rmtree(Path(built.settings.root) / table)
    assert build(built).affected_days is None
    assert built.query("select * from silver.orders order by all") == before


def test_a_table_that_somebody_changed_is_built_whole_again(built: Lakehouse) -> None:
    DeltaTable(built.settings.location("silver", "orders")).delete("order_id = 20")
    assert build(built).affected_days is None
    assert (20,) in rows(built, "orders", "order_id")


def test_a_ledger_whose_old_version_is_gone_means_all_days(built: Lakehouse) -> None:
    folder = Path(built.settings.location("ops", "ingested_files"))
    write_raw(built.raw, {"orders/2025-04-02.csv": orders(order(20, 7, "2025-04-02", "15"))})
    built.ingest("a correction")
    DeltaTable(folder).vacuum(0, dry_run=False, enforce_retention_duration=False)
    assert build(built).affected_days is None
    assert len(rows(built, "orders", "order_id")) == 5


def test_changed_sql_of_silver_is_applied_to_all_days(built: Lakehouse, project: Path) -> None:
    model = project / "models" / "silver" / "orders_checked.sql"
    model.write_text(model.read_text().replace("user_id <= 0", "user_id <= 7"))
    assert build(built).affected_days is None
    assert len(rows(built, "orders_rejected", "order_id")) == 3


def test_a_full_refresh_builds_all_days(built: Lakehouse) -> None:
    before = version(built, "silver/orders")
    build(built, "--full-refresh")
    assert written(built, "silver/orders", before) == set(DAYS)


def test_product_history_is_the_same_whatever_file_came_first(built: Lakehouse) -> None:
    as_before, changed = PRODUCTS, products("1,4,Books,Atlas", "2,4,Toys,Top")
    write_raw(built.raw, {"products/2025-04-07.csv": as_before})
    build(built)
    write_raw(built.raw, {"products/2025-04-05.csv": changed})  # late
    build(built)
    columns = "product_id, period_number, product_name, valid_from_date, valid_to_date"
    expected = [
        (1, 1, "Atlas", None, None),
        (2, 1, "Ball", None, date(2025, 4, 5)),
        (2, 2, "Top", date(2025, 4, 5), date(2025, 4, 7)),
        (2, 3, "Ball", date(2025, 4, 7), None),
    ]
    assert rows(built, "product_history", columns) == expected
    (built.raw / "products" / "2025-04-07.csv").touch()  # sent again
    build(built)
    assert rows(built, "product_history", columns) == expected
