"""Which columns are made of those that a change begins with."""

from __future__ import annotations

from pathlib import Path

from ingestion.errors import LakehouseError
from lakehouse.diff.edits import Definition, Edit, edits
from lakehouse.diff.page import diff_page
from lakehouse.lineage.graph import Column, Lineage, Table
from tests.lakehouse.diff.lakes import LINEAGE, Lake, orders, sales
from tests.lakehouse.json_pages import as_json

DAILY, ORDERS = "gold.daily_sales", "silver.orders"


def reached(lake: Lake) -> dict[str, tuple[list[str], bool]]:
    return {
        f"{row['table']}.{row['column']}": (row["made_of"], row["differs"])
        for row in lake.diff()["reached_columns"]
    }


def test_columns_are_followed_from_where_the_change_begins(tmp_path: Path) -> None:
    """An amount moved, and so did its sum; a share of that sum was not built again."""
    lake = Lake(tmp_path)
    lake.write(ORDERS, orders((1, "10.00", 1)))
    lake.write(DAILY, sales((1, "10.00", 1)))
    lake.open_workspace()
    assert reached(lake) == {}
    lake.write(ORDERS, orders((1, "11.00", 1)), "dev")
    lake.write(DAILY, sales((1, "11.00", 1)), "dev")
    begins = ["silver.orders.total_amount"]
    assert reached(lake) == {
        "gold.daily_sales.total_sales": (begins, True),
        "gold.weekly_sales.share": (begins, False),
    }
    shown = " ".join(lake.shown().split())
    assert "gold.daily_sales total_sales silver.orders.total_amount" in shown


def test_rows_that_came_reach_what_counts_them(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write(ORDERS, orders((1, "10.00", 1)))
    lake.open_workspace()
    lake.write(ORDERS, orders((1, "10.00", 1), (2, "1.00", 1)), "dev")
    assert reached(lake)["gold.daily_sales.order_count"] == (["silver.orders.*"], False)


def test_a_project_that_cannot_be_traced_hides_no_difference(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write(DAILY, sales((1, "10.00", 1)))
    lake.open_workspace()
    lake.write(DAILY, sales((1, "11.00", 1)), "dev")

    def broken() -> Lineage:
        raise LakehouseError("models/gold/x.sql can't be traced", "")

    found = as_json(diff_page(lake.settings, "dev", None, None, broken))
    assert found["reached_columns"] is None
    assert [row["table"] for row in found["tables"]] == [DAILY]


def test_an_edit_is_of_columns_or_of_rows() -> None:
    """A sum is counted otherwise, a filter came, a model came, and one went."""

    def defined(total: str, **sql: str) -> Definition:
        tables = dict(LINEAGE.tables) | {"gold.new": Table("gold")}
        tables[DAILY] = Table("gold", columns={"total_sales": Column(steps=(total,))})
        return Definition(
            {name.replace("__", "."): text for name, text in sql.items()}, Lineage(tables)
        )

    old = defined("sum(a)", silver__orders="a", gold__daily_sales="b", gold__weekly_sales="c")
    new = defined("2 * sum(a)", silver__orders="a where b", gold__daily_sales="d", gold__new="e")
    assert edits(old, new) == [
        Edit(ORDERS, "edited"),
        Edit(DAILY, "edited", ("total_sales",)),
        Edit("gold.new", "new"),
        Edit("gold.weekly_sales", "gone"),
    ]
    assert edits(new, new) == []
