"""Which columns are made of those that a change has edited or moved, by the lineage of columns.

Data flow: edited columns, or those that differ -> columns downstream of them
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from lakehouse.diff.tables import TableDiff
from lakehouse.lineage.graph import ROWS, Lineage, reached
from orchestration.project.tables import AUDIT_COLUMNS


@dataclass(frozen=True)
class ReachedColumn:
    """A column that is made of some that a change begins with.

    Attributes:
        table: `<layer>.<table>`.
        column: Its name.
        made_of: Full names of the columns that the change begins with.
        differs: It has other values.
    """

    table: str
    column: str
    made_of: tuple[str, ...]
    differs: bool


def reached_columns(
    lineage: Lineage, begins_with: Collection[str], moved: Collection[str]
) -> list[ReachedColumn]:
    """Every column downstream of some, inputs before what is made of them.

    Args:
        lineage: Of the project.
        begins_with: Full names of columns that were edited, or whose values differ.
        moved: Full names of the columns whose values differ.
    """
    uses = lineage.uses()
    known = [name for name, _ in lineage.columns() if name in begins_with]
    downstream = {name: set(reached(name, uses)) - {name} for name in known}
    # What only hands on a change that came from another of them did not begin it.
    first = [name for name in known if not any(name in found for found in downstream.values())]
    rows = []
    for name, _ in lineage.columns():
        table, _, column = name.rpartition(".")
        made_of = tuple(one for one in first if name in downstream[one])
        if made_of and column not in (ROWS, *AUDIT_COLUMNS):
            rows.append(ReachedColumn(table, column, made_of, name in moved))
    return rows


def moved_columns(different: Iterable[TableDiff], lineage: Lineage) -> set[str]:
    """Full names of the columns that differ; all columns where rows came or went."""
    return {f"{one.table}.{name}" for one in different for name in _moved(one, lineage)}


def _moved(one: TableDiff, lineage: Lineage) -> Iterator[str]:
    if one.state != "changed" or one.rows.added or one.rows.removed:
        yield from columns_of(lineage, one.table)
    yield from (change.column for change in one.schema)
    yield from (column.name for column in one.rows.columns)


def columns_of(lineage: Lineage, table: str) -> Sequence[str]:
    """The columns of a table, its rows as one of them; none if no model makes it."""
    found = lineage.tables.get(table)
    return [name for name in found.columns if name not in AUDIT_COLUMNS] if found else []
