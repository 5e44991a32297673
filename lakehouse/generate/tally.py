"""Counts what was written, and who waits for what was lost, into the manifest's totals.

Data flow: entries and item columns of each file -> entries with their consequence + totals by table
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from ingestion.tables import TABLES
from lakehouse.generate.manifest import Injected, TableTotals
from lakehouse.generate.record_places import LOST, RecordPlaces
from lakehouse.generate.registry import Outcome
from lakehouse.generate.shop import Integers


class Tally:
    """Collects the defects of all files and the totals that follow from them."""

    def __init__(self, places: RecordPlaces) -> None:
        self._places = places
        self._entries: list[Injected] = []
        self._records: Counter[str] = Counter()
        self._waiting_for_parent = 0
        self._items_of_product = np.zeros(
            1 + places.lost_products.size + places.good_products.size, np.int64
        )

    def add(self, entries: Iterable[Injected]) -> None:
        """Note defects whose consequence, if any, is already in them."""
        self._entries.extend(entries)

    def add_records(self, table: str, count: int) -> None:
        """Note that a file which will be loaded holds so many records."""
        self._records[table] += count

    def add_orders(self, entries: Iterable[Injected], lines: Integers) -> None:
        """Note the defects of orders: the lines of an order that is lost will wait."""
        self.add(
            replace(entry, waiting_items=int(lines[(entry.record_number or 0) - 1]))
            if entry.outcome in LOST
            else entry
            for entry in entries
        )

    def add_items(self, day: int, lines: Integers, product_ids: Integers) -> None:
        """Note the lines of a day that wait for a lost order, a lost product or both."""
        waits_for_product = np.isin(product_ids, self._places.lost_products)
        waits_for_order = np.repeat(self._places.lost_orders[day], lines)
        self._waiting_for_parent += int((waits_for_product | waits_for_order).sum())
        self._items_of_product += np.bincount(
            product_ids[waits_for_product], minlength=self._items_of_product.size
        )

    def defects(self) -> Sequence[Injected]:
        """All defects, those of products with the lines that wait for them."""
        return [self._with_waiting_items(entry) for entry in self._entries]

    def totals(self) -> dict[str, TableTotals]:
        """What the pipeline should count, by table."""
        found = Counter(
            (entry.file.partition("/")[0], entry.outcome)
            for entry in self._entries
            if entry.record_number is not None
        )
        return {
            table: TableTotals(
                records=self._records[table],
                clean=self._records[table] - sum(found[table, outcome] for outcome in Outcome),
                rejected=found[table, Outcome.REJECTED],
                superseded=found[table, Outcome.SUPERSEDED],
                silver_rejected=found[table, Outcome.SILVER_REJECTED],
                waiting=found[table, Outcome.WAITING]
                + (self._waiting_for_parent if table == "order_items" else 0),
            )
            for table in TABLES
        }

    def files(self) -> dict[Outcome, int]:
        """Number of extra and missing files by outcome."""
        found = Counter(entry.outcome for entry in self._entries if entry.record_number is None)
        kinds = (Outcome.QUARANTINED, Outcome.DUPLICATE, Outcome.GAP)
        return {outcome: found[outcome] for outcome in kinds}

    def _with_waiting_items(self, entry: Injected) -> Injected:
        if entry.outcome not in LOST or not entry.file.startswith("products/"):
            return entry
        waiting = int(self._items_of_product[entry.record_number or 0])
        return replace(entry, waiting_items=waiting)
