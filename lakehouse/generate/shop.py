"""A clean shop: products, and orders with their lines day by day, in the shape of the real data.

Data flow: plan -> one random stream for each part and day -> Arrow columns of one file

Each day draws from streams of its own. A longer plan therefore begins with the very files of a
shorter one, and a day can be made without the days before it.

The real data's quirks are kept because the models must bear them: department_id says nothing about
the department, days since the prior order differ inside an order, the reordered flag is a coin
toss, and a product may stand in an order twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakehouse.generate.plan import Plan

Columns = dict[str, pa.Array]
Integers = npt.NDArray[np.int64]

DEPARTMENTS = ("Books", "Clothing", "Electronics", "Home", "Sports", "Toys")
FIRST_ORDER_ID = 10_000
FIRST_USER_ID = 1_001
MOST_LINES = 10
_MINUTES = 24 * 60
_LOWEST_CENTS, _HIGHEST_CENTS = 2_000, 50_000
# A pool that does not grow with the days: the longer the history, the more customers return.
_USERS_PER_DAILY_ORDER = 12
_WORD_TEXT = (
    "Store There Hand Easy Woman Yard Cause Machine Red Light Paper River Stone Music Garden "
    "Window Bridge Summer Winter Coffee Silver Golden Rapid Quiet Bright Simple Modern Classic "
    "Travel Family Studio Ocean Forest Desert Mountain Planet Rocket Pocket Mirror Candle"
)
_WORDS = _WORD_TEXT.split()


class Stream(IntEnum):
    """Independent random streams, so that asking more of one leaves the others as they were."""

    PRODUCTS = 1
    WEIGHTS = 2
    LINES = 3
    ORDERS = 4
    ITEMS = 5
    FILE_DEFECTS = 6
    RECORD_DEFECTS = 7
    CORRECTIONS = 8


def stream(plan: Plan, which: Stream, number: int = 0) -> np.random.Generator:
    """Open one random stream of the plan's seed."""
    return np.random.default_rng([plan.seed, which, number])


@dataclass(frozen=True)
class Day:
    """The clean content of one day's two files."""

    orders: Columns
    items: Columns


class Shop:
    """Makes the clean data of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        weights = stream(plan, Stream.WEIGHTS)
        self._product_odds = _long_tail(weights, plan.products, sigma=0.5)
        self._user_odds = _long_tail(weights, plan.orders_per_day * _USERS_PER_DAILY_ORDER + 8, 1.0)

    def products(self) -> Columns:
        """The products, ids from 1 on."""
        random = stream(self._plan, Stream.PRODUCTS)
        count = self._plan.products
        ids = np.arange(1, count + 1)
        words = random.integers(0, len(_WORDS), count)
        departments = pa.array(DEPARTMENTS)
        return {
            "product_id": pa.array(ids),
            "department_id": pa.array(random.integers(1, len(DEPARTMENTS) + 1, count)),
            "department": departments.take(pa.array(random.integers(0, len(DEPARTMENTS), count))),
            "product_name": pa.array(
                f"Product_{number}_{_WORDS[word]}"
                for number, word in zip(ids.tolist(), words.tolist(), strict=True)
            ),
        }

    def lines(self, day: int, orders: int) -> Integers:
        """How many lines each order of a day has."""
        return stream(self._plan, Stream.LINES, day).integers(1, MOST_LINES + 1, orders)

    def day(self, day: int, orders: int, first_item_id: int) -> Day:
        """The orders of one day and their lines.

        Args:
            day: Day number; numbers from `plan.days` on lie after the last good day.
            orders: Number of orders.
            first_item_id: The id of the day's first line.
        """
        made = self._orders(day, orders)
        return Day(made, self._items(day, made, self.lines(day, orders), first_item_id))

    def _orders(self, day: int, count: int) -> Columns:
        random = stream(self._plan, Stream.ORDERS, day)
        first_id = FIRST_ORDER_ID + day * self._plan.orders_per_day
        date_text = self._plan.day(day).isoformat()
        minutes = pa.array(random.integers(0, _MINUTES, count))
        cents = random.integers(_LOWEST_CENTS, _HIGHEST_CENTS + 1, count)
        return {
            "order_num": pa.array(random.integers(1, 101, count)),
            "order_id": pa.array(np.arange(first_id, first_id + count)),
            "user_id": pa.array(FIRST_USER_ID + _draw(random, self._user_odds, count)),
            "order_timestamp": _timestamps(date_text).take(minutes),
            "total_amount": _amounts().take(pa.array(cents - _LOWEST_CENTS)),
            "date": pa.repeat(date_text, count),
        }

    def _items(self, day: int, orders: Columns, lines: Integers, first_id: int) -> Columns:
        random = stream(self._plan, Stream.ITEMS, day)
        count = int(lines.sum())
        places = np.repeat(np.arange(lines.size), lines)
        first_line = np.repeat(np.cumsum(lines) - lines, lines)
        of_order = pa.array(places)
        return {
            "id": pa.array(np.arange(first_id, first_id + count)),
            "order_id": orders["order_id"].take(of_order),
            "user_id": orders["user_id"].take(of_order),
            "days_since_prior_order": pa.array(random.integers(0, 31, count)),
            "product_id": pa.array(1 + _draw(random, self._product_odds, count)),
            "add_to_cart_order": pa.array(np.arange(count) - first_line + 1),
            "reordered": pa.array(random.integers(0, 2, count)),
            "order_timestamp": orders["order_timestamp"].take(of_order),
            "date": orders["date"].take(of_order),
        }


def another_amount(random: np.random.Generator, amount: str) -> str:
    """An amount other than the given one, for an order that is corrected."""
    first, second = random.choice(len(_amounts()), 2, replace=False).tolist()
    drawn = str(_amounts()[first])
    return drawn if drawn != amount else str(_amounts()[second])


def _long_tail(random: np.random.Generator, count: int, sigma: float) -> npt.NDArray[np.float64]:
    """Cumulative odds in which few are drawn often and most seldom."""
    odds: npt.NDArray[np.float64] = np.cumsum(random.lognormal(0.0, sigma, count))
    odds /= odds[-1]
    return odds


def _draw(random: np.random.Generator, odds: npt.NDArray[np.float64], count: int) -> Integers:
    return np.searchsorted(odds, random.random(count), side="right")


def _timestamps(date_text: str) -> pa.StringArray:
    return pa.array(f"{date_text}T{at // 60:02}:{at % 60:02}:00" for at in range(_MINUTES))


@cache
def _amounts() -> pa.StringArray:
    """Every amount as text, without trailing zeros: drawing from them is faster than formatting."""
    cents = range(_LOWEST_CENTS, _HIGHEST_CENTS + 1)
    return pa.array(f"{cent // 100}.{cent % 100:02}".rstrip("0").rstrip(".") for cent in cents)
