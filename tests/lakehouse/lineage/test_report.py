from __future__ import annotations

import json

import pytest
from rich.console import Console

from ingestion.errors import LakehouseError
from lakehouse.formats import Format
from lakehouse.lineage.graph import Column, Lineage, Table
from lakehouse.lineage.report import print_lineage

LINEAGE = Lineage(
    {
        "orders.csv": Table("csv", "", {"total_amount": Column("As in the file."), "*": Column()}),
        "bronze.orders": Table(
            "bronze",
            "",
            {
                "total_amount": Column("Total. In full.", (), ("orders.csv.total_amount",)),
                "*": Column("", (), ("orders.csv.*",)),
            },
        ),
        "gold.sales": Table(
            "gold",
            "",
            {
                "total_sales": Column(
                    "Sum of the totals.\nMore.",
                    ("sum(total_amount)",),
                    ("bronze.orders.total_amount",),
                ),
                "average": Column(
                    "", ("total / n",), ("bronze.orders.total_amount", "bronze.orders.*")
                ),
                "_run_id": Column("The run.", ("'[x]'",)),
            },
        ),
        "gold.check": Table("gold", "", {"sum": Column("", (), ("gold.sales.total_sales",))}),
    }
)


def printed(name: str, output: Format = Format.TABLE, *, downstream: bool = False) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        print_lineage(console, LINEAGE, name, output, downstream=downstream)
    return capture.get()


def test_a_column_is_shown_as_a_tree_down_to_the_file_with_expression_and_first_sentence() -> None:
    assert [line.rstrip() for line in printed("gold.sales.total_sales").splitlines()] == [
        "gold.sales.total_sales  sum(total_amount)",
        "Sum of the totals.",
        "└── bronze.orders.total_amount",
        "    Total.",
        "    └── orders.csv.total_amount",
        "        As in the file.",
        "",
        "It comes from: orders.csv: total_amount",
    ]


def test_the_other_direction_leads_to_every_column_of_gold_that_is_made_of_it() -> None:
    shown = printed("orders.csv.total_amount", downstream=True).splitlines()
    assert shown[-1] == "Made of it: gold.sales.total_sales, gold.check.sum, gold.sales.average"
    assert printed("gold.check.sum", downstream=True).splitlines()[-1] == "No column is made of it."
    assert printed("gold.sales._run_id").splitlines()[-1] == "No column is its input."


def test_a_table_is_shown_as_its_columns_and_the_columns_of_files_that_they_come_from() -> None:
    rows = {line.split()[0]: line for line in printed("gold.sales").splitlines() if line.strip()}
    assert rows["total_sales"].split()[1:] == ["sum(total_amount)", "orders.csv:", "total_amount"]
    assert rows["average"].endswith("orders.csv: total_amount, orders.csv: *")
    assert rows["_run_id"].split() == ["_run_id", "'[x]'"]
    assert rows["*"].startswith("* are the rows themselves")


def test_json_holds_the_same_for_programs() -> None:
    assert json.loads(printed("gold.sales.total_sales", Format.JSON)) == {
        "gold.sales.total_sales": {
            "description": "Sum of the totals.\nMore.",
            "steps": ["sum(total_amount)"],
            "next": ["bronze.orders.total_amount"],
            "comes_from": ["orders.csv.total_amount"],
        }
    }


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("gold.sales.total_sale", "gold.sales.total_sales"),
        ("gold.sale", "gold.sales"),
        ("total_sales", "gold.sales.total_sales"),
        ("silver.orders.total_amount", "bronze.orders.total_amount"),
    ],
)
def test_a_wrong_name_is_answered_with_close_ones(name: str, close: str) -> None:
    with pytest.raises(LakehouseError) as raised:
        printed(name)
    assert repr(name) in raised.value.problem
    assert close in raised.value.next_step


def test_a_name_that_is_like_no_other_is_answered_with_an_example() -> None:
    with pytest.raises(LakehouseError) as raised:
        printed("xyz")
    assert "gold.daily_sales.total_sales" in raised.value.next_step
