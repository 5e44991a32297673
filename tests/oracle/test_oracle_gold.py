"""The largest gold tables on shops small enough to count by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from .oracle import Oracle
from .shop import item, oracle_of, order, order_items, orders, products, with_all_files

FIRST, SECOND, FOURTH = "2025-04-01", "2025-04-02", "2025-04-04"


@pytest.fixture
def shop(tmp_path: Path) -> Oracle:
    """Two users, five orders on three days, a day without orders, an order without items."""
    return oracle_of(
        tmp_path,
        with_all_files(
            {
                "products/products.csv": products(
                    "1,1,Books,Pen", "2,2,Books,Ink", "3,3,Toys,Kite", "5,5,Home,Sold before"
                ),
                "products/2025-04-02.csv": products(
                    "1,1,Books,Pen", "3,3,Toys,Kite", "4,4,Toys,Car"
                ),
                "orders/2025-04-01.csv": orders(
                    order(11, 7, FIRST, "10.01"),
                    order(12, 7, FIRST, "2.00"),
                    order(9, 8, FIRST, "3.00"),
                ),
                "orders/2025-04-02.csv": orders(order(13, 7, SECOND, "6.00")),
                "orders/2025-04-04.csv": orders(order(14, 8, FOURTH, "0.50")),
                "order_items/2025-04-01.csv": order_items(
                    item(1, 11, 7, 1, FIRST, position=1),
                    item(2, 11, 7, 1, FIRST, position=2, reordered=1),
                    item(3, 11, 7, 3, FIRST, position=3),
                    item(4, 12, 7, 1, FIRST, position=1),
                    item(5, 9, 8, 2, FIRST, position=1, reordered=1),
                ),
                "order_items/2025-04-02.csv": order_items(
                    item(6, 13, 7, 1, SECOND, position=1, reordered=1),
                    item(7, 13, 7, 5, SECOND, position=2),
                ),
            }
        ),
    )


def test_daily_sales_keeps_the_day_without_orders(shop: Oracle) -> None:
    columns = [
        "order_date",
        "total_sales",
        "order_count",
        "unique_customers",
        "new_customers",
        "returning_customers",
        "avg_order_value",
    ]
    assert shop.rows("gold.daily_sales", columns, ["order_date"]) == [
        (date(2025, 4, 1), Decimal("15.01"), 3, 2, 2, 0, Decimal("5.00")),
        (date(2025, 4, 2), Decimal("6.00"), 1, 1, 0, 1, Decimal("6.00")),
        (date(2025, 4, 3), Decimal("0.00"), 0, 0, 0, 0, None),
        (date(2025, 4, 4), Decimal("0.50"), 1, 1, 0, 1, Decimal("0.50")),
    ]


@pytest.mark.parametrize(
    ("amounts", "mean"),
    [
        (["0.01", "0.02"], "0.02"),
        (["0.01", "0.01", "0.02"], "0.01"),
        (["0.03", "0.02", "0.03"], "0.03"),
        (["100000.00", "99999.99"], "100000.00"),
    ],
)
def test_the_average_order_value_is_rounded_half_up(
    tmp_path: Path, amounts: list[str], mean: str
) -> None:
    lines = [order(number, 7, FIRST, amount) for number, amount in enumerate(amounts, start=1)]
    oracle = oracle_of(tmp_path, {"orders/2025-04-01.csv": orders(*lines)})
    [(value,)] = oracle.rows("gold.daily_sales", ["avg_order_value"], [])
    assert str(value) == mean


def test_product_performance_shows_every_product_once(shop: Oracle) -> None:
    columns = [
        "product_id",
        "product_name",
        "department",
        "department_id",
        "is_active",
        "total_sales",
        "total_quantity",
        "order_count",
        "customer_count",
        "source_reorder_rate",
        "observed_reorder_rate",
    ]
    half, zero, one = Decimal("0.500000"), Decimal("0.000000"), Decimal("1.000000")
    # Pen: 3.34 + 3.34 of order 11, 2.00 of order 12, 3.00 of order 13.
    assert shop.rows("gold.product_performance", columns, ["product_id"]) == [
        (1, "Pen", "Books", 1, True, Decimal("11.68"), 4, 3, 1, half, half),
        (2, "Ink", "Books", 2, False, Decimal("3.00"), 1, 1, 1, one, zero),
        (3, "Kite", "Toys", 3, True, Decimal("3.33"), 1, 1, 1, zero, zero),
        (4, "Car", "Toys", 4, True, Decimal("0.00"), 0, 0, 0, None, None),
        (5, "Sold before", "Home", 5, False, Decimal("3.00"), 1, 1, 1, zero, zero),
    ]


def test_rates_have_six_places_rounded_half_up(tmp_path: Path) -> None:
    lines = [item(number, 1, 7, 1, FIRST, reordered=int(number < 3)) for number in range(1, 4)]
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": products("1,1,Books,Pen"),
            "orders/2025-04-01.csv": orders(order(1, 7, FIRST, "1.00")),
            "order_items/2025-04-01.csv": order_items(*lines),
        },
    )
    [(value,)] = oracle.rows("gold.product_performance", ["source_reorder_rate"], [])
    assert str(value) == "0.666667"


def test_an_earlier_order_is_found_by_time_and_then_by_order_id(tmp_path: Path) -> None:
    """Order 3 is the first by time; 1 and 2 are at the same moment; another user counts apart."""
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": products("1,1,Books,Pen"),
            "orders/2025-04-01.csv": orders(
                order(1, 7, FIRST, "1.00"),
                order(2, 7, FIRST, "1.00"),
                order(3, 7, FIRST, "1.00", time="09:00:00"),
                order(4, 8, FIRST, "1.00", time="23:00:00"),
                order(5, 9, FIRST, "1.00"),
                order(6, 9, FIRST, "1.00"),
            ),
            "order_items/2025-04-01.csv": order_items(
                item(1, 1, 7, 1, FIRST),
                item(2, 2, 7, 1, FIRST),
                item(3, 3, 7, 1, FIRST, time="09:00:00"),
                item(4, 4, 8, 1, FIRST, time="23:00:00"),
                item(5, 5, 9, 1, FIRST),
                item(6, 6, 9, 1, FIRST),
            ),
        },
    )
    columns = ["order_id", "is_observed_reorder"]
    assert oracle.rows("silver.order_items_reorders", columns, ["order_id"]) == [
        (1, True),
        (2, True),
        (3, False),
        (4, False),
        (5, False),
        (6, True),
    ]


def test_department_analytics_has_every_department_on_every_day(shop: Oracle) -> None:
    columns = [
        "department",
        "period_start",
        "period_end",
        "total_sales",
        "total_quantity",
        "order_count",
        "customer_count",
        "products_sold",
        "product_count",
    ]
    rows = shop.rows(
        "gold.department_analytics", ["period_type", *columns], ["1", "department", "period_start"]
    )
    days = [date(2025, 4, day) for day in range(1, 5)]
    assert [row[1:] for row in rows if row[0] == "all"] == [
        ("Books", days[0], days[3], Decimal("14.68"), 5, 4, 2, 2, 1),
        ("Home", days[0], days[3], Decimal("3.00"), 1, 1, 1, 1, 0),
        ("Toys", days[0], days[3], Decimal("3.33"), 1, 1, 1, 1, 2),
    ]
    nothing = (Decimal("0.00"), 0, 0, 0, 0)
    assert [row[1:] for row in rows if row[0] == "day"] == [
        ("Books", days[0], days[0], Decimal("11.68"), 4, 3, 2, 2, 1),
        ("Books", days[1], days[1], Decimal("3.00"), 1, 1, 1, 1, 1),
        ("Books", days[2], days[2], *nothing, 1),
        ("Books", days[3], days[3], *nothing, 1),
        ("Home", days[0], days[0], *nothing, 0),
        ("Home", days[1], days[1], Decimal("3.00"), 1, 1, 1, 1, 0),
        ("Home", days[2], days[2], *nothing, 0),
        ("Home", days[3], days[3], *nothing, 0),
        ("Toys", days[0], days[0], Decimal("3.33"), 1, 1, 1, 1, 2),
        ("Toys", days[1], days[1], *nothing, 2),
        ("Toys", days[2], days[2], *nothing, 2),
        ("Toys", days[3], days[3], *nothing, 2),
    ]


def test_an_empty_raw_folder_gives_empty_tables(tmp_path: Path) -> None:
    oracle = oracle_of(tmp_path, {})
    tables = "information_schema.tables where table_schema = 'gold'"
    names = {name for (name,) in oracle.rows(tables, ["table_name"], [])}
    assert len(names) == 9
    for name in names - {"data_reconciliation"}:
        assert oracle.rows(f"gold.{name}", ["*"], []) == [], name


def test_no_value_of_gold_is_inexact(tmp_path: Path) -> None:
    tables = "information_schema.columns where table_schema = 'gold'"
    types = oracle_of(tmp_path, {}).rows(tables, ["distinct data_type"], ["data_type"])
    assert [name for (name,) in types] == [
        "BIGINT",
        "BOOLEAN",
        "DATE",
        "DECIMAL(18,12)",
        "DECIMAL(18,2)",
        "DECIMAL(18,6)",
        "DECIMAL(38,2)",
        "DECIMAL(9,2)",
        "DECIMAL(9,6)",
        "INTEGER",
        "VARCHAR",
    ]


def test_products_without_any_order_have_no_period(tmp_path: Path) -> None:
    oracle = oracle_of(tmp_path, {"products/products.csv": products("1,1,Books,Pen")})
    assert oracle.rows("gold.department_analytics", ["*"], []) == []
    assert oracle.rows("gold.product_performance", ["total_sales"], []) == [(Decimal("0.00"),)]
