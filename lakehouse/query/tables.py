"""The tables that a query names: found below the root, read by delta-rs, shown to DuckDB as views.

Only the log of a named table is opened, so a root with many tables costs no more. Files of this
machine are read by DuckDB itself: the Arrow reader that `delta_reader` uses needs a second to be
imported. Files of a bucket are read by it, for DuckDB alone reads none without an extension.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
from deltalake import DeltaTable
from sqlglot import exp

from ingestion.errors import LakehouseError
from ingestion.layers import LAYERS
from ingestion.visible import some
from lakehouse.query.as_of import Past
from orchestration.project.sql_places import MOST_NAMES, Place, close_to, fault
from orchestration.state.past_states import AsOf
from orchestration.state.published import ShownTable
from orchestration.state.versions import files_in_folder

if TYPE_CHECKING:
    import pyarrow.dataset as ds

# A name without a layer is one of gold, as with Athena's choice of a database.
DEFAULT_LAYER = "gold"
CATALOG = "awsdatacatalog"
# Trino's column with the file of a row, which `*` leaves out.
PATH = "$path"
_TYPES = {
    "string": "varchar",
    "long": "bigint",
    "short": "smallint",
    "byte": "tinyint",
    "timestamp": "timestamp with time zone",
    "timestamp_ntz": "timestamp",
    "binary": "blob",
}


@dataclass(frozen=True)
class View:
    """A table in one version, as DuckDB is to see it.

    Attributes:
        layer: Its schema.
        name: Its name there; a version of old has the version in it.
        files: The data files that lie on this machine.
        columns: Name to type, in the order of the table.
        partitions: Those of the columns that are in the paths of the files.
        dataset: What is read in the place of files.
        has_path: Whether the file of a row is a column, too.
    """

    layer: str
    name: str
    files: tuple[str, ...]
    columns: Mapping[str, str]
    partitions: tuple[str, ...]
    dataset: ds.Dataset | None = None
    has_path: bool = False

    def create(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the view."""
        if self.dataset is not None:
            connection.register(self._registered, self.dataset)
        connection.execute(self.statement)

    @property
    def is_of_old(self) -> bool:
        """It shows a version that was asked for."""
        return "@" in self.name

    @property
    def statement(self) -> str:
        """The view. The empty part fixes order and types, and fills columns that no file has."""
        columns = {**self.columns, **({PATH: "varchar"} if self.has_path else {})}
        typed = ", ".join(f'cast(null as {t}) as "{name}"' for name, t in columns.items())
        rows = f"select {typed} where false"
        if self.dataset is not None:
            rows += f' union all by name select * from "{self._registered}"'
        elif self.files:
            rows += f" union all by name select * from read_parquet({self._arguments})"
        return f'create view {self.layer}."{self.name}" as {rows}'

    @property
    def _registered(self) -> str:
        return f"{self.layer}__{self.name}"

    @property
    def _arguments(self) -> str:
        files = ", ".join(text(file) for file in self.files)
        options = "union_by_name = true, hive_partitioning = false"
        if self.partitions:
            kinds = ", ".join(f"{text(name)}: {self.columns[name]}" for name in self.partitions)
            options = f"union_by_name = true, hive_partitioning = true, hive_types = {{{kinds}}}"
        if self.has_path:
            options += f", filename = {text(PATH)}"
        return f"[{files}], {options}"


def text(value: str) -> str:
    """A text literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def full_name(sql: str, table: exp.Table, known: Collection[str]) -> str:
    """`<layer>.<table>` of a table in a query.

    Raises:
        LakehouseError: There is no such table.
    """
    name = f"{table.db or DEFAULT_LAYER}.{table.name}".lower()
    if name in known and table.catalog.lower() in ("", CATALOG):
        return name
    shown = exp.table_name(table) or table.sql()
    meant = [other for other in known if other.split(".")[1] == table.name.lower()]
    meant = meant or close_to(name, known) or close_to(table.name, _names(known))
    hint = f" Did you mean {' or '.join(meant)}?" if meant else ""
    layer = name.split(".")[0]
    there = [other for other in known if other.startswith(f"{layer}.")] or list(LAYERS)
    raise fault(
        sql,
        place_of(table.this),
        f"there is no table {shown}.{hint}",
        f"There are {some(there, MOST_NAMES)}. `show tables` lists all.",
    )


def open_view(table: ShownTable, past: Past, as_of: AsOf | None, *, has_path: bool = False) -> View:
    """A table as readers see it, or as it was.

    Raises:
        LakehouseError: It is damaged, needs another reader, or has no such version.
    """
    name, location = table.name, table.location
    layer, table_name = name.split(".")
    opened = table.open() if as_of is None else past.open(table, as_of)
    _require_plain_files(name, opened)
    files = files_in_folder(opened, location)
    return View(
        layer,
        table_name if as_of is None else f"{table_name}@{opened.version()}",
        tuple(files or ()),
        columns_of(opened),
        tuple(opened.metadata().partition_columns),
        _rows_of(opened) if files is None else None,
        has_path and files is not None,
    )


def _rows_of(table: DeltaTable) -> ds.Dataset:
    from orchestration.state.datasets import dataset_of  # it imports pyarrow

    return dataset_of(table)


def columns_of(table: DeltaTable) -> dict[str, str]:
    """Names and DuckDB types of the columns of a table."""
    return {field.name: _type_of(field.type) for field in table.schema().fields}


def place_of(node: exp.Expr | None) -> Place | None:
    """Where a name or a call stands in the text that was parsed."""
    meta = {} if node is None else node.meta
    return Place(meta["start"], meta["end"] - meta["start"] + 1) if "start" in meta else None


def _type_of(kind: object) -> str:
    """The type of a column; lists may hold lists."""
    element = getattr(kind, "element_type", None)
    if element is not None:
        return f"{_type_of(element)}[]"
    name = str(getattr(kind, "type", kind))
    return _TYPES.get(name, name)


def _require_plain_files(name: str, table: DeltaTable) -> None:
    if table.protocol().min_reader_version > 1:
        raise LakehouseError(
            f"The table {name} uses a feature of Delta that this command can't read.",
            "Ask with Spark or Athena, or build it anew: `lakehouse run --full-refresh`.",
        )


def _names(known: Iterable[str]) -> list[str]:
    return [name.split(".")[1] for name in known]
