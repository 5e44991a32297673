"""Scores, segments and recency of customers, counted by hand."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

from .shop import oracle_of, order, orders

FIRST, SECOND = "2025-04-01", "2025-04-02"

INSIGHTS = [
    "user_id",
    "total_orders",
    "total_spend",
    "days_since_last_order",
    "recency_score",
    "frequency_score",
    "monetary_score",
    "customer_segment",
]


def insights(raw: Path, *lines: str, as_of: date | None = None) -> list[tuple[object, ...]]:
    """The customers of these orders, which all come in one file."""
    oracle = oracle_of(raw, {"orders/2025-04-01.csv": orders(*lines)}, as_of_date=as_of)
    return oracle.rows("gold.customer_insights", INSIGHTS, ["user_id"])


def test_scores_are_five_for_the_best_and_equal_for_equals(tmp_path: Path) -> None:
    """Six users: percent_rank steps of 0.2, so the sixth step is capped at 5."""
    rows = insights(
        tmp_path,
        order(1, 1, "2025-04-01", "1.00"),
        order(2, 2, "2025-04-02", "2.00"),
        order(3, 3, "2025-04-02", "3.00"),
        order(4, 4, "2025-04-04", "4.00"),
        order(5, 5, "2025-04-05", "4.00"),
        order(6, 6, "2025-04-05", "1.00"),
        order(7, 6, "2025-04-06", "5.00"),
    )
    assert rows == [
        (1, 1, Decimal("1.00"), 5, 1, 1, 1, "hibernating"),
        (2, 1, Decimal("2.00"), 4, 2, 1, 2, "about_to_sleep"),
        (3, 1, Decimal("3.00"), 4, 2, 1, 3, "at_risk"),
        (4, 1, Decimal("4.00"), 2, 4, 1, 4, "new"),
        (5, 1, Decimal("4.00"), 1, 5, 1, 4, "new"),
        (6, 2, Decimal("6.00"), 0, 5, 5, 5, "champions"),
    ]


def test_a_single_customer_scores_one(tmp_path: Path) -> None:
    assert insights(tmp_path, order(1, 1, FIRST, "1.00")) == [
        (1, 1, Decimal("1.00"), 0, 1, 1, 1, "hibernating")
    ]


def test_two_customers_score_one_and_five(tmp_path: Path) -> None:
    rows = insights(tmp_path, order(1, 1, FIRST, "2.00"), order(2, 2, SECOND, "1.00"))
    assert [row[4:] for row in rows] == [(1, 1, 5, "hibernating"), (5, 1, 1, "new")]


def test_the_lookback_has_365_days_and_who_is_outside_scores_one(tmp_path: Path) -> None:
    """2024-04-02 is the first of the 365 days that end on 2025-04-01; 2024-04-01 is outside."""
    rows = insights(
        tmp_path,
        order(1, 1, "2024-04-01", "900.00"),
        order(2, 2, "2024-04-02", "1.00"),
        order(3, 3, "2024-04-01", "900.00"),
        order(4, 3, "2025-04-01", "2.00"),
    )
    assert rows == [
        (1, 1, Decimal("900.00"), 365, 1, 1, 1, "hibernating"),
        (2, 1, Decimal("1.00"), 364, 1, 1, 1, "hibernating"),
        (3, 2, Decimal("902.00"), 0, 5, 1, 5, "new"),
    ]


def test_an_as_of_date_moves_recency_and_hides_what_came_later(tmp_path: Path) -> None:
    lines = [order(1, 1, "2025-04-01", "1.00"), order(2, 2, "2025-04-09", "1.00")]
    assert [row[:4] for row in insights(tmp_path, *lines, as_of=date(2025, 4, 5))] == [
        (1, 1, Decimal("1.00"), 4)
    ]
    assert [row[3] for row in insights(tmp_path, *lines, as_of=date(2025, 4, 19))] == [18, 10]
    assert [row[3] for row in insights(tmp_path, *lines)] == [8, 0]


def grid(raw: Path) -> dict[tuple[int, int, int], str]:
    """Users whose scores cover every combination: recency, orders and spend vary independently.

    Each of the three has five equally frequent values, so a value is its score. Spend of 1 to 5
    is reached by any number of orders with cents in the others and the rest in the first.
    """
    lines = []
    for user in range(125):
        recency, frequency, spend = user // 25, user // 5 % 5, user % 5
        for number in range(frequency + 1):
            amount = "0.01" if number else f"{spend + 1 - frequency / 100:.2f}"
            day = f"2025-04-{recency + 1:02d}"
            lines.append(order(user * 10 + number + 1, user + 1, day, amount))
    scores = insights(raw, *lines)
    assert len(scores) == 125
    return {
        (user // 25 + 1, user // 5 % 5 + 1, user % 5 + 1): str(scores[user][7])
        for user in range(125)
        if scores[user][4:7] == (user // 25 + 1, user // 5 % 5 + 1, user % 5 + 1)
    }


def test_every_combination_of_scores_has_the_segment_of_the_first_rule(tmp_path: Path) -> None:
    segments = grid(tmp_path)
    # F + M is at least 8 in 6 of 25 pairs and below 4 in 3 of them.
    assert Counter(segments.values()) == {
        "champions": 12,
        "loyal": 6,
        "cannot_lose": 12,
        "new": 10,
        "potential_loyalist": 28 + 16,
        "needs_attention": 3,
        "at_risk": 16,
        "about_to_sleep": 3,
        "hibernating": 19,
    }
    for (recency, frequency, monetary), segment in segments.items():
        mean = (frequency + monetary) / 2
        rules = [
            ("champions", recency >= 4 and mean >= 4),
            ("loyal", recency == 3 and mean >= 4),
            ("cannot_lose", recency <= 2 and mean >= 4),
            ("new", recency >= 4 and frequency == 1),
            ("potential_loyalist", recency >= 4 or (recency == 3 and mean >= 2)),
            ("needs_attention", recency == 3),
            ("at_risk", recency == 2 and mean >= 2),
            ("about_to_sleep", recency == 2),
            ("hibernating", True),
        ]
        assert segment == next(name for name, holds in rules if holds)
