"""Carries out a plan file by file.

Data flow: plan -> places of all defects -> products, days in order, extra files, manifest
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingestion.tables import TABLES
from lakehouse.generate.corrections import Corrections
from lakehouse.generate.csv_text import render
from lakehouse.generate.edits import Editor
from lakehouse.generate.file_places import Extra, missing_files, path_of, place_files
from lakehouse.generate.layout import EXTRA_COLUMN, arrange, dress
from lakehouse.generate.manifest import Injected, Manifest, sorted_defects
from lakehouse.generate.plan import Plan
from lakehouse.generate.record_places import PRODUCTS_FILE, FileKey, place_records
from lakehouse.generate.registry import DEFECTS, Outcome
from lakehouse.generate.shop import MOST_LINES, Columns, Shop
from lakehouse.generate.tally import Tally
from lakehouse.generate.target import RawFolder
from lakehouse.generate.unusable import LACKING, unusable_content

# A file that will be quarantined shows its fault with few records as well as with many.
_MOST_EXTRA_ORDERS = 50


def generate(raw: Path, plan: Plan, on_file: Callable[[str], None] = lambda _: None) -> Manifest:
    """Write the raw files of a plan and their manifest.

    Args:
        raw: The folder to write to; made when it is not there.
        plan: What to write.
        on_file: Called with the relative path of each file once it is written.

    Raises:
        PlanError: The plan can't be carried out; nothing was written.
        LakehouseError: The folder holds data already, or can't be written.
    """
    run = _Run(plan, RawFolder(raw, on_file))
    run.write_products()
    for day in range(plan.days):
        run.write_day(day)
    for extra in run.files.extras:
        run.write_extra(extra)
    manifest = run.manifest()
    manifest.write(raw)
    return manifest


class _Run:
    """One plan on its way to files, with what has to be remembered from file to file."""

    def __init__(self, plan: Plan, folder: RawFolder) -> None:
        self._plan = plan
        self._folder = folder
        self._shop = Shop(plan)
        self._lines = [self._shop.lines(day, plan.orders_per_day) for day in range(plan.days)]
        self._first_item_ids = list(
            accumulate((int(lines.sum()) for lines in self._lines), initial=1)
        )
        self.files = place_files(plan)
        self._places = place_records(plan, self._lines, self.files.missing_days)
        self._corrections = Corrections(plan, self._places.corrections)
        self._editor = Editor(plan.seed)
        self._tally = Tally(self._places)

    def write_products(self) -> None:
        """Write products.csv."""
        self._tally.add(self._write(PRODUCTS_FILE, self._shop.products()))

    def write_day(self, day: int) -> None:
        """Write one day's orders and, unless they are to be missing, its order items."""
        clean = self._shop.day(day, self._plan.orders_per_day, self._first_item_ids[day])
        lines = self._lines[day]
        is_missing = day in self.files.missing_days
        key: FileKey = ("orders", day)
        path = self._path(key)
        self._corrections.keep_back(day, path, clean.orders)
        orders, corrected = self._corrections.append_due(day, path, clean.orders)
        self._tally.add(corrected)
        entries = self._write(key, orders)
        self._tally.add_orders(entries, np.zeros_like(lines) if is_missing else lines)
        key = ("order_items", day)
        if is_missing:
            self._tally.add([Injected("missing_day", self._path(key))])
            return
        items = self._with_good_products(key, clean.items)
        self._tally.add(self._write(key, items))
        self._tally.add_items(day, lines, items["product_id"].to_numpy())

    def write_extra(self, extra: Extra) -> None:
        """Write a file beside the daily ones."""
        if extra.copy_of:
            original = self._path(extra.copy_of)
            self._folder.repeat(extra.path, original)
            self._tally.add([Injected(extra.defect, extra.path, repeats=original)])
            return
        orders = min(self._plan.orders_per_day, _MOST_EXTRA_ORDERS)
        nth_extra = extra.day - self._plan.days
        first_item_id = self._first_item_ids[-1] + nth_extra * orders * MOST_LINES
        day = self._shop.day(extra.day, orders, first_item_id)
        columns = day.orders if extra.table == "orders" else day.items
        self._folder.write(extra.path, unusable_content(extra, columns))
        reason = DEFECTS[extra.defect].reason
        self._tally.add(
            [
                Injected(
                    extra.defect,
                    extra.path,
                    column=LACKING[extra.table][0] if reason == "missing_column" else None,
                    reasons=(reason,) if reason else (),
                )
            ]
        )

    def manifest(self) -> Manifest:
        """The answer sheet of all files written."""
        loaded = 1 + 2 * self._plan.days - len(self.files.missing_days)
        return Manifest(
            self._plan,
            {Outcome.LOADED: loaded, **self._tally.files()},
            missing_files(self._plan, self.files),
            self._tally.totals(),
            sorted_defects(self._tally.defects()),
        )

    def _path(self, key: FileKey) -> str:
        return path_of(self._plan, key, self.files.layouts)

    def _write(self, key: FileKey, columns: Columns) -> list[Injected]:
        """Write one file that will be loaded: returns the defects of its records."""
        table, _ = key
        path = self._path(key)
        layouts = self.files.layouts.get(key, ())
        columns, names = arrange(columns, TABLES[table].column_names, layouts)
        edits = self._places.edits.get(key, {})
        data, entries = self._editor.spoil(render(columns, names), path, names, edits)
        self._folder.write(path, dress(data, layouts))
        self._tally.add_records(table, len(columns[names[0]]))
        self._tally.add(
            Injected(layout, path, column=EXTRA_COLUMN if layout == "extra_column" else None)
            for layout in layouts
        )
        return entries

    def _with_good_products(self, key: FileKey, items: Columns) -> Columns:
        """Let lines with a defect be of sound products: their own defect stays the only one."""
        places = np.fromiter(self._places.edits[key], np.int64)
        product_ids = items["product_id"].to_numpy().copy()
        lost = places[np.isin(product_ids[places], self._places.lost_products)]
        good = self._places.good_products
        product_ids[lost] = good[lost % good.size] if lost.size else 0
        return {**items, "product_id": pa.array(product_ids)}
