"""What a command shows: words and tables for people, or the same as one JSON document.

Data flow: a command -> `Page` -> terminal, or JSON on standard output

Names in JSON are an interface that programs rely on; docs/json.md lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb
from rich.console import Console
from rich.text import Text

from lakehouse.formats import Format
from lakehouse.grid import Grid, print_grid
from lakehouse.markdown import as_table, as_text
from lakehouse.plain_values import json_text, plain

# Of a table on a terminal; the rest is counted.
_ROWS = 30
# People see the beginning of an id, which every command takes.
_IDS, _ID_LENGTH = ("run_id", "by_run", "batch"), 12


@dataclass(frozen=True)
class Table:
    """Rows below a title.

    Attributes:
        name: Its name in JSON.
        title: What people see above it.
        columns: Names of the columns.
        rows: As they come from the tables.
        may_go: Columns that a narrow terminal does without, the first to go first.
        text: The column of sentences, which may take several lines.
        is_one: There is one row at most: in JSON an object or null.
        formats: How people see the values of a column.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    may_go: Sequence[str] = ()
    text: str = ""
    is_one: bool = False
    formats: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)

    def as_json(self) -> Any:
        """A list of objects."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return next(iter(rows), None) if self.is_one else rows

    def print(self, console: Console) -> None:
        """Print the first rows below the title and count the others; nothing if there are none."""
        if not self.rows:
            return
        console.print(f"\n{self.title}", style="bold", markup=False, highlight=False)
        gone = print_grid(console, self._grid())
        count = len(self.rows)
        notes = [f"and {count - _ROWS:,} more"] * (count > _ROWS)
        if gone:
            names = ", ".join(gone)
            notes.append(f"no room for {names}: widen the terminal, or take --format json")
        if notes:
            console.print("; ".join(notes), style="dim", highlight=False, soft_wrap=True)

    def as_markdown(self) -> list[str]:
        """The same as lines of Markdown; none if there are no rows."""
        if not self.rows:
            return []
        grid, count = self._grid(), len(self.rows)
        more = ["", f"and {count - _ROWS:,} more"] * (count > _ROWS)
        return [
            *("", f"### {as_text(self.title)}", ""),
            *as_table(grid.names, grid.rows, grid.is_number),
            *more,
        ]

    def _grid(self) -> Grid:
        shown = self.rows[:_ROWS]
        return Grid(
            [_words(name) for name in self.columns],
            [[*map(self._cell, self.columns, row)] for row in shown],
            [all(_is_number(row[place]) for row in shown) for place in range(len(self.columns))],
            [_words(name) for name in self.may_go],
            _words(self.text),
        )

    def _cell(self, name: str, value: Any) -> str:
        if name in _IDS:
            return plain(value)[:_ID_LENGTH]
        return self.formats[name](value) if name in self.formats else _text(value)


class Page:
    """Facts, words and tables in the order in which people see them."""

    def __init__(self) -> None:
        self._facts: dict[str, Any] = {}
        self._shown: list[Table | str | Text] = []

    def fact(self, name: str, value: Any) -> None:
        """Add what only JSON has; people get it in words."""
        self._facts[name] = value

    def note(self, words: str | Text) -> None:
        """Add what only people get."""
        self._shown.append(words)

    def table(self, table: Table, seen: Table | None = None) -> bool:
        """Add a table, with what people see in its place; say if it has rows."""
        self._facts[table.name] = table.as_json()
        self._shown.append(seen or table)
        return bool(table.rows)

    def query(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        title: str,
        query: str,
        parameters: Mapping[str, object] | None = None,
        **form: Any,
    ) -> bool:
        """Add the answer to a query as a table; say if it has rows."""
        found = connection.execute(query, dict(parameters or {}))
        columns = [column[0] for column in found.description or []]
        return self.table(Table(name, title, columns, found.fetchall(), **form))

    def show(self, console: Console, output: Format = Format.TABLE) -> None:
        """Print it."""
        if output is Format.JSON:
            console.out(json_text(self._facts), highlight=False)
            return
        for part in self._shown:
            if isinstance(part, Table):
                part.print(console)
            else:
                console.print(part, markup=False, highlight=False, soft_wrap=True)

    def as_markdown(self) -> str:
        """What people see, as Markdown."""
        lines: list[str] = []
        for part in self._shown:
            if isinstance(part, Table):
                lines += part.as_markdown()
            else:
                lines += ["", as_text(str(part).strip())]
        return "\n".join(lines).strip()


def _words(name: str) -> str:
    return name.replace("_", " ")


def _is_number(value: object) -> bool:
    is_one = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return value is None or is_one


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else plain(value)
