"""Rows on a terminal, in the form that fits its width: the one way of every command.

Where the output is no terminal nothing is cut, moved or left out: a row is a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ingestion.visible import visible

# Up to so many rows that are too wide are shown one below the other.
_UPRIGHT_ROWS = 5
# Less room than this is none for a text beside other columns.
_TEXT_WIDTH = 40
_GAP = 2
_INDENT = "    "


@dataclass(frozen=True)
class Grid:
    """Rows as texts.

    Attributes:
        names: Of the columns.
        rows: As many cells in each.
        is_number: Of each column: its cells stand to the right.
        may_go: Columns that a narrow terminal does without, the first to go first.
        text: The column of sentences, which may take several lines.
    """

    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    is_number: Sequence[bool]
    may_go: Sequence[str] = ()
    text: str = ""


def print_grid(console: Console, grid: Grid) -> list[str]:
    """Print rows as they fit.

    Few rows that are too wide are shown one below the other, and of many the columns that fit.

    Returns:
        The columns that are not shown.
    """
    cells = [[visible(cell) for cell in row] for row in (grid.names, *grid.rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    every = list(range(len(widths)))
    if not console.is_terminal or _total(widths, every) <= console.width:
        _print_rows(console, grid, cells, widths, every)
        return []
    hanging = grid.names.index(grid.text) if grid.text else None
    beside = [place for place in every if place != hanging]
    room = console.width - _total(widths, beside) - _GAP
    if hanging is not None and room >= _TEXT_WIDTH:
        widths[hanging] = room
        _print_rows(console, grid, cells, widths, every)
        return []
    kept = _fitting(grid, widths, beside, console.width)
    if kept is None and len(grid.rows) <= _UPRIGHT_ROWS:
        _print_upright(console, cells)
        return []
    kept = kept or _leftmost(widths, beside, console.width)
    _print_rows(console, grid, cells, widths, kept, hanging)
    return [grid.names[place] for place in beside if place not in kept]


def _total(widths: Sequence[int], places: Sequence[int]) -> int:
    return sum(widths[place] + _GAP for place in places) - _GAP


def _fitting(
    grid: Grid, widths: Sequence[int], places: Sequence[int], width: int
) -> list[int] | None:
    """The columns that are left when enough of those have gone that may; None if that is never."""
    kept = list(places)
    for gone in ("", *grid.may_go):
        kept = [place for place in kept if grid.names[place] != gone]
        if _total(widths, kept) <= width:
            return kept
    return None


def _leftmost(widths: Sequence[int], places: Sequence[int], width: int) -> list[int]:
    """The first columns that fit; one is always shown."""
    count = sum(_total(widths, places[: place + 1]) <= width for place in range(len(places)))
    return list(places[: max(count, 1)])


def _print_rows(
    console: Console,
    grid: Grid,
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    places: Sequence[int],
    hanging: int | None = None,
) -> None:
    for number, row in enumerate(cells):
        columns = [_lines(console, row[place], widths[place]) for place in places]
        for line in range(max(map(len, columns))):
            padded = (
                _padded(column[line] if line < len(column) else "", widths[place], right=is_number)
                for place, column in zip(places, columns, strict=True)
                for is_number in [grid.is_number[place]]
            )
            _print_line(console, (" " * _GAP).join(padded))
        if hanging is not None and number:
            for text in _lines(console, row[hanging], console.width - len(_INDENT)):
                _print_line(console, _INDENT + text)


def _lines(console: Console, cell: str, width: int) -> list[str]:
    if cell_len(cell) <= width:
        return [cell]
    return [line.plain.rstrip() for line in Text(cell).wrap(console, width)]


def _padded(cell: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - cell_len(cell))
    return blanks + cell if right else cell + blanks


def _print_upright(console: Console, cells: Sequence[Sequence[str]]) -> None:
    names, *rows = cells
    width = max(map(cell_len, names))
    for number, row in enumerate(rows, 1):
        if len(rows) > 1:
            _print_line(console, f"-- row {number}")
        for name, cell in zip(names, row, strict=True):
            _print_line(console, f"{_padded(name, width, right=False)}  {cell}")


def _print_line(console: Console, text: str) -> None:
    console.print(text.rstrip(), markup=False, highlight=False, soft_wrap=True, emoji=False)
