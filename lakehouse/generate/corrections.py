"""Orders that are sent again with another amount in the file of a later day.

Data flow: orders of a day -> rows kept back -> appended to a later day's orders + manifest entries
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from lakehouse.generate.manifest import Injected
from lakehouse.generate.plan import Plan
from lakehouse.generate.shop import Columns, Stream, another_amount, stream

_AMOUNT = "total_amount"


class Corrections:
    """Keeps the rows between the day they belong to and the day they are sent again.

    Args:
        plan: The plan.
        placed: For each day the earlier (day, position) of the orders that it sends again.
    """

    def __init__(self, plan: Plan, placed: Mapping[int, Sequence[tuple[int, int]]]) -> None:
        self._plan = plan
        self._due: dict[int, list[tuple[dict[str, Any], str]]] = {}
        self._later: dict[int, list[tuple[int, int]]] = {}
        for later, originals in placed.items():
            for day, position in originals:
                self._later.setdefault(day, []).append((position, later))

    def keep_back(self, day: int, path: str, orders: Columns) -> None:
        """Remember the rows of a day's file that a later file will repeat."""
        for position, later in self._later.get(day, ()):
            row = {name: values[position].as_py() for name, values in orders.items()}
            self._due.setdefault(later, []).append((row, path))

    def append_due(self, day: int, path: str, orders: Columns) -> tuple[Columns, list[Injected]]:
        """Append what is due on a day, each row as it was but for its amount."""
        due = self._due.pop(day, [])
        if not due:
            return orders, []
        random = stream(self._plan, Stream.CORRECTIONS, day)
        rows = [{**row, _AMOUNT: another_amount(random, row[_AMOUNT])} for row, _ in due]
        first_number = len(orders[_AMOUNT]) + 1
        entries = [
            Injected(
                "corrected_order",
                path,
                number,
                column=_AMOUNT,
                value=row[_AMOUNT],
                key=row["order_id"],
                repeats=original,
            )
            for number, (row, (_, original)) in enumerate(zip(rows, due, strict=True), first_number)
        ]
        longer = {
            name: pa.concat_arrays([values, pa.array([row[name] for row in rows], values.type)])
            for name, values in orders.items()
        }
        return longer, entries
