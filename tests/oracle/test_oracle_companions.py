"""Cohorts, hours, segments that change and sums that agree, counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from .oracle import Oracle
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

COHORT = "cohort_size retained_customers orders sales is_complete retention_rate"


def oracle_as_of(raw: Path, as_of: str | None, *lines: str) -> Oracle:
    day = None if as_of is None else date.fromisoformat(as_of)
    return oracle_of(raw, daily_orders(*lines), as_of_date=day)


def cohorts(raw: Path, period_type: str, as_of: str | None) -> list[list[str]]:
    """User 1 comes back in the next week and the next month, user 2 does not, 3 is of April too."""
    oracle = oracle_as_of(
        raw,
        as_of,
        order(1, 1, "2025-04-01", "1.00"),
        order(2, 1, "2025-04-08", "2.00"),
        order(3, 1, "2025-05-02", "4.00"),
        order(4, 2, "2025-04-06", "8.00"),
        order(5, 3, "2025-04-30", "16.00"),
    )
    columns = f"cohort_period period_index {COHORT}"
    return values_of(oracle, "gold.cohort_retention", columns, f"period_type = '{period_type}'")


@pytest.mark.parametrize(
    ("as_of", "later"),
    [
        (None, ["2025-04-01 1 3 1 1  4.00 False -"]),
        ("2025-05-30", ["2025-04-01 1 3 1 1  4.00 False -"]),
        ("2025-05-31", ["2025-04-01 1 3 1 1  4.00 True  0.333333"]),
        (
            "2025-06-01",
            [
                "2025-04-01 1 3 1 1  4.00 True  0.333333",
                "2025-04-01 2 3 0 0  0.00 False -",
            ],
        ),
    ],
)
def test_a_month_counts_when_it_is_over(
    tmp_path: Path, as_of: str | None, later: list[str]
) -> None:
    assert cohorts(tmp_path, "month", as_of) == [
        line.split() for line in ["2025-04-01 0 3 3 4 27.00 True  1.000000", *later]
    ]


def test_weeks_run_from_monday_to_the_one_of_the_as_of_date(tmp_path: Path) -> None:
    """The last order is on a Friday; the first period of a cohort is 1 even when it goes on."""
    assert cohorts(tmp_path, "week", None) == [
        line.split()
        for line in (
            "2025-03-31 0 2 2 2  9.00 True  1.000000",
            "2025-03-31 1 2 1 1  2.00 True  0.500000",
            "2025-03-31 2 2 0 0  0.00 True  0.000000",
            "2025-03-31 3 2 0 0  0.00 True  0.000000",
            "2025-03-31 4 2 1 1  4.00 False -",
            "2025-04-28 0 1 1 1 16.00 False 1.000000",
        )
    ]
    assert cohorts(tmp_path, "week", "2025-05-04")[4][6:] == ["True", "0.500000"]


def test_orders_after_the_as_of_date_are_of_no_cohort(tmp_path: Path) -> None:
    assert cohorts(tmp_path, "week", "2025-04-06") == [
        ["2025-03-31", "0", "2", "2", "2", "9.00", "True", "1.000000"]
    ]
    assert cohorts(tmp_path, "week", "2025-03-31") == []


def test_every_hour_of_the_week_has_its_orders(tmp_path: Path) -> None:
    """Two orders on a Tuesday at 10, one on a Sunday at 23."""
    oracle = oracle_as_of(
        tmp_path,
        "2025-04-01",
        order(1, 1, "2025-04-01", "1.00"),
        order(2, 1, "2025-04-08", "2.00", "10:59:59"),
        order(3, 1, "2025-04-06", "4.00", "23:00:00"),
    )
    table, columns = "gold.order_time_patterns", "day_of_week hour orders sales share"
    assert values_of(oracle, table, columns, "orders > 0") == [
        ["2", "10", "2", "3.00", "0.666666666667"],
        ["7", "23", "1", "4.00", "0.333333333333"],
    ]
    rows = values_of(oracle, table, "day_of_week hour")
    assert rows == [[str(day), str(hour)] for day in range(1, 8) for hour in range(24)]
    assert values_of(oracle, table, columns)[0] == ["1", "0", "0", "0.00", "0.000000000000"]


SEGMENTS = [
    order(1, 1, "2025-03-01", "1.00"),
    order(2, 2, "2025-03-02", "2.00"),
    order(3, 2, "2025-03-03", "2.00"),
    order(4, 1, "2025-03-31", "9.00"),
    order(5, 1, "2025-04-01", "9.00"),
    order(6, 3, "2025-04-02", "5.00"),
]


def test_a_segment_is_compared_with_the_one_thirty_days_before(tmp_path: Path) -> None:
    """As of the 2nd of April it is the 3rd of March: user 2 was ahead, user 3 not yet there."""
    oracle = oracle_as_of(tmp_path, None, *SEGMENTS)
    columns = "user_id previous_segment customer_segment"
    assert values_of(oracle, "gold.customer_insights", columns) == [
        ["1", "hibernating", "loyal"],
        ["2", "champions", "hibernating"],
        ["3", "-", "new"],
    ]
    columns = "from_segment to_segment as_of_from as_of_to customers share"
    dates = ["2025-03-03", "2025-04-02"]
    assert values_of(oracle, "gold.segment_migration", columns) == [
        ["champions", "hibernating", *dates, "1", "0.333333333333"],
        ["hibernating", "loyal", *dates, "1", "0.333333333333"],
        ["none", "new", *dates, "1", "0.333333333333"],
    ]


def test_the_lookback_of_the_previous_segment_ends_thirty_days_earlier_too(tmp_path: Path) -> None:
    """As of the 3rd of March, user 2's order of the year before is just outside, user 1's inside.

    So both have two orders, and user 1 the higher spend: 1, 1, 5 against 5, 1, 1.
    """
    lines = [*SEGMENTS, order(7, 1, "2024-03-04", "99.00"), order(8, 2, "2024-03-03", "200.00")]
    columns = "user_id previous_segment"
    oracle = oracle_as_of(tmp_path, "2025-04-02", *lines)
    assert values_of(oracle, "gold.customer_insights", columns) == [
        ["1", "hibernating"],
        ["2", "new"],
        ["3", "-"],
    ]


def test_sums_agree_but_for_orders_without_a_line(tmp_path: Path) -> None:
    """Order 2 has no line; the third order comes after the as-of date."""
    day, later = "2025-04-01", "2025-04-03"
    oracle = oracle_of(
        tmp_path,
        with_all_files(
            {
                "products/products.csv": products("1,1,Books,Pen", "2,1,Books,Ink"),
                "orders/2025-04-01.csv": orders(
                    order(1, 1, day, "1.00"), order(2, 1, day, "2.50"), order(3, 2, later, "4.00")
                ),
                "order_items/2025-04-01.csv": order_items(
                    item(1, 1, 1, 1, day), item(2, 1, 1, 2, day), item(3, 3, 2, 1, later)
                ),
            },
            later,
        ),
        as_of_date=date(2025, 4, 2),
    )
    columns = "measure left_relation right_relation left_value right_value unallocated_value"
    where = "difference = left_value - right_value - unallocated_value and difference = 0"
    assert values_of(oracle, "gold.data_reconciliation", columns, where) == [
        line.split()
        for line in (
            "customer_count silver.orders gold.customer_insights 1.00 1.00 0.00",
            "customer_count silver.orders gold.daily_sales 2.00 2.00 0.00",
            "customer_count silver.orders gold.segment_migration 1.00 1.00 0.00",
            "line_count silver.order_items gold.customer_insights 2.00 2.00 0.00",
            "line_count silver.order_items gold.daily_sales 3.00 3.00 0.00",
            "line_count silver.order_items gold.department_analytics 3.00 3.00 0.00",
            "line_count silver.order_items gold.product_performance 3.00 3.00 0.00",
            "order_count silver.orders gold.customer_insights 2.00 2.00 0.00",
            "order_count silver.orders gold.daily_sales 3.00 3.00 0.00",
            "order_count silver.orders gold.order_time_patterns 3.00 3.00 0.00",
            "product_count silver.products gold.product_performance 2.00 2.00 0.00",
            "total_sales silver.orders gold.customer_insights 3.50 3.50 0.00",
            "total_sales silver.orders gold.daily_sales 7.50 7.50 0.00",
            "total_sales silver.orders gold.department_analytics 7.50 5.00 2.50",
            "total_sales silver.orders gold.order_time_patterns 7.50 7.50 0.00",
            "total_sales silver.orders gold.product_performance 7.50 5.00 2.50",
            "total_sales silver.orders silver.order_items 7.50 5.00 2.50",
        )
    ]


def test_without_any_file_all_sums_are_zero(tmp_path: Path) -> None:
    columns = "left_value right_value unallocated_value difference"
    rows = values_of(oracle_of(tmp_path, {}), "gold.data_reconciliation", columns)
    assert rows == [["0.00"] * 4] * 17
