"""What `lakehouse trace` shows: the life of one row, from lines of files to the numbers it is in.

Data flow: table + key -> bronze rows, rejected records, silver row -> gold rows that count it

It reads the Delta tables without an engine. A key may have come several times: each of its bronze
rows is shown with its place in its file, with what became of it and with the values that changed,
also those that a corrected file has replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import duckdb

from ingestion.erased import text_names
from ingestion.errors import LakehouseError
from ingestion.explained import explain
from ingestion.settings import Settings
from ingestion.swallowed import SWALLOWED
from ingestion.tables import TABLES, Table
from lakehouse import trace_queries as queries
from lakehouse.page import Page
from lakehouse.page import Table as Rows
from lakehouse.plain_values import plain
from lakehouse.replaced_rows import replaced_rows
from orchestration.state.delta_reader import connect, has_table
from orchestration.state.versions import first_line

_REFUSED = ("source_file", "record_number", "batch", "refused", "why", "since", "raw_text")
_VERSIONS = ("source_file", "record_number", "batch", "loaded", "became", "reasons")
_CHANGES = ("column", "old", "new", "old_from", "new_from")


def trace_page(settings: Settings, table: str, key: int) -> Page:
    """Everything that the lakehouse knows of a key of one of its raw tables.

    Raises:
        LakehouseError: There is no such table or lakehouse, or the key has never arrived.
    """
    if table not in TABLES:
        raise LakehouseError(
            f"There is no table {table!r} to trace in.",
            f"Name one of {', '.join(TABLES)} and a key, such as: lakehouse trace orders 10000",
        )
    connection = connect(settings)
    try:
        return _page(settings, connection, TABLES[table], key)
    except duckdb.CatalogException as error:
        raise LakehouseError(
            f"A table that this reads is gone from {settings.root}: {first_line(error)}",
            f"Repair it with `lakehouse repair --root {settings.root} --raw DIR`.",
        ) from error


def _page(
    settings: Settings, connection: duckdb.DuckDBPyConnection, declared: Table, key: int
) -> Page:
    page, table = Page(), declared.name
    page.fact("table", table)
    page.fact("key", key)
    page.note(f"{table} {declared.key} {key}")
    is_built = has_table(connection, "gold", "daily_sales")
    found = is_built and _add_versions(page, settings, connection, declared, key)
    title = "Records that name it and were refused before bronze"
    refused = _refused(connection, declared, key)
    found |= page.table(
        Rows("refused", title, _REFUSED, refused, ("batch", "refused"), text="raw_text")
    )
    if not found and not is_built:
        raise LakehouseError(
            f"Silver and gold are not built at {settings.root}.",
            "Build them with `lakehouse build`, then trace again.",
        )
    if not found:
        raise LakehouseError(
            f"No record with {declared.key} {key} has ever arrived in {table}.",
            "Check the number; `lakehouse status` lists files that are missing or in quarantine.",
        )
    if is_built:
        _add_silver(page, connection, declared, key)
        _add(page, connection, "lines", "Its lines", queries.LINES.get(table), key)
        counted = queries.COUNTED.get(table)
        _add(page, connection, "counted_by", "What counts it in gold", counted, key)
    return page


def _add_versions(
    page: Page, settings: Settings, connection: duckdb.DuckDBPyConnection, table: Table, key: int
) -> bool:
    names = {"table": table.name, "key": table.key, "is_waiting": table.is_waiting}
    became = {
        tuple(place): (words, reasons)
        for *place, words, reasons in connection.execute(
            queries.BECAME.format(**names), {"key": key}
        ).fetchall()
    }
    now = _as_dicts(connection.execute(queries.BRONZE.format(**names), {"key": key}))
    there = {_place(row) for row in now}
    replaced = [row for row in replaced_rows(settings, table, key) if _place(row) not in there]
    rows = []
    for row in sorted([*now, *replaced], key=_order, reverse=True):
        words = became.get(_place(row), ("loaded, not yet built", ""))
        if _place(row) not in there:
            words = ("replaced by a later version of its file", "")
        rows.append((*_place(row), row["ingestion_timestamp"], *words))
    title = "Where it came from, newest version first"
    page.table(Rows("versions", title, _VERSIONS, rows, ("batch", "loaded"), text="reasons"))
    changes = changed_values([*now, *replaced], [*table.column_names, "_rescued"])
    page.table(
        Rows(
            *("changes", "What changed from version to version", _CHANGES, changes),
            formats={"old": plain, "new": plain},
        )
    )
    if len(rows) > 1 and not changes:
        page.note("\nAll versions have the same values.")
    return bool(rows)


def changed_values(
    versions: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> list[tuple[Any, ...]]:
    """The values that differ between each version and the one before it, newest first.

    Returns:
        Column, old value, new value, and the file and record of each.
    """
    ordered = sorted(versions, key=_order, reverse=True)
    return [
        (column, old.get(column), new.get(column), *(_words(row) for row in (old, new)))
        for new, old in pairwise(ordered)
        for column in columns
        if old.get(column) != new.get(column)
    ]


def _place(row: Mapping[str, Any]) -> tuple[str, int, str]:
    return row["source_file"], row["record_number"], row["batch_id"]


def _words(row: Mapping[str, Any]) -> str:
    return f"{row['source_file']} record {row['record_number']}"


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """As silver ranks versions, and those of one file as they came."""
    day = row["file_date"] or date.min
    return day, row["source_file"], row["ingestion_timestamp"], row["record_number"]


def _as_dicts(answer: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    columns = [column[0] for column in answer.description or []]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def _add_silver(page: Page, connection: duckdb.DuckDBPyConnection, table: Table, key: int) -> None:
    query = f"select * from silver.{table.name} where {table.key} = $key"
    rows = _as_dicts(connection.execute(query, {"key": key}))
    title = "The row in silver"
    cells = [cell for row in rows for cell in row.items()]
    columns = list(rows[0]) if rows else []
    page.table(
        Rows("silver", title, columns, [list(row.values()) for row in rows], is_one=True),
        Rows("", title, ("column", "value"), cells, formats={"value": plain}),
    )


def _add(
    page: Page,
    connection: duckdb.DuckDBPyConnection,
    name: str,
    title: str,
    query: str | None,
    key: int,
) -> None:
    if query:
        page.query(connection, name, title, query, {"key": key}, may_go=("record_number",))


def _refused(
    connection: duckdb.DuckDBPyConnection, table: Table, key: int
) -> list[tuple[object, ...]]:
    """The rejected records that name a key, found by the names of their file's columns."""
    records = connection.execute(queries.REFUSED.format(table=table.name), {"key": key}).fetchall()
    rows: list[tuple[object, ...]] = []
    for file, number, batch, refused, reasons, closed_by, raw_text, header, outdated in records:
        names = header or table.column_names
        texts = [raw_text, *(raw_text.splitlines() if SWALLOWED in reasons else [])]
        if any(text_names(text, names, key.__eq__, table.key) for text in texts):
            words = {code: explain(code, raw_text, header, table) for code in reasons}
            why = "; ".join(f"{code} {word}".rstrip() for code, word in words.items())
            since = f"repaired by batch {closed_by}" if closed_by else outdated or ""
            rows.append((file, number, batch, refused, why, since, raw_text))
    return rows
