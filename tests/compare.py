"""What every finished lakehouse must meet, whatever happened on the way: values, rows, records.

The expected values come from the oracle, which knows nothing of runs; the rest are the equations
that hold for any input.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from ingestion.settings import Settings
from orchestration.project.tables import AUDIT_COLUMNS
from orchestration.state.delta_reader import connect
from tests.oracle import Oracle

GOLD_KEYS = {
    "daily_sales": ["order_date"],
    "product_performance": ["product_id"],
    "department_analytics": ["department", "period_type", "period_start"],
    "customer_insights": ["user_id"],
    "cohort_retention": ["period_type", "cohort_period", "period_index"],
    "basket_affinity": ["product_a", "product_b"],
    "order_time_patterns": ["day_of_week", "hour"],
    "segment_migration": ["from_segment", "to_segment"],
    "data_reconciliation": ["left_relation", "right_relation", "measure"],
}
SILVER_KEYS = {"products": ["product_id"], "orders": ["order_id"], "order_items": ["id"]}
# Columns that only the pipeline has, because they say where a row came from.
LINEAGE = {"source_file", "file_date", "record_number", "source_department"}
DERIVED = {"order_month", "day_of_week", "hour_of_day", "order_num"}

Rows = list[tuple[Any, ...]]


def _columns(tables: DuckDBPyConnection, table: str) -> list[str]:
    return [column[0] for column in tables.execute(f"describe {table}").fetchall()]


def _rows(tables: DuckDBPyConnection, table: str, columns: list[str], keys: list[str]) -> Rows:
    query = f"select {', '.join(columns)} from {table} order by {', '.join(keys)}"
    return tables.execute(query).fetchall()


def assert_equals_oracle(settings: Settings, raw: Path) -> None:
    """Compare silver, gold and what silver turned away, row by row."""
    oracle = Oracle(raw)
    assert_values_equal(settings, oracle)
    _assert_rejects_equal(connect(settings), oracle)


def assert_values_equal(settings: Settings, oracle: Oracle) -> None:
    """Compare every value of silver and gold that both implementations have."""
    tables = connect(settings)
    compared = [("silver", name, keys) for name, keys in SILVER_KEYS.items()]
    compared += [("gold", name, keys) for name, keys in GOLD_KEYS.items()]
    for layer, name, keys in compared:
        table = f"{layer}.{name}"
        hidden = AUDIT_COLUMNS | (LINEAGE | DERIVED if layer == "silver" else set())
        columns = [column for column in _columns(tables, table) if column not in hidden]
        actual = _rows(tables, table, [_naive(column) for column in columns], keys)
        _assert_same(f"{table} {columns}", actual, oracle.rows(table, columns, keys))


def _assert_rejects_equal(tables: DuckDBPyConnection, oracle: Oracle) -> None:
    """Compare which bronze rows silver turned away, and all reasons of each."""
    for name in SILVER_KEYS:
        table = f"silver.{name}_rejected"
        columns = ["source_file", "record_number", "list_sort(reasons)"]
        actual = _rows(tables, table, columns, columns)
        expected = oracle.rows(table, columns, columns)
        _assert_same(table, [(file, record, tuple(why)) for file, record, why in actual], expected)


def _assert_same(what: str, actual: Rows, expected: Rows) -> None:
    if actual != expected:
        missing = [row for row in expected if row not in actual]
        extra = [row for row in actual if row not in expected]
        raise AssertionError(
            f"{what}: {len(actual)} rows, expected {len(expected)};"
            f" missing {missing[:1]}, unexpected {extra[:1]}"
        )


def _naive(column: str) -> str:
    return f"timezone('UTC', {column})" if column.endswith("_timestamp") else column


def assert_rows_add_up(settings: Settings) -> None:
    """Every bronze row is in silver, superseded or turned away; every record read is somewhere."""
    connection = connect(settings)
    for name in SILVER_KEYS:
        counts = connection.execute(
            f"""
            select
                (select count(*) from bronze.{name}),
                (select count(*) from silver.{name}),
                (select count(*) from silver.{name}_superseded),
                (select count(*) from silver.{name}_rejected)
            """
        ).fetchall()[0]
        assert counts[0] == sum(counts[1:]), (
            f"{name}: bronze {counts[0]}, silver {counts[1]}, superseded {counts[2]},"
            f" turned away {counts[3]}"
        )
    assert_records_add_up(settings)


def assert_records_add_up(settings: Settings) -> None:
    """Of each file, the records read are those in bronze and those in the rejects, none twice."""
    every_row = " union all ".join(f"select source_file from bronze.{name}" for name in SILVER_KEYS)
    differing = (
        connect(settings)
        .execute(
            f"""
            with files as (
                select source_file, content_hash, records_read, records_loaded, records_rejected
                from ops.ingested_files where status = 'loaded'
            ),
            bronze as (
                select source_file, count(*) as rows from ({every_row}) group by source_file
            ),
            rejects as (
                select source_file, content_hash,
                    count(*) as records, count(distinct record_number) as distinct_records
                from ops.rejected_records group by source_file, content_hash
            )
            select * from files
            full join bronze on files.source_file = bronze.source_file
            left join rejects on files.source_file = rejects.source_file
                and files.content_hash = rejects.content_hash
            where files.source_file is null
                or records_loaded <> coalesce(rows, 0)
                or records_rejected <> coalesce(records, 0)
                or records_read <> records_loaded + records_rejected
                or records <> distinct_records
            """
        )
        .fetchall()
    )
    assert not differing, f"records that do not add up: {differing[0]}"


def values_of(settings: Settings) -> dict[str, Rows]:
    """Every row of every silver and gold table, without the audit columns, in a fixed order."""
    tables = connect(settings)
    names = tables.execute(
        "select schema_name || '.' || view_name from duckdb_views()"
        " where schema_name in ('silver', 'gold') order by 1"
    ).fetchall()
    values = {}
    for (table,) in names:
        columns = [name for name in _columns(tables, table) if name not in AUDIT_COLUMNS]
        found = tables.execute(f"select {', '.join(columns)} from {table}").fetchall()
        values[table] = sorted(found, key=repr)
    return values


def assert_same_values(before: dict[str, Rows], after: dict[str, Rows]) -> None:
    """Compare two readings of `values_of`."""
    assert before.keys() == after.keys()
    for table, rows in after.items():
        _assert_same(table, before[table], rows)
