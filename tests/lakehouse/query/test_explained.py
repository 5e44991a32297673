"""Errors are told at their place in the SQL as it was asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingestion.errors import LakehouseError
from orchestration.project.sql_places import Place, fault

Refused = Callable[[str], LakehouseError]


def test_a_wrong_column_is_underlined_and_close_ones_are_named_with_their_table(
    refused: Refused,
) -> None:
    error = refused("select\n\torder_date,\n\ttotal_sale\nfrom gold.daily_sales")
    assert error.problem == (
        "Line 3, column 2: there is no column total_sale. Did you mean total_sales"
        " (gold.daily_sales)?\n  \ttotal_sale\n  \t^^^^^^^^^^"
    )
    assert error.next_step == "`describe gold.daily_sales` lists the columns."


def test_a_wrong_table_is_underlined_and_close_ones_are_named(refused: Refused) -> None:
    error = refused("select * from gold.dialy_sales")
    assert error.problem == (
        "Line 1, column 20: there is no table gold.dialy_sales. Did you mean gold.daily_sales?\n"
        "  select * from gold.dialy_sales\n"
        "                     ^^^^^^^^^^^"
    )
    assert error.next_step == "There are gold.daily_sales. `show tables` lists all."


@pytest.mark.parametrize(
    ("sql", "column", "words"),
    [
        ("select * from gold.orders", 20, "Did you mean silver.orders?"),
        ("select * from other.gold.daily_sales", 26, "there is no table other.gold.daily_sales"),
        ("select a.order_date from gold.daily_sales as b", 8, "no table or alias a"),
        ("select b.nothing from gold.daily_sales as b", 10, "there is no column nothing."),
        (
            "select order_date from gold.daily_sales as a cross join gold.daily_sales as b",
            8,
            "order_date is in several tables here.",
        ),
        ("select sum(reasons) from silver.orders", 8, "sum(array(varchar)) is not proven"),
        ("select coutn(*) from gold.daily_sales", 8, "Did you mean count"),
        ("select zip(array[1], array[2])", 8, "zip is not proven"),
        ("select 1 frm x y z", 14, "can't be read at 'x'"),
        ("select * from gold.daily_sales where", 32, "can't be read at 'where'"),
        ("select 'abc", 8, "does not end"),
        ("select 'it''s', \"abc", 17, "does not end"),
        ("select 1 /* abc", 10, "does not end"),
    ],
)
def test_an_error_names_its_column(refused: Refused, sql: str, column: int, words: str) -> None:
    problem = refused(sql).problem
    assert problem.startswith(f"Line 1, column {column}: ")
    assert words in problem


def test_an_error_in_a_value_says_what_could_not_be_done(refused: Refused) -> None:
    error = refused("select cast(department as bigint) from silver.orders")
    assert "a text is no bigint" in error.problem


def test_a_place_behind_the_text_is_shown_at_its_end() -> None:
    assert fault("select", Place(99, 5), "too short.", "").problem == (
        "Line 1, column 7: too short.\n  select\n        ^"
    )
