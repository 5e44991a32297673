"""The expected silver rows and gold tables, computed by DuckDB straight from the raw CSV files.

Data flow: raw files -> raw.* (text) -> bronze.* (typed) -> silver.* -> gold.*, all in memory.

It shares no code with the pipeline on purpose: it reads every file at once and knows no ledger,
no increments and no versions of a file, so whatever the pipeline did in how many runs, its
tables must end up equal to these.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from .raw_files import RawFile, read_raw

REPOSITORY = Path(__file__).parents[2]
ALIASES = REPOSITORY / "seeds" / "department_aliases.csv"
SQL = Path(__file__).parent / "sql"
SQL_FILES = (
    "macros.sql",
    "bronze.sql",
    "silver_products.sql",
    "silver_orders.sql",
    "silver_order_items.sql",
    "known_days.sql",
    "as_of.sql",
    "daily_sales.sql",
    "basket_affinity.sql",
    "product_performance.sql",
    "department_analytics.sql",
    "segments.sql",
    "customer_insights.sql",
    "cohort_retention.sql",
    "order_time_patterns.sql",
    "segment_migration.sql",
    "data_reconciliation.sql",
)

RAW_TABLES = """
create schema raw;
create schema bronze;
create schema silver;
create schema gold;
create table raw.files (
    table_name varchar, source_file varchar primary key, file_date date, fault varchar
);
create table raw.records (
    table_name varchar, source_file varchar, record_number bigint, fields varchar[]
);
create table raw.department_aliases (alias varchar primary key, department varchar);
"""


class Oracle:
    """Tables computed once from a raw folder, when one of them is first asked for.

    `as_of_date` defaults to the last order date. `aliases` is the seed of department names, taken
    from the repository and treated as empty when the file does not exist. An order lies at most
    `max_days_ahead` after and `max_days_behind` before the day of its file.
    """

    def __init__(
        self,
        raw: Path,
        *,
        as_of_date: date | None = None,
        aliases: Path = ALIASES,
        max_days_ahead: int = 1,
        max_days_behind: int = 300,
    ) -> None:
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        self._connection.execute(RAW_TABLES)
        for file in read_raw(raw):
            self._load(file)
        self._load_aliases(aliases)
        given_date = "null" if as_of_date is None else f"'{as_of_date.isoformat()}'"
        self._connection.execute(f"set variable as_of_date = cast({given_date} as date)")
        self._connection.execute(f"set variable max_days_ahead = {max_days_ahead}")
        self._connection.execute(f"set variable max_days_behind = {max_days_behind}")
        self._left = list(SQL_FILES)

    def all_tables(self) -> duckdb.DuckDBPyConnection:
        """A connection to all of the tables."""
        self._compute(len(self._left))
        return self._connection

    def rows(
        self, table: str, columns: Sequence[str], order_by: Sequence[str]
    ) -> list[tuple[Any, ...]]:
        """The named columns in the given order; lists, such as reasons, come as tuples."""
        self._compute(len(self._left) - _files_after(table))
        query = f"select {', '.join(columns)} from {table}"
        if order_by:
            query += f" order by {', '.join(order_by)}"
        return [
            tuple(tuple(value) if isinstance(value, list) else value for value in row)
            for row in self._connection.execute(query).fetchall()
        ]

    def _compute(self, count: int) -> None:
        """Run so many of the files that are left; each reads tables of those before it."""
        for _ in range(count):
            name = self._left.pop(0)
            self._connection.execute((SQL / name).read_text(encoding="utf-8"))

    def _load(self, file: RawFile) -> None:
        self._connection.execute(
            "insert into raw.files values (?, ?, ?, ?)",
            [file.table, file.source_file, file.file_date, file.fault],
        )
        if file.records:
            self._connection.execute(
                "insert into raw.records"
                " select ?, ?, unnest(range(1, ? + 1)), unnest(cast(? as varchar[][]))",
                [file.table, file.source_file, len(file.records), list(file.records)],
            )

    def _load_aliases(self, path: Path) -> None:
        if not path.exists():
            return
        with path.open(encoding="utf-8-sig", newline="") as text:
            for row in csv.DictReader(text):
                self._connection.execute(
                    "insert into raw.department_aliases values (?, ?)",
                    [row["alias"].strip().lower(), row["department"].strip()],
                )


def _files_after(table: str) -> int:
    """How many of the files come after the one that makes a table, `<layer>.<name>`."""
    layer, _, name = table.split(" ")[0].partition(".")
    makers = {
        "raw": "macros.sql",
        "bronze": "bronze.sql",
        "silver": "as_of.sql",
        "gold": f"{name}.sql",
    }
    maker = makers.get(layer)  # anything else may read all of them
    return len(SQL_FILES) - 1 - SQL_FILES.index(maker) if maker in SQL_FILES else 0
