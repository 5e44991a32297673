"""The days of small shops, counted by hand."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest

from .shop import item, oracle_of, order, order_items, orders, products, values_of

SATURDAY, SUNDAY = "2025-04-05", "2025-04-06"
PRODUCTS = products("1,1,Books,Pen", "2,2,Books,Ink")


def days(raw: Path, columns: str, *lines: str) -> list[list[str]]:
    """These columns of the days of these orders, which all come in one file."""
    oracle = oracle_of(raw, {"orders/2025-04-01.csv": orders(*lines)})
    return values_of(oracle, "gold.daily_sales", f"order_date {columns}")


def test_a_day_is_counted_by_orders_lines_and_customers(tmp_path: Path) -> None:
    """Order 2 is the second of user 1, order 4 has no line; hours 9 and 12 have two orders each."""
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": PRODUCTS,
            "orders/2025-04-05.csv": orders(
                order(1, 1, SATURDAY, "10.00", "09:00:00"),
                order(2, 1, SATURDAY, "1.01", "09:30:00"),
                order(3, 2, SATURDAY, "3.00", "12:00:00"),
                order(4, 3, SATURDAY, "2.00", "12:59:00"),
                order(5, 2, SUNDAY, "4.00", "23:00:00"),
            ),
            "order_items/2025-04-05.csv": order_items(
                item(1, 1, 1, 1, SATURDAY),
                item(2, 1, 1, 1, SATURDAY, position=2),
                item(3, 1, 1, 2, SATURDAY, position=3, reordered=1),
                item(4, 2, 1, 1, SATURDAY),
                item(5, 3, 2, 2, SATURDAY, reordered=1),
            ),
        },
    )
    counts = (
        "order_date order_count line_count distinct_products unique_customers new_customers"
        " returning_customers new_customer_orders returning_customer_orders"
    )
    assert values_of(oracle, "gold.daily_sales", counts) == [
        [SATURDAY, "4", "5", "2", "3", "3", "0", "3", "1"],
        [SUNDAY, "1", "0", "0", "1", "0", "1", "0", "1"],
    ]
    money = (
        "order_date total_sales new_customer_sales returning_customer_sales avg_order_value"
        " median_order_value min_order_value max_order_value"
    )
    assert values_of(oracle, "gold.daily_sales", money) == [
        [SATURDAY, "16.01", "15.00", "1.01", "4.00", "2.50", "1.01", "10.00"],
        [SUNDAY, "4.00", "0.00", "4.00", "4.00", "4.00", "4.00", "4.00"],
    ]
    others = (
        "order_date avg_items_per_order source_reorder_rate observed_reorder_rate"
        " first_order_hour last_order_hour peak_hour"
    )
    assert values_of(oracle, "gold.daily_sales", others) == [
        [SATURDAY, "1.25", "0.400000", "0.200000", "9", "12", "9"],
        [SUNDAY, "0.00", "-", "-", "23", "23", "23"],
    ]


def test_an_empty_day_has_zeros_and_nothing_to_average(tmp_path: Path) -> None:
    columns = (
        "order_count unique_customers new_customers returning_customers new_customer_orders"
        " returning_customer_orders total_sales new_customer_sales returning_customer_sales"
        " avg_order_value median_order_value min_order_value avg_items_per_order"
        " first_order_hour last_order_hour peak_hour"
    )
    lines = order(1, 1, "2025-04-01", "1.00"), order(2, 1, "2025-04-03", "1.00")
    assert days(tmp_path, columns, *lines)[1] == [
        "2025-04-02",
        *["0"] * 6,
        *["0.00"] * 3,
        *["-"] * 7,
    ]


def test_weeks_are_those_of_iso_and_belong_to_the_year_of_their_thursday(tmp_path: Path) -> None:
    columns = "iso_year iso_week month_start day_of_week is_weekend order_month"
    lines = (order(day, 1, f"2024-12-{day}", "1.00") for day in (27, 28, 29, 30))
    assert days(tmp_path, columns, *lines) == [
        ["2024-12-27", "2024", "52", "2024-12-01", "5", "False", "2024-12"],
        ["2024-12-28", "2024", "52", "2024-12-01", "6", "True", "2024-12"],
        ["2024-12-29", "2024", "52", "2024-12-01", "7", "True", "2024-12"],
        ["2024-12-30", "2025", "1", "2024-12-01", "1", "False", "2024-12"],
    ]


@pytest.mark.parametrize(
    ("amounts", "median"),
    [
        (["7.00"], "7.00"),
        (["0.02", "0.01"], "0.02"),
        (["9.00", "1.00", "2.00"], "2.00"),
        (["9.00", "1.00", "4.00", "2.00"], "3.00"),
    ],
)
def test_the_median_is_the_middle_or_the_mean_of_both(
    tmp_path: Path, amounts: list[str], median: str
) -> None:
    lines = [order(number, 1, SATURDAY, amount) for number, amount in enumerate(amounts, 1)]
    assert days(tmp_path, "median_order_value", *lines) == [[SATURDAY, median]]


def test_a_day_is_compared_with_the_days_before_it(tmp_path: Path) -> None:
    """From 28 April on, the second day without an order: 45 in the first seven days."""
    amounts = ["10", "", "5", "15", "5", "5", "5", "25", "1"]
    lines = [
        order(number, 1, str(date(2025, 4, 27) + timedelta(days=number)), amount)
        for number, amount in enumerate(amounts, 1)
        if amount
    ]
    columns = (
        "sales_prev_day sales_dod_pct sales_wow_pct sales_ma7 orders_ma7 sales_ma28"
        " ma7_days_observed sales_mtd sales_cum"
    )
    assert days(tmp_path, columns, *lines) == [
        line.split()
        for line in (
            "2025-04-28  -     -         -        -    -    - 1 10.00 10.00",
            "2025-04-29 10.00 -1.000000  -        -    -    - 2 10.00 10.00",
            "2025-04-30  0.00  -         -        -    -    - 3 15.00 15.00",
            "2025-05-01  5.00  2.000000  -        -    -    - 4 15.00 30.00",
            "2025-05-02 15.00 -0.666667  -        -    -    - 5 20.00 35.00",
            "2025-05-03  5.00  0.000000  -        -    -    - 6 25.00 40.00",
            "2025-05-04  5.00  0.000000  -       6.43 0.86  - 7 30.00 45.00",
            "2025-05-05  5.00  4.000000 1.500000 8.57 0.86  - 7 55.00 70.00",
            "2025-05-06 25.00 -0.960000  -       8.71 1.00  - 7 56.00 71.00",
        )
    ]


def test_the_mean_of_28_days_waits_for_all_of_them(tmp_path: Path) -> None:
    lines = [
        order(1, 1, "2025-04-01", "2.80"),
        order(2, 1, "2025-04-28", "28.00"),
        order(3, 1, "2025-04-29", "1.00"),
    ]
    assert days(tmp_path, "sales_ma28", *lines)[26:] == [
        ["2025-04-27", "-"],
        ["2025-04-28", "1.10"],
        ["2025-04-29", "1.04"],
    ]


def test_files_are_expected_between_the_first_and_the_last_date_that_one_is_named_for(
    tmp_path: Path,
) -> None:
    """Named for 2 to 5 April, whatever is in them; the orders reach from the 1st to the 6th."""
    good = [order(number, 1, "2025-04-02", "1.00") for number in range(1, 21)]
    lines = [item(number, 1, 1, 1, "2025-04-02") for number in range(1, 10)]
    items = order_items(*lines, item(10, 99, 1, 1, "2025-04-02"))
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": PRODUCTS,
            "products/2025-04-09.csv": PRODUCTS,
            # bronze refuses "oops", silver the order of nothing and the line of order 99
            "orders/2025-04-02.csv": orders(*good, "oops", order(30, 1, "2025-04-02", "0.00")),
            "order_items/2025-04-02.csv": items,
            "orders/2025-04-03.csv": b"",
            # a second file of the feed, and a copy of what is loaded already
            "orders/2025-04-04.csv": orders(order(31, 1, "2025-04-01", "1.00")),
            "orders/2025-04-04.csv.gz": gzip.compress(
                orders(order(32, 1, SUNDAY, "1.00")).encode()
            ),
            "order_items/2025-04-04.csv": items,
            # half of the records refused: the file is left out, and they with it
            "order_items/2025-04-05.csv": order_items(lines[0], "oops"),
            "orders/2025-04-31.csv": orders(order(33, 1, SUNDAY, "1.00")),
        },
    )
    columns = "order_date files_expected files_received rejected_rows"
    assert values_of(oracle, "gold.daily_sales", columns) == [
        ["2025-04-01", "0", "0", "0"],
        ["2025-04-02", "2", "2", "3"],
        ["2025-04-03", "2", "0", "0"],
        ["2025-04-04", "2", "1", "0"],
        ["2025-04-05", "2", "0", "0"],
        ["2025-04-06", "0", "0", "0"],
    ]
