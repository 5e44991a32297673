"""The rows in which two versions of a table differ, worked out by DuckDB.

Data flow: rows of both, as Arrow datasets -> net difference -> paired by key -> counts, sums, rows

A row that both have as often cancels out, whatever file it lies in. What is left is paired by key:
a key on both sides is a changed row, the others were added or removed. Without a key there are only
added and removed rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow.dataset as ds

from lakehouse.diff.changes import ColumnChange, RowChange, RowChanges

# What it can't hold DuckDB puts beside, into a folder that is gone afterwards.
_MEMORY = "1GB"
_OLD, _NEW = "old_rows", "new_rows"
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", "FLOAT", "DOUBLE")
_FRACTIONS = ("FLOAT", "DOUBLE")
# Of a sum of fractions, which depends on the order in its last digits.
_DIGITS = 12


class RowComparison:
    """Rows of two versions of a table, to be asked what differs.

    Args:
        connection: Nothing else is in it.
        columns: That both have, of one type.
        key: Of the table.
        most: Of the first differing rows.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        columns: Sequence[str],
        key: Sequence[str],
        most: int,
    ) -> None:
        self._connection = connection
        self._columns = list(columns)
        self._key = tuple(key) if set(key) <= set(columns) else ()
        self._most = most

    def changes(self, old: ds.Dataset, new: ds.Dataset, sums: Sequence[str]) -> RowChanges:
        """What differs; `sums` are the columns to add up if they hold numbers."""
        self._register(old, new)
        names = ", ".join(map(_quoted, self._columns))
        self._connection.execute(f"""
            create or replace temp table net as
            select {names}, sum("times of") as "times of"
            from (
                select {names}, 1 as "times of" from {_NEW}
                union all select {names}, -1 from {_OLD}
            )
            group by all having sum("times of") <> 0
        """)
        key = self._key if self._tells_rows_apart() else ()
        self._pair(key)
        added, removed, changed = self._one(f"""
            select
                coalesce(sum(new."times of") filter (old."times of" is null), 0),
                coalesce(-sum(old."times of") filter (new."times of" is null), 0),
                count(*) filter (old."times of" is not null and new."times of" is not null)
            {self._pairs}
        """)
        return RowChanges(
            *(key, int(added), int(removed), changed),
            tuple(self._column_changes(key, sums)),
            tuple(self._first(key)),
        )

    def partitions_that_differ(
        self, old: ds.Dataset, new: ds.Dataset, partitioned_by: Sequence[str]
    ) -> set[tuple[Any, ...]]:
        """Those whose rows have another count or another checksum, read one after the other."""
        self._register(old, new)
        by = ", ".join(map(_quoted, partitioned_by))
        names = ", ".join(map(_quoted, self._columns))
        checksums = f"select {by}, count(*), sum(hash({names})) from {{}} group by {by}"
        old_rows, new_rows = (
            set(self._connection.execute(checksums.format(side)).fetchall())
            for side in (_OLD, _NEW)
        )
        return {row[: len(partitioned_by)] for row in old_rows ^ new_rows}

    def _register(self, old: ds.Dataset, new: ds.Dataset) -> None:
        self._connection.register(_OLD, old)
        self._connection.register(_NEW, new)

    def _tells_rows_apart(self) -> bool:
        """Whether no two rows of one side have the same key; a red workspace may hold such."""
        if not self._key:
            return False
        key = ", ".join(map(_quoted, self._key))
        found = self._connection.execute(f"""
            select 1 from net group by {key}, sign("times of")
            having sum(abs("times of")) > 1 limit 1
        """)
        return found.fetchone() is None

    def _pair(self, key: Sequence[str]) -> None:
        on = " and ".join(
            f"old.{_quoted(name)} is not distinct from new.{_quoted(name)}" for name in key
        )
        self._pairs = f"""
            from (select * from net where "times of" < 0) as old
            full join (select * from net where "times of" > 0) as new on {on or "false"}
        """

    def _column_changes(self, key: Sequence[str], sums: Sequence[str]) -> Iterator[ColumnChange]:
        others = [name for name in self._columns if name not in key]
        counts = self._changed_values(others) if key else [None] * len(others)
        rows = dict(zip(others, counts, strict=True))
        moved = self._moved_sums([name for name in sums if name not in key])
        for name in dict.fromkeys([*others, *moved]):
            if rows.get(name) or name in moved:
                yield ColumnChange(name, rows.get(name), *moved.get(name, ()))

    def _changed_values(self, columns: Sequence[str]) -> Sequence[int | None]:
        differs = (
            f"count(*) filter (old.{_quoted(name)} is distinct from new.{_quoted(name)})"
            for name in columns
        )
        both = 'where old."times of" is not null and new."times of" is not null'
        return self._one(f"select {', '.join(differs)} {self._pairs} {both}") if columns else ()

    def _moved_sums(self, names: Sequence[str]) -> dict[str, tuple[Any, Any, Any]]:
        old, new = (self._sums(side, names) for side in (_OLD, _NEW))
        return {
            name: (old[name], new[name], _difference(old[name], new[name]))
            for name in names
            if name in old and name in new and old[name] != new[name]
        }

    def _sums(self, side: str, names: Sequence[str]) -> dict[str, Any]:
        types = self._connection.execute(f"describe {side}").fetchall()
        kinds = {name: kind.partition("(")[0] for name, kind, *_ in types if name in names}
        numbers = {name: kind for name, kind in kinds.items() if kind in _NUMBERS}
        if not numbers:
            return {}
        terms = (
            f"{'fsum' if kind in _FRACTIONS else 'sum'}({_quoted(name)})"
            for name, kind in numbers.items()
        )
        found = self._one(f"select {', '.join(terms)} from {side}")
        return {
            name: float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
            for name, value in zip(numbers, found, strict=True)
        }

    def _first(self, key: Sequence[str]) -> Iterator[RowChange]:
        columns, width = self._columns, len(self._columns)
        by = key or columns
        order = ", ".join(f"coalesce(new.{_quoted(name)}, old.{_quoted(name)})" for name in by)
        found = self._connection.execute(f"""
            select old.*, new.* {self._pairs}
            order by {order}, new."times of" is null limit {self._most}
        """).fetchall()
        for row in found:
            old, old_times = dict(zip(columns, row, strict=False)), row[width]
            new, new_times = dict(zip(columns, row[width + 1 :], strict=False)), row[-1]
            times = new_times or -old_times
            yield _row_change(by, old if old_times else None, new if new_times else None, times)

    def _one(self, query: str) -> tuple[Any, ...]:
        found = self._connection.execute(query).fetchone()
        assert found is not None
        return tuple(found)


def _row_change(
    by: Sequence[str], old: dict[str, Any] | None, new: dict[str, Any] | None, times: int
) -> RowChange:
    key = {name: (new or old or {})[name] for name in by}
    if old is None or new is None:
        return RowChange("added" if old is None else "removed", key, (), int(times))
    # By their texts, as what is no number is equal to nothing, itself included.
    changes = ((name, old[name], new[name]) for name in old if repr(old[name]) != repr(new[name]))
    return RowChange("changed", key, tuple(changes))


def _difference(old: Any, new: Any) -> Any:
    if old is None or new is None:
        return None
    difference = new - old
    return float(f"{difference:.{_DIGITS}g}") if isinstance(difference, float) else difference


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB for comparing, with little memory; what it put beside is gone at the end."""
    with TemporaryDirectory(prefix="lakehouse-diff-") as folder, duckdb.connect() as opened:
        opened.execute("set timezone = 'UTC'")
        opened.execute(f"set memory_limit = '{_MEMORY}'")
        opened.execute(f"set temp_directory = '{folder}'")
        yield opened
