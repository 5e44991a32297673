from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.lakehouse.report.lakes import (
    MONDAY,
    NONE,
    ONE,
    few_days,
    money,
    seen,
)
from tests.lakehouse.report.seen import Seen


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return seen(tmp_path_factory.mktemp("few"), few_days())


def test_the_top_shows_the_totals_the_days_and_the_run(shown: Seen) -> None:
    assert "Orders of 1 April to 3 April 2025. Customers as of Thursday 3 April 2025." in shown.text
    assert "Run 2 (run 2), well, 2 Apr 2025 06:30 UTC." in shown.text
    assert "Sales 200 currency units Orders 3 in 3 days" in shown.text
    assert "Per order 66.67 currency units Customers 2 50.0% ordered more than once" in shown.text


def test_every_day_is_shown_also_without_orders_or_files(shown: Seen) -> None:
    assert shown.tables["Sales by day, newest first"][1:] == [
        ["Thursday 3 April 2025", "49.50", NONE, "1", "49.50", "0.00", "missing"],
        ["Wednesday 2 April 2025", "0.00", NONE, "0", NONE, "0.00", "complete"],
        ["Tuesday 1 April 2025", "150.50", NONE, "2", "75.25", "150.50", "complete"],
    ]
    assert (
        "The best day was Tuesday 1 April 2025 with 150.50; a day of the 2 days known brings 75"
        in shown.text
    )
    assert "sales of a day of which a file is missing" in shown.text


def test_the_mean_of_seven_days_is_shown_once_there_is_one(shown: Seen, tmp_path: Path) -> None:
    assert "The mean of the last seven days is" not in shown.text
    days = [
        (
            ONE + timedelta(n),
            money("70"),
            money("70") if n > 5 else None,
            min(n + 1, 7),
            1,
            money("70"),
            0,
            0,
            True,
            True,
        )
        for n in range(8)
    ]
    week = seen(tmp_path, few_days() | {"gold/daily_sales": days})
    assert "The mean of the last seven days is 70." in week.text
    assert "sales of a day of which a file is missing" not in week.text


def test_departments_are_those_of_all_days_by_sales(shown: Seen) -> None:
    assert "Toys brings most, 66.4% of sales; Books brings least, 33.6%." in shown.text
    assert shown.tables["Departments, by sales"][1:] == [
        ["Toys", "100.00", "66.4%", "2", "1", "33.3%", "1", "1", "1"],
        ["Books", "50.50", "33.6%", "1", "1", "33.3%", "1", "1", "2"],
    ]


def test_segments_show_their_share_of_customers_and_of_sales(shown: Seen) -> None:
    assert "The segment champions has 50.0% of the customers and brings 74.8% of s" in shown.text
    assert shown.tables["Segments, by sales"][1:] == [
        ["champions", "1", "50.0%", "149.50", "74.8%", "2", "149.50", "0"],
        ["cannot lose", "1", "50.0%", "50.50", "25.3%", "1", "50.50", "2"],
    ]


def test_a_week_that_is_not_over_has_no_retention_rate(shown: Seen) -> None:
    assert "Of 4 customers, 1 (25.0%) ordered again in the week after" in shown.text
    table = shown.tables["Share of a week's new customers who order in each week after it"]
    assert table == [
        ["week of first order", "customers", "week 1", "week 2"],
        ["Monday 31 March 2025", "4", "25.0%", "not over"],
        ["Monday 7 April 2025", "2", "not over", ""],
    ]


def test_before_a_week_is_over_there_is_no_number_of_retention(tmp_path: Path) -> None:
    first = [("week", MONDAY, 0, 4, 4, money("1"), True)]
    assert (
        "No week after a first order is over yet."
        in seen(tmp_path, few_days() | {"gold/cohort_retention": first}).text
    )


def test_the_hours_of_the_week_name_the_busiest(shown: Seen) -> None:
    assert (
        "A complete day brings most orders on Tuesday from 09:00 to 10:00: 2 orders on 1 day, of 3"
        " on 7 days in all." in shown.text
    )
    rows = shown.tables["Orders by hour and weekday"]
    assert rows[10] == ["09:00", "0", "2", "0", "0", "0", "0", "0"]
    assert rows[24] == ["23:00", "0", "0", "0", "1", "0", "0", "0"]


def test_the_busiest_hour_is_that_of_a_day_where_weekdays_have_unequal_numbers(
    tmp_path: Path,
) -> None:
    """Three on two Mondays are less than two on one Tuesday."""
    patterns = [
        (day, hour, {1: 3, 2: 2}.get(day, 0) if hour == 9 else 0, 2 if day == 1 else 1)
        for day in range(1, 8)
        for hour in range(24)
    ]
    shown = seen(tmp_path, few_days() | {"gold/order_time_patterns": patterns})
    assert (
        "A complete day brings most orders on Tuesday from 09:00 to 10:00: 2 orders on 1 day, of 5"
        " on 8 days in all." in shown.text
    )
    rows = shown.tables["Orders by hour and weekday"]
    assert rows[10] == ["09:00", "3", "2", "0", "0", "0", "0", "0"]
    assert rows[25] == ["complete days", "2", "1", "1", "1", "1", "1", "1"]


