"""Looks rows of Delta tables up by day, file and key, and opens few of their files for it.

Data flow: Delta table -> Arrow scan, files skipped by partition and statistics -> DuckDB

A scan is given literal values and ranges, so that files whose statistics lie outside are never
opened. A range may choose too much: the exact keys are compared in DuckDB afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from ingestion.settings import Settings
from orchestration.state.datasets import dataset_of
from orchestration.state.versions import open_table, table_locations

_EVERY_ROW = pc.scalar(True)
_NO_ROW = pc.scalar(False)


class RowLookup:
    """Relations of rows of a root's tables, and queries on them."""

    def __init__(self, settings: Settings) -> None:
        self._locations = table_locations(settings)
        self._connection = duckdb.connect()
        self._names = 0

    def scan(
        self,
        table: str,
        columns: Sequence[str],
        where: ds.Expression = _EVERY_ROW,
        version: int | None = None,
    ) -> str:
        """A relation of rows that one query may read; a table that is not there has none.

        Args:
            table: `<layer>.<table>`.
            columns: To read.
            where: Which rows.
            version: Of the table; None for the newest.
        """
        name = self._new_name()
        if table in self._locations:
            dataset = dataset_of(open_table(table, self._locations[table], version))
            self._connection.register(name, dataset.scanner(columns=list(columns), filter=where))
        else:
            nulls = ", ".join(f"null as {column}" for column in columns)
            self.query(f"create temp view {name} as select {nulls} where false")
        return name

    def keep(self, sql: str) -> str:
        """A relation of the rows of a query, with the one column `value`, to be read often."""
        name = self._new_name()
        self.query(f"create temp table {name} as select distinct value from ({sql})")
        return name

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query on relations."""
        return self._connection.execute(sql).fetchall()

    def range_of(self, column: str, relation: str) -> ds.Expression:
        """The condition that a column lies between the least and the greatest kept value."""
        ((least, greatest),) = self.query(f"select min(value), max(value) from {relation}")
        if least is None:
            return _NO_ROW
        return (ds.field(column) >= least) & (ds.field(column) <= greatest)

    def _new_name(self) -> str:
        self._names += 1
        return f"relation_{self._names}"


def among(column: str, values: Iterable[Any]) -> ds.Expression:
    """The condition that a column has one of these values."""
    listed = sorted(values)
    return ds.field(column).isin(pa.array(listed)) if listed else _NO_ROW
