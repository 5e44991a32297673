"""Which days of silver a build has to replace, worked out before it begins; no engine is needed.

Data flow: the build that silver is the outcome of -> its ledger, limits and products against those
of now -> changed rows of bronze -> all versions of their keys -> days of each raw table

A day of a table is affected by a changed, new or vanished file with rows of that day; by another
version of one of these rows; by an affected day of a table that its rows refer to; and by a product
of its rows that came or went. Too many days cost time, too few would cost the truth: so what can't
be determined counts as affected, and what is not known at all affects all days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ingestion.settings import Settings
from ingestion.tables import ORDER_ITEMS, ORDERS, PRODUCTS, TABLES, Table
from orchestration.pipeline.changed_keys import ChangedKeys
from orchestration.pipeline.changes import ChangedFiles, Changes
from orchestration.pipeline.row_lookup import RowLookup, among
from orchestration.state.results import AffectedDays
from orchestration.state.versions import TableVersion

# Rollups by department also change where a product moves to another one.
DEPARTMENTS = "departments"


def affected_days(
    settings: Settings, changes: Changes, versions: Mapping[str, TableVersion]
) -> AffectedDays:
    """Each raw table with a date, and `departments`, to the days of silver to replace.

    Args:
        settings: Where the lakehouse is; its whole lists are built already, nothing else of silver.
        changes: Since the build that silver is the outcome of.
        versions: Of the tables when nothing of silver was built yet.

    Raises:
        LakehouseError: A table can't be read.
    """
    rows = RowLookup(settings)
    listed, moved = _changed_products(rows, versions.get(f"silver.{PRODUCTS.name}"))
    days: dict[str, set[date]] = {}
    for table in (table for table in TABLES.values() if table.partition_by):
        days[table.name] = _days_of(rows, table, changes.files[table.name], days, listed)
        if table is ORDERS:
            days[table.name] |= _days_with_amounts(rows, changes.limits)
    days[DEPARTMENTS] = days[ORDER_ITEMS.name] | _first_day_sold(rows, moved)
    return {name: sorted(found) for name, found in days.items()}


def _days_of(
    rows: RowLookup,
    table: Table,
    files: ChangedFiles,
    days: Mapping[str, set[date]],
    listed: Sequence[Any],
) -> set[date]:
    """The affected days of a table, once those of the tables that it refers to are known."""
    found = set(files.dates)
    keys = ChangedKeys(rows, table)
    keys.add_rows_of_files(files.names, files.dates)
    for reference in table.references:
        parent = TABLES[reference.table]
        if parent.partition_by:
            found |= days[parent.name]
            keys.add_rows_that_refer_to_days(reference.column, parent, days[parent.name])
        else:
            keys.add_rows_that_refer_to_keys(reference.column, listed)
    return found | keys.days()


def _changed_products(rows: RowLookup, before: TableVersion | None) -> tuple[list[Any], list[Any]]:
    """Products that came or went since a version, and those that have another department."""
    if before is None:
        return [], []
    name, key = f"silver.{PRODUCTS.name}", PRODUCTS.key
    old = rows.scan(name, [key, "department"], version=before.version)
    new = rows.scan(name, [key, "department"])
    changed = rows.query(f"""
        select {key}, old.department is null or new.department is null as is_listed_anew
        from {old} as old full join {new} as new using ({key})
        where old.department is distinct from new.department
    """)
    listed = [product for product, is_listed_anew in changed if is_listed_anew]
    return listed, [product for product, is_listed_anew in changed if not is_listed_anew]


def _days_with_amounts(rows: RowLookup, ranges: Sequence[tuple[Decimal, Decimal]]) -> set[date]:
    """Days of bronze orders with an amount in one of the ranges, both ends included."""
    found: set[date] = set()
    for least, greatest in ranges:
        amounts = rows.scan(f"bronze.{ORDERS.name}", ["date", "total_amount"])
        days = rows.query(f"""
            select distinct date from {amounts} where total_amount between {least} and {greatest}
        """)
        found |= {day for (day,) in days}
    return found


def _first_day_sold(rows: RowLookup, products: Sequence[Any]) -> set[date]:
    """The first day with a line of one of these products."""
    lines = rows.scan(f"silver.{ORDER_ITEMS.name}", ["date"], among(PRODUCTS.key, products))
    return {day for (day,) in rows.query(f"select min(date) from {lines}") if day is not None}
