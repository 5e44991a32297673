"""The first rows of an answer on the terminal."""

from __future__ import annotations

from itertools import islice
from typing import TextIO

from rich.console import Console

from ingestion.visible import visible_lines
from lakehouse.grid import Grid, print_grid
from lakehouse.plain_values import plain
from lakehouse.query.engine import Answer
from lakehouse.query.output import rows_of

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DOUBLE", "FLOAT", "DECIMAL")


def print_table(console: Console, answer: Answer, limit: int) -> None:
    """The first rows as they fit, and whether there are more."""
    rows = list(islice(rows_of(answer), limit + 1))
    names = [name for name, _ in answer.columns]
    is_number = [kind.startswith(_NUMBERS) for _, kind in answer.columns]
    cells = [[plain(value) for value in row] for row in rows[:limit]]
    gone = print_grid(console, Grid(names, cells, is_number))
    note = f"{len(rows):,} row{'s' * (len(rows) != 1)}"
    if len(rows) > limit:
        note = f"the first {limit:,} rows; there are more: --limit N, or --format csv for all"
    if gone:
        fitting = len(names) - len(gone)
        note += f"; {fitting} of {len(names)} columns fit: name the others, or --format csv"
    console.print(note, style="dim", highlight=False, soft_wrap=True)


class Escaped:
    """A terminal to which CSV and JSON are written: lines end, and nothing else steers it."""

    def __init__(self, target: TextIO) -> None:
        self._target = target

    def write(self, text: str) -> int:
        """Write a text."""
        return self._target.write(visible_lines(text))
