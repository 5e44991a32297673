"""The days of small shops, counted by hand."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest

from .shop import (
    daily_orders,
    item,
    oracle_of,
    order,
    order_items,
    orders,
    products,
    values_of,
    with_all_files,
)

SATURDAY, SUNDAY = "2025-04-05", "2025-04-06"
PRODUCTS = products("1,1,Books,Pen", "2,2,Books,Ink")


def days(raw: Path, columns: str, *lines: str) -> list[list[str]]:
    """These columns of the days of these orders, each in the file of its day."""
    oracle = oracle_of(raw, daily_orders(*lines))
    return values_of(oracle, "gold.daily_sales", f"order_date {columns}")


def test_a_day_is_counted_by_orders_lines_and_customers(tmp_path: Path) -> None:
    """Order 2 is the second of user 1, order 4 has no line; hours 9 and 12 have two orders each."""
    oracle = oracle_of(
        tmp_path,
        with_all_files(
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
            SUNDAY,
        ),
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


def test_of_every_day_two_files_are_expected_whatever_days_they_are_named_for(
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
        ["2025-04-01", "2", "0", "0"],
        ["2025-04-02", "2", "2", "3"],
        ["2025-04-03", "2", "0", "0"],
        ["2025-04-04", "2", "1", "0"],
        ["2025-04-05", "2", "0", "0"],
        ["2025-04-06", "2", "0", "0"],
    ]


def week(*left_out: str) -> dict[str, str | bytes]:
    """Nine days, from Tuesday the 1st on, of one order of 70.00 with one line, less some files."""
    files: dict[str, str | bytes] = {"products/products.csv": PRODUCTS}
    for number in range(1, 10):
        day = f"2025-04-0{number}"
        files[f"orders/{day}.csv"] = orders(order(number, number, day, "70.00"))
        files[f"order_items/{day}.csv"] = order_items(item(number, number, number, 1, day))
    return {name: content for name, content in files.items() if name not in left_out}


KNOWN = (
    "order_date total_sales order_count line_count sales_prev_day sales_dod_pct sales_ma7"
    " ma7_days_observed sales_mtd incomplete_days_mtd is_complete"
)


def test_a_day_without_its_orders_file_is_unknown_and_left_out_of_means(tmp_path: Path) -> None:
    """Its line waits for its order. Six of the seven days up to the 7th, 8th and 9th are known."""
    oracle = oracle_of(tmp_path, week("orders/2025-04-04.csv"))
    assert values_of(oracle, "gold.daily_sales", KNOWN)[2:] == [
        line.split()
        for line in (
            "2025-04-03 70.00 1 1 70.00 0.000000     - 3 210.00 0 True",
            "2025-04-04     - - - 70.00        -     - 3 210.00 1 False",
            "2025-04-05 70.00 1 1     -        -     - 4 280.00 1 True",
            "2025-04-06 70.00 1 1 70.00 0.000000     - 5 350.00 1 True",
            "2025-04-07 70.00 1 1 70.00 0.000000 70.00 6 420.00 1 True",
            "2025-04-08 70.00 1 1 70.00 0.000000 70.00 6 490.00 1 True",
            "2025-04-09 70.00 1 1 70.00 0.000000 70.00 6 560.00 1 True",
        )
    ]


def test_a_day_without_its_lines_has_its_orders_and_is_no_part_of_a_mean(tmp_path: Path) -> None:
    oracle = oracle_of(tmp_path, week("order_items/2025-04-04.csv"))
    assert values_of(oracle, "gold.daily_sales", f"{KNOWN} orders_complete lines_complete")[3] == (
        [
            "2025-04-04",
            "70.00",
            "1",
            "-",
            "70.00",
            "-",
            "-",
            "3",
            "280.00",
            "1",
            "False",
            "True",
            "False",
        ]
    )


def test_a_file_without_records_is_a_day_on_which_nothing_was_sold(tmp_path: Path) -> None:
    closed: dict[str, str | bytes] = {
        "orders/2025-04-04.csv": orders(),
        "order_items/2025-04-04.csv": order_items(),
        "orders/2025-04-06.csv": orders(),  # the same content is no copy: it has no records
        "order_items/2025-04-06.csv": order_items(),
    }
    oracle = oracle_of(tmp_path, week() | closed)
    assert [values_of(oracle, "gold.daily_sales", KNOWN)[number] for number in (3, 5, 6)] == [
        ["2025-04-04", "0.00", "0", "0", "70.00", "-1.000000", "-", "4", "210.00", "0", "True"],
        ["2025-04-06", "0.00", "0", "0", "70.00", "-1.000000", "-", "6", "280.00", "0", "True"],
        # 350 in seven days
        ["2025-04-07", "70.00", "1", "1", "0.00", "-", "50.00", "7", "350.00", "0", "True"],
    ]


def test_a_mean_over_too_few_known_days_is_unknown(tmp_path: Path) -> None:
    """Of the seven days up to the 7th four are known, of those up to the 8th and 9th five."""
    lost = [f"orders/2025-04-0{number}.csv" for number in (1, 2, 4)]
    rows = values_of(oracle_of(tmp_path, week(*lost)), "gold.daily_sales", "sales_ma7 orders_ma7")
    assert sorted(rows) == sorted([["-", "-"]] * 7 + [["70.00", "1.00"]] * 2)


def test_the_first_and_the_last_day_are_there_when_their_files_are_not_loaded(
    tmp_path: Path,
) -> None:
    broken: dict[str, str | bytes] = {"orders/2025-04-01.csv": b"", "orders/2025-04-09.csv": b""}
    rows = values_of(oracle_of(tmp_path, week() | broken), "gold.daily_sales", KNOWN)
    assert rows[0] == ["2025-04-01", "-", "-", "-", "-", "-", "-", "0", "-", "1", "False"]
    assert rows[-1] == [
        "2025-04-09",
        "-",
        "-",
        "-",
        "70.00",
        "-",
        "70.00",
        "6",
        "490.00",
        "2",
        "False",
    ]


def test_what_other_files_know_of_an_incomplete_day_is_shown(tmp_path: Path) -> None:
    late: dict[str, str | bytes] = {
        "orders/2025-04-05.csv": orders(
            order(5, 5, "2025-04-05", "70.00"), order(44, 4, "2025-04-04", "9.00")
        )
    }
    oracle = oracle_of(tmp_path, week("orders/2025-04-04.csv") | late)
    assert values_of(oracle, "gold.daily_sales", KNOWN)[3] == (
        ["2025-04-04", "9.00", "1", "-", "70.00", "-", "-", "3", "219.00", "1", "False"]
    )


def test_weekdays_cohorts_departments_and_trends_speak_of_complete_days(tmp_path: Path) -> None:
    """Friday the 4th is the only Friday; products sell once a day, so the trend is even."""
    oracle = oracle_of(tmp_path, week("orders/2025-04-04.csv"))
    patterns = (
        "distinct day_of_week, complete_days, sum(orders) over (partition by day_of_week) as orders"
    )
    rows = oracle.rows("gold.order_time_patterns", [patterns], ["1"])
    assert rows == [
        (1, 1, 1), (2, 2, 2), (3, 2, 2), (4, 1, 1), (5, 0, None), (6, 1, 1), (7, 1, 1)
    ]  # fmt: skip
    weeks = "period_type = 'week' and period_index = 0"
    cohorts = "cohort_period orders is_complete"
    assert values_of(oracle, "gold.cohort_retention", cohorts, weeks) == [
        ["2025-03-31", "5", "False"],
        ["2025-04-07", "3", "False"],
    ]
    columns = "period_start total_sales sales_rank growth_pct is_complete"
    days = "department = 'Books' and period_start between '2025-04-03' and '2025-04-06'"
    assert values_of(oracle, "gold.department_analytics", columns, days) == [
        line.split()
        for line in (
            "2025-04-03 70.00 1 0.000000 True",
            "2025-04-04 - - - False",
            "2025-04-05 70.00 1 - True",
            "2025-04-06 70.00 1 0.000000 True",
        )
    ]
    whole = "total_sales incomplete_days is_complete"
    assert values_of(oracle, "gold.department_analytics", whole, "period_type = 'all'") == [
        ["560.00", "1", "False"]
    ]
    trend = "quantity_last_7d quantity_prev_7d trend_pct incomplete_days_last_7d"
    # 6 units on six days after 2 on the only two of the seven before: as many a day
    assert values_of(oracle, "gold.product_performance", trend, "product_id = 1") == [
        ["6", "2", "0.000000", "1"]
    ]
