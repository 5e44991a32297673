"""What is known of a customer besides the scores, counted by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from .oracle import Oracle
from .shop import item, oracle_of, order, order_items, orders, products, values_of

TUESDAY, THURSDAY, LATER = "2025-04-01", "2025-04-03", "2025-04-08"
PRODUCTS = products("1,1,Books,Pen", "2,2,Books,Ink", "3,3,Toys,Kite")


def facts(raw: Path, columns: str, *lines: str, as_of: str | None = None) -> list[list[str]]:
    """These columns of the customers of these orders, which all come in one file."""
    day = None if as_of is None else date.fromisoformat(as_of)
    oracle = oracle_of(raw, {"orders/2025-04-01.csv": orders(*lines)}, as_of_date=day)
    return values_of(oracle, "gold.customer_insights", f"user_id {columns}")


def shop(raw: Path, as_of: date | None = None) -> Oracle:
    """Four orders of user 1, one of user 2; the line of the last order comes after the 9th.

    Books are worth 5.00 and 2.00 to user 1, Toys 5.00 and 3.00, so Toys are the favorite.
    """
    return oracle_of(
        raw,
        {
            "products/products.csv": PRODUCTS,
            "orders/2025-04-01.csv": orders(
                order(1, 1, TUESDAY, "10.00", "09:00:00"),
                order(2, 1, THURSDAY, "2.00", "09:10:00"),
                order(3, 1, THURSDAY, "3.00", "20:00:00"),
                order(4, 1, LATER, "0.01", "20:30:00"),
                order(5, 2, LATER, "7.00"),
                order(6, 1, "2025-04-10", "9.00"),
                order(7, 3, "2025-04-10", "9.00"),
            ),
            "order_items/2025-04-01.csv": order_items(
                item(1, 1, 1, 1, TUESDAY),
                item(2, 1, 1, 3, TUESDAY, position=2, reordered=1),
                item(3, 2, 1, 2, THURSDAY),
                item(4, 3, 1, 3, THURSDAY),
                item(5, 6, 1, 2, "2025-04-10"),
                item(6, 6, 1, 2, "2025-04-10", position=2),
            ),
        },
        as_of_date=as_of,
    )


def known(raw: Path, columns: str) -> list[list[str]]:
    """These columns of both customers of the shop as of the 9th."""
    return values_of(shop(raw, date(2025, 4, 9)), "gold.customer_insights", columns)


def test_orders_and_lines_after_the_as_of_date_do_not_exist(tmp_path: Path) -> None:
    columns = (
        "user_id as_of_date total_orders total_spend avg_order_value min_order_value"
        " max_order_value total_items avg_items_per_order distinct_products distinct_departments"
    )
    assert known(tmp_path, columns) == [
        ["1", "2025-04-09", "4", "15.01", "3.75", "0.01", "10.00", "4", "1.00", "3", "2"],
        ["2", "2025-04-09", "1", "7.00", "7.00", "7.00", "7.00", "0", "0.00", "0", "0"],
    ]


def test_gaps_lie_between_consecutive_orders(tmp_path: Path) -> None:
    """Gaps of 2, 0 and 5 days."""
    columns = (
        "user_id first_order_date last_order_date tenure_days days_since_last_order"
        " avg_days_between_orders median_days_between_orders expected_next_order_date is_overdue"
        " is_repeat_customer"
    )
    assert known(tmp_path, columns) == [
        ["1", TUESDAY, LATER, "8", "1", "2.33", "2.00", "2025-04-10", "False", "True"],
        ["2", LATER, LATER, "1", "1", "-", "-", "-", "-", "False"],
    ]


def test_favorites_have_the_most_lines_or_orders(tmp_path: Path) -> None:
    """Two orders on Tuesdays and on Thursdays, two at 9 and at 20; product 3 has two lines."""
    columns = (
        "user_id favorite_department favorite_department_share favorite_product_id"
        " favorite_day_of_week favorite_hour source_reorder_rate observed_reorder_rate"
        " exploration_rate"
    )
    assert known(tmp_path, columns) == [
        ["1", "Toys", "0.500000000000", "3", "2", "9", "0.250000", "0.250000", "0.750000"],
        ["2", "-", "-", "-", "2", "10", "-", "-", "-"],
    ]


@pytest.mark.parametrize(
    ("last_bought", "department", "product_id"),
    [({1: "10", 3: "10"}, "Books", "1"), ({1: "10", 3: "11"}, "Books", "3")],
)
def test_ties_of_favorites(
    tmp_path: Path, last_bought: dict[int, str], department: str, product_id: str
) -> None:
    """Of departments the name decides, of products the later purchase and then the lower id."""
    hours = list(last_bought.items())
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": PRODUCTS,
            "orders/2025-04-01.csv": orders(
                *(order(n, 1, TUESDAY, "1.00", f"{hour}:00:00") for n, hour in hours)
            ),
            "order_items/2025-04-01.csv": order_items(
                *(item(n, n, 1, n, TUESDAY) for n, _ in hours)
            ),
        },
    )
    columns = "favorite_department favorite_product_id"
    assert values_of(oracle, "gold.customer_insights", columns) == [[department, product_id]]


def placed(user_id: int, *dates: str) -> list[str]:
    """An order of 1.00 on each of these dates."""
    return [order(10 * user_id + n, user_id, day, "1.00") for n, day in enumerate(dates)]


EXPECTED = "median_days_between_orders expected_next_order_date is_overdue"


@pytest.mark.parametrize(("as_of", "is_overdue"), [("2025-04-09", "False"), ("2025-04-10", "True")])
def test_the_next_order_is_expected_after_the_median_gap(
    tmp_path: Path, as_of: str, is_overdue: str
) -> None:
    """Gaps of 4 and 1 days: 2.5, rounded to 3. Only a day past the expected one is overdue."""
    lines = placed(1, "2025-04-01", "2025-04-05", "2025-04-06")
    assert facts(tmp_path, EXPECTED, *lines, as_of=as_of) == [
        ["1", "2.50", "2025-04-09", is_overdue]
    ]


def test_who_has_too_few_orders_is_expected_like_the_others_of_the_segment(tmp_path: Path) -> None:
    """As of two years later all score 1. Median gaps of 2.5 and 2 days: 2.25, rounded to 2."""
    lines = [
        *placed(1, "2025-04-01", "2025-04-05", "2025-04-06"),
        *placed(2, "2025-04-01", "2025-04-03", "2025-04-05"),
        *placed(3, "2025-04-01"),
        *placed(4, "2025-03-01", "2025-04-01"),
    ]
    assert facts(tmp_path / "even", EXPECTED, *lines, as_of="2027-01-01") == [
        ["1", "2.50", "2025-04-09", "True"],
        ["2", "2.00", "2025-04-07", "True"],
        ["3", "-", "2025-04-03", "True"],
        ["4", "31.00", "2025-04-03", "True"],
    ]
    lines += placed(5, "2025-04-01", "2025-04-10", "2025-04-20")
    rows = facts(tmp_path / "odd", EXPECTED, *lines, as_of="2027-01-01")
    assert [row[2] for row in rows] == [
        "2025-04-09",
        "2025-04-07",
        "2025-04-04",
        "2025-04-04",
        "2025-04-30",
    ]


def test_another_segment_says_nothing(tmp_path: Path) -> None:
    lines = [*placed(1, "2025-04-01", "2025-04-02", "2025-04-03"), *placed(2, "2025-04-01")]
    rows = facts(tmp_path, f"customer_segment {EXPECTED}", *lines)
    assert rows == [
        ["1", "champions", "1.00", "2025-04-04", "False"],
        ["2", "hibernating", "-", "-", "-"],
    ]


def test_the_windows_are_the_30_and_90_days_that_end_at_the_as_of_date(tmp_path: Path) -> None:
    last = date(2025, 4, 10)
    lines = [
        order(days, 1, str(last - timedelta(days=days)), f"{days}.00") for days in (29, 30, 89, 90)
    ]
    columns = "orders_30d spend_30d orders_90d spend_90d"
    assert facts(tmp_path / "inside", columns, *lines, as_of=str(last)) == [
        ["1", "1", "29.00", "3", "148.00"]
    ]
    assert facts(tmp_path / "outside", columns, lines[3], as_of=str(last)) == [
        ["1", "0", "0.00", "0", "0.00"]
    ]


@pytest.mark.parametrize(
    ("tenure", "since", "stage"),
    [
        (30, 30, "new"),
        (31, 30, "active"),
        (31, 31, "lapsing"),
        (60, 60, "lapsing"),
        (61, 61, "lapsed"),
        (90, 90, "lapsed"),
        (91, 91, "churned"),
    ],
)
def test_the_stages_of_a_customer(tmp_path: Path, tenure: int, since: int, stage: str) -> None:
    last = date(2025, 4, 10)
    lines = placed(1, *(str(last - timedelta(days=days)) for days in (tenure, since)))
    assert facts(tmp_path, "lifecycle_stage", *lines, as_of=str(last)) == [["1", stage]]


@pytest.mark.parametrize(
    ("as_of", "value"), [("2025-06-28", "-"), ("2025-06-29", "3.00"), ("2025-06-30", "3.00")]
)
def test_the_value_of_90_days_is_known_when_they_are_over(
    tmp_path: Path, as_of: str, value: str
) -> None:
    """The 29th of June is the last of the 90 days, the 30th the first one after them."""
    lines = order(1, 1, TUESDAY, "1.00"), order(2, 1, "2025-06-29", "2.00")
    later = order(3, 1, "2025-06-30", "4.00")
    assert facts(tmp_path, "clv_observed_90d", *lines, later, as_of=as_of) == [["1", value]]


def test_spend_is_ranked_with_equal_ranks_for_equals(tmp_path: Path) -> None:
    lines = [order(n, n, TUESDAY, amount) for n, amount in enumerate(["1", "2", "2", "5"], 1)]
    columns = "spend_percentile spend_decile"
    assert facts(tmp_path / "four", columns, *lines) == [
        ["1", "0.000000", "1"],
        ["2", "0.333333", "4"],
        ["3", "0.333333", "4"],
        ["4", "1.000000", "10"],
    ]
    assert facts(tmp_path / "one", columns, lines[0]) == [["1", "0.000000", "1"]]


def test_a_cohort_is_that_of_the_first_order(tmp_path: Path) -> None:
    columns = "cohort_month cohort_week rfm_code rfm_total"
    lines = placed(1, "2025-04-06", "2025-05-20"), placed(2, "2025-05-05")
    assert facts(tmp_path, columns, *lines[0], *lines[1]) == [
        ["1", "2025-04-01", "2025-03-31", "555", "15"],
        ["2", "2025-05-01", "2025-05-05", "111", "3"],
    ]
