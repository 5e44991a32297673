"""The graph of columns as plain values: tables, their columns, the inputs of each.

A column is named `<table>.<column>`, such as `gold.daily_sales.total_sales` or
`orders.csv.total_amount`. `count(*)` has no column as its input but the rows of a table: these are
the column `*`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

ROWS = "*"
CSV, BRONZE, SEED, OPS, GOLD = "csv", "bronze", "seed", "ops", "gold"

Onwards = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Column:
    """A column and what its value is computed from.

    Attributes:
        description: What it holds, from dbt.
        steps: How its model computes it, the last step first; empty where it is taken as it is.
        inputs: Names of the columns of other tables in these steps.
    """

    description: str = ""
    steps: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table, model or file.

    Attributes:
        layer: csv, bronze, seed or the folder of its model.
        description: What it holds, from dbt.
        columns: By name, in the order of the table.
        used_by: The exposures that read it.
        unique_id: dbt's name of it, empty for files.
    """

    layer: str
    description: str = ""
    columns: Mapping[str, Column] = field(default_factory=dict)
    used_by: tuple[str, ...] = ()
    unique_id: str = ""


@dataclass(frozen=True)
class Lineage:
    """Every table, from the CSV files to gold, by name; inputs come before what is made of them."""

    tables: Mapping[str, Table]

    def column(self, name: str) -> Column:
        """The column of this full name."""
        table, _, column = name.rpartition(".")
        return self.tables[table].columns[column]

    def columns(self) -> Iterator[tuple[str, Column]]:
        """Every column with its full name."""
        for table_name, table in self.tables.items():
            for name, column in table.columns.items():
                yield f"{table_name}.{name}", column

    def layer(self, name: str) -> str:
        """The layer of the column of this full name."""
        return self.tables[name.rpartition(".")[0]].layer

    def inputs(self) -> Onwards:
        """Each column to the columns that it is computed from."""
        return {name: list(column.inputs) for name, column in self.columns()}

    def uses(self) -> Onwards:
        """The other direction: each column to the columns that have it as an input."""
        found: dict[str, list[str]] = {name: [] for name, _ in self.columns()}
        for name, column in self.columns():
            for read in column.inputs:
                found[read].append(name)
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain lists and mappings."""
        return {name: asdict(table) for name, table in self.tables.items()}

    @classmethod
    def from_json(cls, tables: Mapping[str, Any]) -> Lineage:
        """What `to_json` gave."""
        return cls({name: _table(table) for name, table in tables.items()})


def reached(name: str, onwards: Onwards) -> list[str]:
    """The column and every column on a path from it, each once."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        this = waiting.pop()
        if this not in found:
            found[this] = None
            waiting.extend(reversed(onwards[this]))
    return list(found)


def ends(name: str, onwards: Onwards) -> list[str]:
    """The columns at the end of all paths from a column; itself if there is no path."""
    return [column for column in reached(name, onwards) if not onwards[column]]


def _table(stored: Mapping[str, Any]) -> Table:
    columns = {
        name: Column(column["description"], tuple(column["steps"]), tuple(column["inputs"]))
        for name, column in stored["columns"].items()
    }
    used_by = tuple(stored["used_by"])
    return Table(stored["layer"], stored["description"], columns, used_by, stored["unique_id"])
