"""The answer of a DuckDB query as a table for people."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table


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
    rows = found.fetchall()
    if not rows:
        return False
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, name in enumerate(names):
        is_number = isinstance(rows[0][place], int)
        table.add_column(name.replace("_", " "), justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*(escape(_text(value)) for value in row))
    console.print()
    console.print(table)
    return True


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)