def test_a_day_that_lacks_its_order_items_alone_is_in_the_sales_and_said_so(shown: Seen) -> None:
    assert (
        "Order items of 1 day are missing or unusable: 3 April 2025. Their orders are in the sales"
        in shown.text
    )
    assert "Sales are too low" not in shown.text


def test_the_top_products_are_those_with_sales(shown: Seen) -> None:
    assert "Ball leads with 100.00. Class A, the 2 best of 3 products, brings 100.0%" in shown.text
    assert [row[:3] for row in shown.tables["Products, by sales"][1:]] == [
        ["1", "Ball", "2"],
        ["2", "Atlas", "1"],
    ]


def test_files_that_are_missing_or_in_quarantine_are_listed(shown: Seen) -> None:
    assert "5 files are loaded; 1 of the expected files is missing or unusable." in shown.text
    days = shown.tables["State of the files of each day, newest first"]
    assert days[:2] == [
        ["day", "orders", "order items"],
        ["Thursday 3 April 2025", "loaded", "quarantined"],
    ]
    missing = shown.tables["Files that are expected and not loaded, newest first"]
    assert missing[1:] == [["order_items/2025-04-03.csv", "quarantined"]]
    assert shown.tables["Files in quarantine, with the reason"][1:] == [
        ["order_items/2025-04-03.csv", "empty_file"]
    ]


def test_refused_records_are_counted_by_reason(shown: Seen) -> None:
    assert "The most frequent reason is missing:date in orders: 2 records." in shown.text
    example = "orders/2025-04-01.csv record 4"
    assert shown.tables["Records refused or waiting, by reason"][1:] == [
        ["bronze", "orders", "missing:date", "2", example],
        ["bronze", "orders", "type:order_id", "1", example],
        ["silver", "order items", "unknown_product", "1", "order_items/2025-04-01.csv record 3"],
    ]


def test_sums_that_agree_are_distinguished_from_those_that_do_not(
    shown: Seen, tmp_path: Path
) -> None:
    assert "Comparisons that agree: 2 of 2." in shown.text
    row = ("silver.orders", "gold.daily_sales", "total_sales", 200, 199, 0, 1)
    other = seen(tmp_path, few_days() | {"gold/data_reconciliation": [row]})
    assert "Comparisons that agree: 0 of 1." in other.text
    assert other.tables["The same sum from two tables"][1][-1] == "NO, by 1.00"


def test_tests_are_those_of_the_tables_that_are_shown(shown: Seen) -> None:
    assert "1 of 2 tests passed; 1 test did not." in shown.text
    table = shown.tables["Tests that did not pass"]
    assert table[1:] == [["a name is known", "products", "warn", "4"]]


def test_the_trend_shows_every_run_and_the_growth_of_tables(shown: Seen) -> None:
    assert "Run 2, the newest with tests: 7 passed, 0 warned, 0 failed." in shown.text
    assert [row[2:] for row in shown.tables["Tests by run"][1:]] == [
        ["7", "0", "0"],
        ["5", "1", "1"],
    ]
    assert "2 runs read 12 records and refused 2 (16.7%)." in shown.text
    assert shown.tables["Rows by table"][1:] == [["silver.orders", "", "3", "+1", "2", "3"]]


def test_only_the_newest_days_of_a_long_time_are_drawn(tmp_path: Path) -> None:
    first = date(2024, 1, 1)
    days = [
        (first + timedelta(n), money("1"), money("1"), 1, money("1"), 0, 1, 2, 2, 2)
        for n in range(400)
    ]
    shown = seen(tmp_path, few_days() | {"gold/daily_sales": days})
    assert len(shown.tables["Sales by day, newest first"]) == 1 + 366
    assert "The newest 366 days." in shown.text
    assert "Sales 400 currency units" in shown.text


def test_a_day_that_is_not_known_is_a_gap_and_named_on_top(tmp_path: Path) -> None:
    """The second day brought 9.00 at least, of the third nothing is known."""
    two, three = ONE + timedelta(1), ONE + timedelta(2)
    days = [
        (ONE, money("150"), None, 1, 2, money("75"), money("150"), 2, True, True),
        (two, money("9"), None, 1, 1, money("9"), money("0"), 0, False, False),
        (three, None, None, 1, None, None, None, None, False, False),
    ]
    shown = seen(tmp_path, few_days() | {"gold/daily_sales": days})
    assert (
        "Orders of 2 days are missing or unusable: 3 April 2025, 2 April 2025. Sales are too low"
        in shown.text
    )
    assert "Order items of" not in shown.text
    assert "a day of the 1 day known brings 150 on average" in shown.text
    assert shown.tables["Sales by day, newest first"][1] == [
        *("Thursday 3 April 2025", NONE, NONE, NONE, NONE, NONE, "missing")
    ]
    patterns = [
        (day, hour, None if day == 5 else 1, int(day != 5))
        for day in range(1, 8)
        for hour in range(24)
    ]
    shown = seen(tmp_path / "hours", few_days() | {"gold/order_time_patterns": patterns})
    assert shown.tables["Orders by hour and weekday"][1] == [
        *("00:00", "1", "1", "1", "1", NONE, "1", "1")
    ]
