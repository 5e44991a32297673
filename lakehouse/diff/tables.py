"""Every table of two states, compared: by versions, by files, by schema, and then by rows.

Data flow: two sides -> tables with other files or another schema -> what differs in each
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from deltalake import DeltaTable

from lakehouse.diff.changes import RowChanges
from lakehouse.diff.files import Files, Partition, differing_partitions
from lakehouse.diff.rows import RowComparison, connection
from lakehouse.diff.sides import Side
from orchestration.project.tables import AUDIT_COLUMNS, key_of
from orchestration.state.hive_types import hive_type
from orchestration.state.versions import files_of

# Of each table.
_FIRST_ROWS = 5
_NO_ROWS = RowChanges((), 0, 0, 0, (), ())


@dataclass(frozen=True)
class SchemaChange:
    """A column that came, went or has another type.

    Attributes:
        column: Its name.
        old_type: None for a new column.
        new_type: None for one that is gone.
    """

    column: str
    old_type: str | None
    new_type: str | None


@dataclass(frozen=True)
class TableDiff:
    """What differs in a table.

    Attributes:
        table: `<layer>.<table>`.
        state: `changed`, `new` or `gone`.
        rows_before: Of the whole table; None if it is new.
        rows_now: Of the whole table; None if it is gone.
        schema: Columns.
        rows: Of the partitions that differ.
        partitions: How many there are on any of the sides.
        differing: How many of them hold the difference.
    """

    table: str
    state: str
    rows_before: int | None
    rows_now: int | None
    schema: tuple[SchemaChange, ...] = ()
    rows: RowChanges = _NO_ROWS
    partitions: int = 0
    differing: int = 0


@dataclass(frozen=True)
class Comparison:
    """Two states, compared.

    Attributes:
        different: What differs, by the names of the tables.
        equal: Tables that do not differ.
        read: How many tables had to be read.
    """

    different: tuple[TableDiff, ...]
    equal: tuple[str, ...]
    read: int


def compare(old: Side, new: Side) -> Comparison:
    """Compare every table of silver and gold.

    Raises:
        LakehouseError: A table can't be read as it was.
    """
    different, equal, read = [], [], 0
    with connection() as duck:
        for table in sorted({*old.versions, *new.versions}):
            found, was_read = _compare_table(duck, table, old, new)
            read += was_read
            if found is None:
                equal.append(table)
            else:
                different.append(found)
    return Comparison(tuple(different), tuple(equal), read)


def _compare_table(
    duck: duckdb.DuckDBPyConnection, table: str, old: Side, new: Side
) -> tuple[TableDiff | None, bool]:
    """What differs in a table, None if nothing does; and whether its rows were read."""
    # Of two places the same number may mean two commits.
    if old.settings == new.settings and old.versions.get(table) == new.versions.get(table):
        return None, False
    before, now = old.open(table), new.open(table)
    if before is None or now is None:
        state = "new" if before is None else "gone"
        return TableDiff(table, state, _count(before), _count(now)), False
    schema = tuple(_schema_changes(before, now))
    files_before, files_now = (files_of(version, Path()) for version in (before, now))
    if files_before == files_now and not schema:
        return None, False
    old_files, new_files = Files(before), Files(now)
    partitions = differing_partitions(old_files, new_files)
    for side, files in ((old, old_files), (new, new_files)):
        if gone := files.gone(partitions):
            raise side.gone(table, f"its file {gone} is gone.")
    rows, differing = _NO_ROWS, partitions
    if partitions:
        rows, differing = _compare_rows(duck, table, (before, now), (old_files, new_files))
    if not schema and rows.are_none:
        return None, True
    every = old_files.partitions | new_files.partitions
    return (
        TableDiff(
            *(table, "changed", _count(before), _count(now), schema, rows),
            *(len(every), len(differing)),
        ),
        bool(partitions),
    )


def _compare_rows(
    duck: duckdb.DuckDBPyConnection,
    table: str,
    versions: tuple[DeltaTable, DeltaTable],
    files: tuple[Files, Files],
) -> tuple[RowChanges, set[Partition]]:
    """What differs in the rows, and in which partitions that is."""
    old, new = files
    partitions = differing_partitions(old, new)
    types = [_types(version) for version in versions]
    both = [name for name in types[1] if name in types[0] and name not in AUDIT_COLUMNS]
    same = [name for name in both if types[0][name] == types[1][name]]
    if not same:
        return _NO_ROWS, partitions
    comparison = RowComparison(duck, same, key_of(table), _FIRST_ROWS)
    if len(partitions) > 1 and old.columns == new.columns and both == same:
        partitions = comparison.partitions_that_differ(
            old.rows(partitions), new.rows(partitions), old.columns
        )
        if not partitions:
            return _NO_ROWS, partitions
    sums = [name for name in both if not _is_id(name)]
    return comparison.changes(old.rows(partitions), new.rows(partitions), sums), partitions


def _schema_changes(before: DeltaTable, now: DeltaTable) -> Iterator[SchemaChange]:
    old, new = _types(before), _types(now)
    for column in dict.fromkeys([*new, *old]):
        if old.get(column) != new.get(column):
            yield SchemaChange(column, old.get(column), new.get(column))


def _types(table: DeltaTable) -> dict[str, str]:
    fields: Sequence[dict[str, object]] = json.loads(table.schema().to_json())["fields"]
    return {str(field["name"]): hive_type(field["type"]) for field in fields}


def _is_id(column: str) -> bool:
    """It names something, so that the sum of its numbers means nothing."""
    return column == "id" or column.endswith("_id")


def _count(table: DeltaTable | None) -> int | None:
    return None if table is None else table.count()
