"""Which record gets which defect, decided for the whole plan before the first file is written.

Data flow: shares + line counts of every order -> positions in each file with the name of a defect

Three rules keep the expectations exact. A record carries one defect at most. A file stays at or
below the share of rejects for which it would be quarantined whole. An item with a defect belongs to
an order without one, so that it has the reason of its own defect and no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lakehouse.generate.plan import Plan, PlanError
from lakehouse.generate.registry import DEFECTS, Outcome
from lakehouse.generate.shop import Integers, Stream, stream
from lakehouse.generate.variants import VARIANTS

FileKey = tuple[str, int]
PRODUCTS_FILE: FileKey = ("products", 0)
# Bronze quarantines a file with more than 10 % rejects.
REJECTS_IN = 10
LOST = (Outcome.REJECTED, Outcome.SILVER_REJECTED)


@dataclass(frozen=True)
class RecordPlaces:
    """Where the records' defects are.

    Attributes:
        edits: For each file the positions (0 is the first record) and the defect there.
        corrections: For each day the earlier (day, position) of the orders that it sends again.
        lost_orders: For each day which orders never reach silver.
        lost_products: Ids of the products that never reach silver.
        good_products: All other ids.
    """

    edits: Mapping[FileKey, Mapping[int, str]]
    corrections: Mapping[int, Sequence[tuple[int, int]]]
    lost_orders: Sequence[npt.NDArray[np.bool_]]
    lost_products: Integers
    good_products: Integers


@dataclass
class _Candidates:
    """The records of one table that may carry a defect, by file."""

    table: str
    sizes: dict[FileKey, int] = field(default_factory=dict)
    free: dict[FileKey, Integers] = field(default_factory=dict)

    def add(self, number: int, size: int, free: Integers) -> None:
        self.sizes[self.table, number] = size
        self.free[self.table, number] = free


def place_records(
    plan: Plan, lines: Sequence[Integers], missing_days: frozenset[int]
) -> RecordPlaces:
    """Place all defects of levels record and row.

    Args:
        plan: Shares and sizes.
        lines: For each day the number of lines of each order.
        missing_days: Days without an order_items file.

    Raises:
        PlanError: The files are too small for all the defects asked for.
    """
    random = stream(plan, Stream.RECORD_DEFECTS)
    products = _Candidates("products")
    products.add(0, plan.products, np.arange(plan.products))
    edits = _spread(plan, products, random)
    orders = _Candidates("orders")
    for day in range(plan.days):
        orders.add(day, plan.orders_per_day, np.arange(plan.orders_per_day))
    edits |= _spread(plan, orders, random)
    corrections = _place_corrections(plan, edits, random)
    lost_orders = [_lost_among(edits["orders", day], count.size) for day, count in enumerate(lines)]
    items = _Candidates("order_items")
    for day, count in enumerate(lines):
        if day not in missing_days:
            of_good_order = np.flatnonzero(np.repeat(~lost_orders[day], count))
            items.add(day, int(count.sum()), of_good_order)
    edits |= _spread(plan, items, random)
    is_lost = _lost_among(edits[PRODUCTS_FILE], plan.products)
    return RecordPlaces(
        edits,
        corrections,
        lost_orders,
        lost_products=np.flatnonzero(is_lost) + 1,
        good_products=np.flatnonzero(~is_lost) + 1,
    )


def _spread(
    plan: Plan, table: _Candidates, random: np.random.Generator
) -> dict[FileKey, dict[int, str]]:
    """Deal a table's defects over its files, each record at most once."""
    total = sum(table.sizes.values())
    names = [name for name, tables in VARIANTS.items() if table.table in tables and total]
    is_reject = {name: DEFECTS[name].outcome is Outcome.REJECTED for name in names}
    rejects = _shuffled({n: plan.count(n, total) for n in names if is_reject[n]}, random)
    others = _shuffled({n: plan.count(n, total) for n in names if not is_reject[n]}, random)
    room = np.array([free.size for free in table.free.values()], np.int64)
    limits = np.array([size // REJECTS_IN for size in table.sizes.values()], np.int64)
    of_rejects = _allot(table.table, np.minimum(room, limits), len(rejects), random)
    of_others = _allot(table.table, room - of_rejects, len(others), random)
    edits: dict[FileKey, dict[int, str]] = {}
    for key, bad, other in zip(table.free, of_rejects.tolist(), of_others.tolist(), strict=True):
        chosen = random.choice(table.free[key], bad + other, replace=False).tolist()
        dealt = [rejects.pop() for _ in range(bad)] + [others.pop() for _ in range(other)]
        edits[key] = dict(zip(chosen, dealt, strict=True))
    return edits


def _shuffled(counts: Mapping[str, int], random: np.random.Generator) -> list[str]:
    names = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    random.shuffle(names)
    return [str(name) for name in names]


def _allot(table: str, room: Integers, wanted: int, random: np.random.Generator) -> Integers:
    """Share a number of defects out by the room that each file has."""
    if wanted > room.sum():
        raise PlanError(
            f"The defects ask for {wanted:,} records of {table}, but only {room.sum():,} can carry "
            f"one (one defect a record; bronze quarantines a file with more than 1 bad record in "
            f"{REJECTS_IN}).",
            "Ask for more orders a day, more products or smaller shares.",
        )
    if wanted == 0:
        return np.zeros(room.size, np.int64)
    return random.multivariate_hypergeometric(room, wanted)


def _place_corrections(
    plan: Plan, edits: Mapping[FileKey, Mapping[int, str]], random: np.random.Generator
) -> dict[int, list[tuple[int, int]]]:
    """Choose sound orders, each to be sent again on one of the days after its own."""
    count = plan.count("corrected_order", plan.days * plan.orders_per_day)
    is_free = np.ones((max(plan.days - 1, 0), plan.orders_per_day), bool)
    for day in range(plan.days - 1):
        is_free[day, list(edits["orders", day])] = False
    free = np.flatnonzero(is_free)
    if count > free.size:
        raise PlanError(
            f"corrected_order asks for {count:,} orders, but only {free.size:,} have a later day "
            "and no other defect.",
            "Ask for more days or a smaller share.",
        )
    corrections: dict[int, list[tuple[int, int]]] = {}
    for place in sorted(random.choice(free, count, replace=False).tolist()):
        day, position = divmod(place, plan.orders_per_day)
        later = int(random.integers(day + 1, plan.days))
        corrections.setdefault(later, []).append((day, position))
    return corrections


def _lost_among(edits: Mapping[int, str], size: int) -> npt.NDArray[np.bool_]:
    """Mark the records that a defect keeps out of silver."""
    is_lost = np.zeros(size, bool)
    is_lost[[place for place, name in edits.items() if DEFECTS[name].outcome in LOST]] = True
    return is_lost
