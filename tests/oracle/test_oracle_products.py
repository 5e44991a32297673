"""What is known of a product, counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from .oracle import Oracle
from .shop import item, oracle_of, order, order_items, orders, products, values_of, with_all_files

FIRST, FOURTH, LAST = "2025-04-01", "2025-04-04", "2025-04-14"
NAMES = "1,1,Books,Pen", "2,2,Books,Ink", "3,3,Toys,Kite", "4,4,Toys,Car", "5,5,Home,Pot"


@pytest.fixture
def shop(tmp_path: Path) -> Oracle:
    """User 1 buys product 1 in three orders, user 2 in one; nobody buys products 4 and 5.

    Lines of order 1 have 2.00 each, those of order 3 too; of order 4 product 2 has 0.51.
    """
    return oracle_of(
        tmp_path,
        with_all_files(
            {
                "products/products.csv": products(*NAMES),
                "orders/2025-04-01.csv": orders(
                    order(1, 1, FIRST, "6.00"),
                    order(2, 1, FIRST, "2.00", "11:00:00"),
                    order(3, 1, FOURTH, "4.00"),
                    order(4, 2, LAST, "1.01"),
                ),
                "order_items/2025-04-01.csv": order_items(
                    item(1, 1, 1, 1, FIRST, position=1, days_since=3),
                    item(2, 1, 1, 1, FIRST, position=2),
                    item(3, 1, 1, 2, FIRST, position=3, days_since=5),
                    item(4, 2, 1, 1, FIRST, reordered=1),
                    item(5, 3, 1, 1, FOURTH, position=2, days_since=4),
                    item(6, 3, 1, 3, FOURTH, position=1),
                    item(7, 4, 2, 2, LAST, position=1),
                    item(8, 4, 2, 1, LAST, position=2),
                ),
            },
            LAST,
        ),
    )


def test_sales_are_those_of_its_lines_and_compared_with_the_others(shop: Oracle) -> None:
    columns = (
        "product_id total_sales avg_unit_allocated_sales sales_share sales_share_in_department"
        " sales_rank sales_rank_in_department abc_class"
    )
    assert values_of(shop, "gold.product_performance", columns) == [
        ["1", "8.50", "1.70", "0.653343581860", "0.772025431426", "1", "1", "A"],
        ["2", "2.51", "1.26", "0.192928516526", "0.227974568574", "2", "2", "A"],
        ["3", "2.00", "2.00", "0.153727901614", "1.000000000000", "3", "1", "B"],
        ["4", "0.00", "-", "0.000000000000", "0.000000000000", "4", "2", "C"],
        ["5", "0.00", "-", "0.000000000000", "-", "4", "1", "C"],
    ]


def test_repeats_are_orders_of_the_same_user(shop: Oracle) -> None:
    """Between the orders of user 1 lie 0 and 3 days."""
    columns = (
        "product_id total_quantity order_count customer_count source_reorder_rate"
        " observed_reorder_rate repeat_customer_rate avg_days_between_orders"
        " source_avg_days_since_prior"
    )
    assert values_of(shop, "gold.product_performance", columns) == [
        ["1", "5", "4", "2", "0.200000", "0.400000", "0.500000", "1.50", "3.50"],
        ["2", "2", "2", "2", "0.000000", "0.000000", "0.000000", "-", "5.00"],
        ["3", "1", "1", "1", "0.000000", "0.000000", "0.000000", "-", "-"],
        ["4", "0", "0", "0", "-", "-", "-", "-", "-"],
        ["5", "0", "0", "0", "-", "-", "-", "-", "-"],
    ]


def test_an_order_is_one_basket_of_a_product_however_many_lines_it_has(shop: Oracle) -> None:
    columns = "product_id avg_cart_position first_in_cart_rate avg_basket_size avg_basket_value"
    assert values_of(shop, "gold.product_performance", columns)[:4] == [
        ["1", "1.60", "0.400000", "2.00", "3.25"],
        ["2", "2.00", "0.500000", "2.50", "3.51"],
        ["3", "1.00", "1.000000", "2.00", "4.00"],
        ["4", "-", "-", "-", "-"],
    ]


SOLD = (
    "product_id first_sold_date last_sold_date days_on_sale sell_days quantity_last_7d"
    " quantity_prev_7d trend_pct"
)


def test_the_windows_of_seven_days_end_at_the_last_order(shop: Oracle) -> None:
    assert values_of(shop, "gold.product_performance", SOLD) == [
        ["1", FIRST, LAST, "14", "3", "1", "4", "-0.750000"],
        ["2", FIRST, LAST, "14", "2", "1", "1", "0.000000"],
        ["3", FOURTH, FOURTH, "1", "1", "0", "1", "-1.000000"],
        ["4", "-", "-", "-", "0", "0", "0", "-"],
        ["5", "-", "-", "-", "0", "0", "0", "-"],
    ]


def test_an_as_of_date_moves_the_windows_and_nothing_else(tmp_path: Path) -> None:
    """As of the 14th the first day still counts before, the 7th too, the 8th and 14th now."""
    dates = [f"2025-04-{day:02d}" for day in (1, 7, 8, 14, 15)]
    files: dict[str, str | bytes] = {
        "products/products.csv": products(NAMES[0]),
        "orders/2025-04-01.csv": orders(
            order(20, 1, "2025-03-31", "1.00"),
            *(order(number, 1, day, "1.00") for number, day in enumerate(dates, 1)),
        ),
        "order_items/2025-04-01.csv": order_items(
            item(20, 20, 1, 1, "2025-03-31"),
            *(item(number, number, 1, 1, day) for number, day in enumerate(dates, 1)),
        ),
    }
    every_day = with_all_files(files, "2025-03-31", "2025-04-15")
    oracle = oracle_of(tmp_path, every_day, as_of_date=date(2025, 4, 14))
    assert values_of(oracle, "gold.product_performance", f"{SOLD} total_quantity") == [
        ["1", "2025-03-31", "2025-04-15", "16", "6", "2", "2", "0.000000", "6"]
    ]


@pytest.mark.parametrize(
    ("amounts", "classes"),
    [
        (["79.00", "8.00", "8.00", "5.00"], "AAAC"),
        (["80.00", "14.99", "5.00", "0.01"], "ABBC"),
        (["50.00", "50.00"], "AA"),
        (["80.00", "15.00", "5.00"], "ABC"),
    ],
)
def test_a_class_depends_on_what_sells_strictly_more(
    tmp_path: Path, amounts: list[str], classes: str
) -> None:
    numbered = list(enumerate(amounts, 1))
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": products(*(f"{n},1,Books,Pen" for n, _ in numbered)),
            "orders/2025-04-01.csv": orders(*(order(n, n, FIRST, a) for n, a in numbered)),
            "order_items/2025-04-01.csv": order_items(
                *(item(n, n, n, n, FIRST) for n, _ in numbered)
            ),
        },
    )
    rows = values_of(oracle, "gold.product_performance", "product_id abc_class")
    assert "".join(row[1] for row in rows) == classes


def test_without_sales_every_product_is_last_and_first(tmp_path: Path) -> None:
    oracle = oracle_of(tmp_path, {"products/products.csv": products(*NAMES[:2])})
    columns = "product_id sales_share sales_rank sales_rank_in_department abc_class"
    assert values_of(oracle, "gold.product_performance", columns) == [
        ["1", "-", "1", "1", "C"],
        ["2", "-", "1", "1", "C"],
    ]
