"""The answer of a DuckDB query as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestion.visible import visible

# Of a list; the rest is counted.
_ROWS = 30


@contextmanager
def not_shown_if_damaged(console: Console, title: str) -> Iterator[None]:
    """Print in place of a list that a table which it reads is damaged or gone."""
    try:
        yield
    except duckdb.CatalogException:
        console.print(f"\n{title}: not shown, as a table that it reads is damaged or gone")


def print_query(
    console: Console,
    connection: duckdb.DuckDBPyConnection,
    title: str,
    query: str,
    parameters: Mapping[str, object] | None = None,
) -> bool:
    """Print the rows of a query below a title, nothing where there are none; tell if there were."""
    found = connection.execute(query, dict(parameters or {}))
    names = [column[0] for column in found.description or []]
    return print_rows(console, title, names, found.fetchall())


def print_rows(
    console: Console, title: str, names: Sequence[str], rows: Sequence[Sequence[object]]
) -> bool:
    """Print the first rows below a title and count the others; tell if there were any."""
    if not rows:
        return False
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, name in enumerate(names):
        is_number = isinstance(rows[0][place], int)
        table.add_column(name.replace("_", " "), justify="right" if is_number else "left")
    for row in rows[:_ROWS]:
        table.add_row(*(escape(visible(_text(value))) for value in row))
    console.print()
    console.print(table)
    if len(rows) > _ROWS:
        console.print(f"and {len(rows) - _ROWS:,} more", style="dim", highlight=False)
    return True


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)
