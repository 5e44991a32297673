"""The keys of a raw table whose rows have to be judged again, and the days that they lie on.

Data flow: rows of changed files, and rows that refer to changed rows -> keys -> all versions of
these keys, in bronze and in silver -> days
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from ingestion.tables import TABLES, Table
from orchestration.pipeline.row_lookup import RowLookup, among


class ChangedKeys:
    """Collects the changed keys of a table, as SQL."""

    def __init__(self, rows: RowLookup, table: Table) -> None:
        self._rows = rows
        self._table = table
        self._parts: list[str] = []

    def add_rows_of_files(self, names: Collection[str], dates: Collection[date]) -> None:
        """Add the keys of the rows that these files have, or had when silver was built."""
        if not names:
            return
        of_files = among("source_file", names)
        self._add(f"bronze.{self._table.name}", of_files & among("date", dates))
        for place in _places_in_silver(self._table):  # there a row lies on the day of its order
            self._add(place, of_files)

    def add_rows_that_refer_to_days(
        self, column: str, parent: Table, days: Collection[date]
    ) -> None:
        """Add the keys of the rows whose parent lies on one of the days, or lay there."""
        if not days:
            return
        places = (f"bronze.{parent.name}", *_places_in_silver(parent))
        scans = [self._rows.scan(place, [parent.key], among("date", days)) for place in places]
        keys = " union all ".join(f"select {parent.key} as value from {scan}" for scan in scans)
        self._add_rows_that_refer_to(column, keys)

    def add_rows_that_refer_to_keys(self, column: str, keys: Collection[Any]) -> None:
        """Add the keys of the rows with one of these parents."""
        if keys:
            values = ", ".join(f"({key!r})" for key in keys)
            self._add_rows_that_refer_to(column, f"select * from (values {values}) as keys (value)")

    def days(self) -> set[date]:
        """The days of all versions of the keys, before and now."""
        if not self._parts:
            return set()
        keys = self._rows.keep(" union all ".join(self._parts))
        found = self._days_of(f"bronze.{self._table.name}", self._table.key, keys)
        for place in _places_in_silver(self._table):
            found |= self._days_of(place, self._table.key, keys)
        for reference in self._table.references:
            parent = TABLES[reference.table]
            if parent.partition_by:  # in silver a row lies on its parent's day, not on its own
                found |= self._days_of_parents(reference.column, parent, keys)
        return found

    def _days_of_parents(self, column: str, parent: Table, keys: str) -> set[date]:
        key = self._table.key
        rows = self._rows.scan(
            f"bronze.{self._table.name}", [key, column], self._rows.range_of(key, keys)
        )
        parents = self._rows.keep(
            f"select {column} as value from {rows} where {key} in (select value from {keys})"
        )
        return self._days_of(f"bronze.{parent.name}", parent.key, parents)

    def _days_of(self, place: str, key: str, keys: str) -> set[date]:
        rows = self._rows.scan(place, [key, "date"], self._rows.range_of(key, keys))
        found = self._rows.query(
            f"select distinct date from {rows} where {key} in (select value from {keys})"
        )
        return {day for (day,) in found}

    def _add(self, place: str, where: Any) -> None:
        rows = self._rows.scan(place, [self._table.key], where)
        self._parts.append(f"select {self._table.key} as value from {rows}")

    def _add_rows_that_refer_to(self, column: str, keys: str) -> None:
        parents = self._rows.keep(keys)
        rows = self._rows.scan(
            f"bronze.{self._table.name}",
            [self._table.key, column],
            self._rows.range_of(column, parents),
        )
        self._parts.append(
            f"select {self._table.key} as value from {rows}"
            f" where {column} in (select value from {parents})"
        )


def _places_in_silver(table: Table) -> tuple[str, ...]:
    """The tables of silver that a row of bronze may be in; each row is in one of them."""
    return tuple(f"silver.{table.name}{suffix}" for suffix in ("", "_superseded", "_rejected"))
