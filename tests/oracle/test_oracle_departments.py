"""What is known of a department in the whole time and on a day, counted by hand."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from .oracle import Oracle
from .shop import item, oracle_of, order, order_items, orders, products, values_of, with_all_files

FIRST, SECOND, THIRD = "2025-04-01", "2025-04-02", "2025-04-03"  # a Tuesday and what follows
TABLE = "gold.department_analytics"


@pytest.fixture
def shop(tmp_path: Path) -> Oracle:
    """Products 5 and 6 are no longer listed; order 3 has no line, order 5 a line of nothing.

    Books sell 4.00 of product 1, 2.51 of product 2 and 1.50 of product 5; Toys 2.00 of product 3.
    """
    listed = "1,1,Books,Pen", "2,2,Books,Ink", "3,,Toys,Kite", "4,4,Toys,Car"
    return oracle_of(
        tmp_path,
        with_all_files(
            {
                "products/products.csv": products("5,2,Books,Map", "6,6,Home,Pot"),
                "products/2025-04-02.csv": products(*listed),
                "orders/2025-04-01.csv": orders(
                    order(1, 1, FIRST, "6.00", "09:00:00"),
                    order(2, 2, FIRST, "1.00", "10:00:00"),
                    order(3, 3, SECOND, "5.00"),
                    order(4, 1, THIRD, "3.00", "10:00:00"),
                    order(5, 2, THIRD, "0.01", "09:00:00"),
                ),
                "order_items/2025-04-01.csv": order_items(
                    item(1, 1, 1, 1, FIRST, position=1),
                    item(2, 1, 1, 1, FIRST, position=2),
                    item(3, 1, 1, 3, FIRST, position=3),
                    item(4, 2, 2, 2, FIRST),
                    item(5, 4, 1, 5, THIRD, position=1),
                    item(6, 4, 1, 2, THIRD, position=2, reordered=1),
                    item(7, 5, 2, 2, THIRD, position=1),
                    item(8, 5, 2, 3, THIRD, position=2),
                ),
            },
            THIRD,
        ),
    )


def of_all_time(oracle: Oracle, columns: str) -> list[list[str]]:
    return values_of(oracle, TABLE, f"department {columns}", "period_type = 'all'")


def of_toys(oracle: Oracle, columns: str) -> list[list[str]]:
    where = "department = 'Toys' and period_type = 'day'"
    return values_of(oracle, TABLE, f"period_start {columns}", where)


MONEY = (
    "total_sales sales_share avg_order_value avg_department_spend_per_order"
    " avg_department_spend_per_customer sales_rank sales_prev_period growth_pct"
)


def test_money_is_allocated_but_an_order_value_is_that_of_the_whole_basket(shop: Oracle) -> None:
    assert of_all_time(shop, MONEY) == [
        ["Books", "8.01", "0.800199800200", "2.50", "2.00", "4.01", "1", "-", "-"],
        ["Home", "0.00", "0.000000000000", "-", "-", "-", "3", "-", "-"],
        ["Toys", "2.00", "0.199800199800", "3.01", "1.00", "1.00", "2", "-", "-"],
    ]


def test_a_day_is_compared_with_the_day_before_it(shop: Oracle) -> None:
    """On the second day nothing is sold at all: there is no share, and everyone is first."""
    assert of_toys(shop, MONEY) == [
        [FIRST, "2.00", "0.285714285714", "6.00", "2.00", "2.00", "2", "-", "-"],
        [SECOND, "0.00", "-", "-", "-", "-", "1", "2.00", "-1.000000"],
        [THIRD, "0.00", "0.000000000000", "0.01", "0.00", "0.00", "2", "0.00", "-"],
    ]


COUNTS = (
    "order_count order_penetration customer_count customer_penetration new_customer_count"
    " total_quantity avg_units_per_order source_reorder_rate observed_reorder_rate"
)


def test_orders_and_customers_are_compared_with_all_of_the_period(shop: Oracle) -> None:
    books = ["4", "0.800000", "2", "0.666667", "2", "6", "1.50", "0.166667", "0.166667"]
    toys = ["2", "0.400000", "2", "0.666667", "2", "2", "1.00", "0.000000", "0.000000"]
    home = ["0", "0.000000", "0", "0.000000", "0", "0", "-", "-", "-"]
    rows = of_all_time(shop, COUNTS)
    assert rows == [["Books", *books], ["Home", *home], ["Toys", *toys]]


def test_a_customer_is_new_on_the_day_of_the_first_line_in_the_department(shop: Oracle) -> None:
    """User 2 is new to Toys on the third day, having bought Books on the first."""
    rates = ["0.000000", "0.000000"]
    assert of_toys(shop, COUNTS) == [
        [FIRST, "1", "0.500000", "1", "0.500000", "1", "1", "1.00", *rates],
        [SECOND, "0", "0.000000", "0", "0.000000", "0", "0", "-", "-", "-"],
        [THIRD, "1", "0.500000", "1", "0.500000", "1", "1", "1.00", *rates],
    ]


def test_only_active_products_count_towards_sell_through(shop: Oracle) -> None:
    columns = "department_id_count product_count products_sold sell_through_rate"
    assert of_all_time(shop, columns) == [
        ["Books", "2", "2", "3", "1.000000"],
        ["Home", "1", "0", "0", "-"],
        ["Toys", "1", "2", "1", "0.500000"],
    ]
    assert of_toys(shop, columns)[1] == [SECOND, "1", "2", "0", "0.000000"]


PEAKS = "top_product_id top_product_share hhi_products peak_day_of_week peak_hour"


def test_shares_of_products_show_how_concentrated_the_sales_are(shop: Oracle) -> None:
    """Books have three lines on Tuesday and on Thursday, three at 9 and at 10."""
    shares = [Decimal(part) / Decimal("8.01") for part in ("4.00", "2.51", "1.50")]
    places = Decimal("0.000000000001")
    rounded = [share.quantize(places, ROUND_HALF_UP) for share in shares]
    concentration = sum((share * share for share in rounded), Decimal(0)).quantize(
        places, ROUND_HALF_UP
    )
    assert of_all_time(shop, PEAKS) == [
        ["Books", "1", "0.499375780275", str(concentration), "2", "9"],
        ["Home", "-", "-", "-", "-", "-"],
        ["Toys", "3", "1.000000000000", "1.000000000000", "2", "9"],
    ]


def test_a_line_of_no_value_makes_a_top_product_without_a_share(shop: Oracle) -> None:
    assert of_toys(shop, PEAKS) == [
        [FIRST, "3", "1.000000000000", "1.000000000000", "2", "9"],
        [SECOND, "-", "-", "-", "-", "-"],
        [THIRD, "3", "-", "-", "4", "9"],
    ]


def test_of_products_of_equal_sales_the_lower_id_is_on_top(tmp_path: Path) -> None:
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": products("1,1,Books,Pen", "2,1,Books,Ink"),
            "orders/2025-04-01.csv": orders(order(1, 1, FIRST, "2.00")),
            "order_items/2025-04-01.csv": order_items(
                item(1, 1, 1, 2, FIRST, position=1), item(2, 1, 1, 1, FIRST, position=2)
            ),
        },
    )
    assert of_all_time(oracle, PEAKS)[0][1:4] == ["1", "0.500000000000", "0.500000000000"]
