"""The first rows of an answer on the terminal, in the form that fits its width."""

from __future__ import annotations

from itertools import islice
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console

from ingestion.visible import visible
from lakehouse.query.engine import Answer
from lakehouse.query.output import plain, rows_of

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DOUBLE", "FLOAT", "DECIMAL")
# Up to so many rows that are too wide are shown one below the other.
_UPRIGHT_ROWS = 5
_GAP = 2


def print_table(console: Console, answer: Answer, limit: int) -> None:
    """The first rows, and whether there are more.

    On a terminal, few rows that are too wide are shown one below the other, and of many rows the
    columns that fit.
    """
    rows = list(islice(rows_of(answer), limit + 1))
    cells = [[visible(name) for name, _ in answer.columns]]
    cells += [[visible(plain(value)) for value in row] for row in rows[:limit]]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    fitting = _fitting(widths, console.width) if console.is_terminal else len(widths)
    if fitting < len(widths) and len(cells) - 1 <= _UPRIGHT_ROWS:
        _print_upright(console, cells)
        fitting = len(widths)
    else:
        _print_rows(console, answer, cells, widths[:fitting])
    note = f"{len(rows):,} row{'s' * (len(rows) != 1)}"
    if len(rows) > limit:
        note = f"the first {limit:,} rows; there are more: --limit N, or --format csv for all"
    if fitting < len(widths):
        note += f"; {fitting} of {len(widths)} columns fit: name the others, or --format csv"
    console.print(note, style="dim", highlight=False, soft_wrap=True)


class Escaped:
    """A terminal to which CSV and JSON are written: lines end, and nothing else steers it."""

    def __init__(self, target: TextIO) -> None:
        self._target = target

    def write(self, text: str) -> int:
        """Write a text."""
        return self._target.write("\n".join(visible(line) for line in text.split("\n")))


def _fitting(widths: list[int], width: int) -> int:
    """How many columns fit; one is always shown."""
    used, count = -_GAP, 0
    for one in widths:
        used += one + _GAP
        if used > width:
            break
        count += 1
    return max(count, 1)


def _print_rows(
    console: Console, answer: Answer, cells: list[list[str]], widths: list[int]
) -> None:
    is_number = [kind.startswith(_NUMBERS) for _, kind in answer.columns]
    for row in cells:
        padded = (
            " " * (width - cell_len(cell)) + cell
            if right
            else cell + " " * (width - cell_len(cell))
            for cell, width, right in zip(row, widths, is_number, strict=False)
        )
        _line(console, "  ".join(padded).rstrip())


def _print_upright(console: Console, cells: list[list[str]]) -> None:
    names, *rows = cells
    width = max(map(cell_len, names))
    for number, row in enumerate(rows, 1):
        _line(console, f"-- row {number}")
        for name, cell in zip(names, row, strict=True):
            _line(console, f"{name}{' ' * (width - cell_len(name))}  {cell}".rstrip())


def _line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True, emoji=False)
