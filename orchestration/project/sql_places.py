"""What is wrong in a SQL text, with its place: line, column and a caret below."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from ingestion.errors import LakehouseError

# Of columns or tables that a message lists: people look for theirs among them.
MOST_NAMES = 12


@dataclass(frozen=True)
class Place:
    """A stretch of a SQL text, from its first character on."""

    start: int
    length: int


def fault(sql: str, place: Place | None, problem: str, next_step: str) -> LakehouseError:
    """The error to raise for this place of the SQL; without a place, for the whole of it."""
    if place is None:
        return LakehouseError(problem, next_step)
    start = min(place.start, len(sql))
    line_start = sql.rfind("\n", 0, start) + 1
    line = sql[line_start:].split("\n", 1)[0]
    number = sql.count("\n", 0, start) + 1
    column = start - line_start
    # Tabs stay tabs, so that the caret is below its word whatever a tab is wide.
    below = re.sub(r"[^\t]", " ", line[:column])
    width = max(1, min(place.length, len(line) - column))
    shown = f"  {line}\n  {below}{'^' * width}"
    return LakehouseError(f"Line {number}, column {column + 1}: {problem}\n{shown}", next_step)


def place_at(sql: str, line: int, column: int, length: int = 1) -> Place:
    """The place of a line and a column, both counted from 1."""
    lines = sql.split("\n")
    return Place(sum(len(text) + 1 for text in lines[: line - 1]) + max(column - 1, 0), length)


def close_to(name: str, names: Iterable[str], likeness: float = 0.6) -> list[str]:
    """Up to three of the names that this one may be meant to be; a likeness of 1 is the same."""
    return get_close_matches(name, sorted(set(names)), n=3, cutoff=likeness)
