"""A build replaces the days that need it, and no others; what it leaves equals a full refresh.

Each case says by hand which days a change touches. That the values are right is for the oracle, in
tests/test_end_to_end.py and in the property tests.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from ingestion.session import get_session
from orchestration.pipeline.dbt import run_dbt
from tests.lake import Lakehouse
from tests.oracle.shop import item, order, order_items, orders, products, write_raw

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


def build(lakehouse: Lakehouse, *arguments: str) -> dict[str, str]:
    """Ingest and build, with no tests; the status of each model."""
    lakehouse.ingest(uuid.uuid4().hex)
    results = run_dbt(lakehouse.settings, "run", ["run", *arguments])
    return {node.name: node.status for node in results}


@pytest.fixture
def built(lakehouse: Lakehouse) -> Lakehouse:
    """A lakehouse with the shop in it, built."""
    write_raw(lakehouse.raw, shop())
    build_seeds(lakehouse)
    assert set(build(lakehouse).values()) == {"success"}
    return lakehouse


def build_seeds(lakehouse: Lakehouse) -> None:
    run_dbt(lakehouse.settings, "run", ["seed"])


def written(lakehouse: Lakehouse, table: str, since: int) -> set[str | None]:
    """Partitions that commits after a version added files to or removed files from."""
    folder = Path(lakehouse.settings.root) / table
    found = set()
    for version in range(since + 1, DeltaTable(folder).version() + 1):
        log = (folder / "_delta_log" / f"{version:020}.json").read_text()
        for action in map(json.loads, log.splitlines()):
            for kind in ("add", "remove"):
                if kind in action:
                    found.add(action[kind]["partitionValues"].get("date"))
    return found


def version(lakehouse: Lakehouse, table: str) -> int:
    return DeltaTable(Path(lakehouse.settings.root) / table).version()


def touched(lakehouse: Lakehouse, table: str) -> list[str]:
    rows = lakehouse.query(f"select date from ops.touched_{table} order by date")
    return [str(day) for (day,) in rows]


def rows(lakehouse: Lakehouse, table: str, columns: str) -> Sequence[tuple[Any, ...]]:
    return lakehouse.query(f"select {columns} from silver.{table} order by all")


def test_a_new_day_touches_its_own_partitions_alone(built: Lakehouse) -> None:
    before = {table: version(built, f"silver/{table}") for table in ("orders", "order_items")}
    day = "2025-04-04"
    write_raw(
        built.raw,
        {
            f"orders/{day}.csv": orders(order(40, 7, day, "10")),
            f"order_items/{day}.csv": order_items(item(400, 40, 7, 1, day)),
        },
    )
    assert set(build(built).values()) == {"success"}
    for table, since in before.items():
        assert written(built, f"silver/{table}", since) == {day}
    history = DeltaTable(built.settings.location("silver", "orders")).history()
    assert len(history) == before["orders"] + 2  # one commit
    assert rows(built, "order_days", "date, order_count")[-1] == (date(2025, 4, 4), 1)


def test_a_build_without_news_touches_nothing(built: Lakehouse) -> None:
    tables = ("orders", "orders_rejected", "order_items", "order_items_superseded", "order_days")
    before = {table: version(built, f"silver/{table}") for table in tables}
    assert set(build(built).values()) == {"success"}
    assert {table: version(built, f"silver/{table}") for table in tables} == before


def test_a_file_corrected_under_the_same_batch_is_built_anew(lakehouse: Lakehouse) -> None:
    write_raw(lakehouse.raw, shop())
    build_seeds(lakehouse)
    day = "2025-04-02"
    lakehouse.ingest("an execution that is redriven")
    run_dbt(lakehouse.settings, "run", ["run"])
    write_raw(lakehouse.raw, {f"orders/{day}.csv": orders(order(20, 7, day, "15"))})
    lakehouse.ingest("an execution that is redriven")
    run_dbt(lakehouse.settings, "run", ["run"])
    assert touched(lakehouse, "orders") == [day]
    assert rows(lakehouse, "orders", "order_id, total_amount")[2] == (20, Decimal("15.00"))


def test_a_build_that_does_not_know_what_silver_was_built_from_makes_all_of_it(
    built: Lakehouse,
) -> None:
    DeltaTable(built.settings.location("ops", "built_from")).delete()
    assert set(build(built).values()) == {"success"}
    assert touched(built, "orders") == touched(built, "order_items") == ["None"]
    assert build(built)["orders"] == "success"
    assert touched(built, "orders") == []


def test_a_row_that_vanished_from_a_corrected_file_vanishes_with_its_lines(
    built: Lakehouse,
) -> None:
    write_raw(built.raw, {"orders/2025-04-02.csv": orders(order(20, 7, "2025-04-02", "15"))})
    build(built)
    assert touched(built, "orders") == touched(built, "order_items") == ["2025-04-02"]
    assert rows(built, "orders", "order_id")[2] == (20,)
    assert len(rows(built, "orders", "order_id")) == 5
    assert rows(built, "order_items_rejected", "id, order_id, is_waiting") == [
        (210, 21, True),
        (211, 21, True),
    ]


def test_an_order_that_moved_to_another_day_takes_its_lines_along(built: Lakehouse) -> None:
    moved = orders(order(20, 7, "2025-04-02", "10"), order(21, 8, "2025-04-03", "20"))
    write_raw(built.raw, {"orders/2025-04-02.csv": moved})
    build(built)
    assert touched(built, "order_items") == ["2025-04-02", "2025-04-03"]
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
    build(built)
    assert touched(built, "orders") == ["2025-04-01", "2025-04-03"]
    assert rows(built, "orders_superseded", "order_id") == []
    assert rows(built, "orders", "order_id, date")[0] == (10, date(2025, 4, 1))


def test_lines_heal_on_their_days_when_their_product_arrives(lakehouse: Lakehouse) -> None:
    files = shop()
    files["order_items/2025-04-02.csv"] = order_items(item(200, 20, 7, 3, "2025-04-02"))
    write_raw(lakehouse.raw, files)
    build_seeds(lakehouse)
    build(lakehouse)
    assert rows(lakehouse, "order_items_rejected", "id, reasons") == [(200, ["unknown_product"])]
    later = products("1,4,Books,Atlas", "2,4,Toys,Ball", "3,4,Toys,Kite")
    write_raw(lakehouse.raw, {"products/2025-04-05.csv": later})
    build(lakehouse)
    assert touched(lakehouse, "orders") == []
    assert touched(lakehouse, "order_items") == ["2025-04-02"]
    assert rows(lakehouse, "order_items_rejected", "id") == []


def test_a_wider_limit_touches_the_days_with_an_order_between_old_and_new(
    built: Lakehouse,
) -> None:
    write_raw(built.raw, {"orders/2025-04-02.csv": orders(order(20, 7, "2025-04-02", "200000"))})
    build(built)
    assert rows(built, "orders_rejected", "order_id") == [(20,)]
    build(built, "--vars", "{max_order_amount: 300000}")
    assert touched(built, "orders") == ["2025-04-02"]
    assert rows(built, "orders_rejected", "order_id") == []
    build(built)
    assert touched(built, "orders") == ["2025-04-02"]
    assert rows(built, "orders_rejected", "order_id") == [(20,)]


def test_a_product_that_changes_departments_touches_no_line(built: Lakehouse) -> None:
    write_raw(built.raw, {"products/2025-04-05.csv": products("1,4,Books,Atlas", "2,4,Books,Ball")})
    build(built)
    assert touched(built, "order_items") == []
    assert touched(built, "departments") == ["2025-04-01"]
    assert {name for (name,) in rows(built, "department_days", "department")} == {"Books"}


def test_the_days_of_a_build_that_failed_are_touched_again(
    built: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_raw(built.raw, {"orders/2025-04-02.csv": orders(order(20, 7, "2025-04-02", "15"))})
    # orders are built, their lines and all that follows are not
    build(built, "--select", "inputs", "touched_orders", "touched_order_items", "orders")
    write_raw(built.raw, {"orders/2025-04-03.csv": orders(order(30, 7, "2025-04-03", "15"))})
    build(built)
    assert touched(built, "order_items") == ["2025-04-02", "2025-04-03"]
    assert len(rows(built, "order_items_rejected", "id")) == 4
    build(built)
    assert touched(built, "order_items") == []


def test_a_build_of_some_models_does_not_count_as_the_whole(built: Lakehouse) -> None:
    write_raw(built.raw, {"orders/2025-04-02.csv": orders(order(20, 7, "2025-04-02", "15"))})
    build(built, "--exclude", "order_items_rejected")
    assert rows(built, "order_items_rejected", "id") == []
    build(built)
    assert touched(built, "order_items") == ["2025-04-02"]
    assert len(rows(built, "order_items_rejected", "id")) == 2


@pytest.mark.parametrize(
    "table", ["silver/orders_superseded", "silver/product_days", "ops/built_from"]
)
def test_a_table_that_is_gone_is_built_whole_again(built: Lakehouse, table: str) -> None:
    name = table.replace("/", ".")
    get_session(built.settings).sql(f"drop table {name}")
    for path in sorted((Path(built.settings.root) / table).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    before = built.query("select * from silver.orders order by all")
    build(built)
    assert touched(built, "orders") == ["None"]
    assert built.query("select * from silver.orders order by all") == before


def test_changed_sql_of_silver_is_applied_to_all_days(built: Lakehouse, project: Path) -> None:
    model = project / "models" / "silver" / "orders_checked.sql"
    model.write_text(model.read_text().replace("user_id <= 0", "user_id <= 7"))
    build(built)
    assert touched(built, "orders") == ["None"]
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
