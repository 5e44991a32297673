"""The lineage of the whole project: CSV columns, bronze, seeds and every model of dbt.

Data flow: dbt's manifest, compiled + ingestion/tables.py -> a `Lineage`
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import Any

from sqlglot.errors import SqlglotError

from ingestion.errors import LakehouseError
from ingestion.tables import TABLES
from lakehouse.lineage.graph import BRONZE, CSV, OPS, ROWS, SEED, Column, Lineage, Table
from lakehouse.lineage.query import computed_columns

# dbt writes an ephemeral model into the queries that read it, as a CTE of this name.
_INLINED = "__dbt__cte__"
_ROWS_TEXT = "The rows themselves, as `count(*)` counts them."
_ADDED_TEXT = "added by ingestion"
_Node = Mapping[str, Any]


def lineage_of(manifest: Mapping[str, Any]) -> Lineage:
    """Trace every column of a manifest whose models are compiled.

    Raises:
        LakehouseError: The query of a model can't be traced.
    """
    exposures = list(manifest["exposures"].values())
    tables = {f"{name}.csv": _csv_table(name) for name in TABLES}
    for source in manifest["sources"].values():
        tables[_name(source)] = _source_table(source, exposures)
    inlined: dict[str, str] = {}
    for node in _in_order(manifest):
        if node["resource_type"] == "seed":
            tables[_name(node)] = _seed_table(node, exposures)
            continue
        columns = {name: list(table.columns) for name, table in tables.items()}
        columns |= {cte: columns[name] for cte, name in inlined.items()}
        tables[_name(node)] = _model_table(node, columns, inlined, exposures)
        inlined[_INLINED + node["name"]] = _name(node)
    return Lineage(_without_unread_rows(tables))


def _in_order(manifest: Mapping[str, Any]) -> Iterator[_Node]:
    """Models and seeds, each after what it reads."""
    nodes = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed")
    }
    reads = {
        key: [read for read in node["depends_on"].get("nodes", []) if read in nodes]
        for key, node in sorted(nodes.items())
    }
    for key in TopologicalSorter(reads).static_order():
        yield nodes[key]


def _name(node: _Node) -> str:
    """`<layer>.<table>`, without the prefix that databases may have."""
    layer = node["source_name"] if "source_name" in node else node["config"]["schema"]
    return f"{layer}.{node['name']}"


def _csv_table(name: str) -> Table:
    columns = {
        column.name: Column(f"As the files of raw/{name}/ have it, to be read as {column.type}.")
        for column in TABLES[name].columns
    }
    return Table(CSV, f"The files of raw/{name}/.", {**columns, ROWS: Column("Their records.")})


def _source_table(source: _Node, exposures: list[_Node]) -> Table:
    name, described = source["name"], source["columns"]
    layer = BRONZE if source["source_name"] == BRONZE else OPS
    raw = TABLES[name].column_names if layer == BRONZE else ()
    columns = {
        column: Column(
            described[column]["description"],
            () if column in raw else (_ADDED_TEXT if layer == BRONZE else "written by each run",),
            (f"{name}.csv.{column}",) if column in raw else (),
        )
        for column in described
    }
    rows = Column(_ROWS_TEXT, inputs=(f"{name}.csv.{ROWS}",) if layer == BRONZE else ())
    return _table(source, layer, {**columns, ROWS: rows}, exposures)


def _seed_table(seed: _Node, exposures: list[_Node]) -> Table:
    columns = {
        name: Column(column["description"], (f"edited in {seed['original_file_path']}",))
        for name, column in seed["columns"].items()
    }
    return _table(seed, SEED, {**columns, ROWS: Column(_ROWS_TEXT)}, exposures)


def _model_table(
    model: _Node,
    columns: Mapping[str, list[str]],
    inlined: Mapping[str, str],
    exposures: list[_Node],
) -> Table:
    readable = {name: [each for each in names if each != ROWS] for name, names in columns.items()}
    try:
        computed = computed_columns(model["compiled_code"], readable, _INLINED)
    except SqlglotError as error:
        raise LakehouseError(
            f"The columns of {model['original_file_path']} can't be traced: {error}",
            "Name every column with its table there, and describe the columns of what it reads.",
        ) from error
    traced = {
        name: Column(
            _ROWS_TEXT if name == ROWS else _description(model, name),
            column.steps,
            tuple(f"{inlined.get(table, table)}.{read}" for table, read in column.inputs),
        )
        for name, column in computed.items()
    }
    return _table(model, model["fqn"][1], traced, exposures)


def _description(model: _Node, column: str) -> str:
    return str(model["columns"].get(column, {}).get("description", ""))


def _table(node: _Node, layer: str, columns: Mapping[str, Column], exposures: list[_Node]) -> Table:
    used_by = tuple(
        str(exposure["label"] or exposure["name"])
        for exposure in exposures
        if node["unique_id"] in exposure["depends_on"]["nodes"]
    )
    return Table(layer, node["description"], columns, used_by, node["unique_id"])


def _without_unread_rows(tables: Mapping[str, Table]) -> dict[str, Table]:
    """Leave out the rows of tables whose rows no column counts."""
    lineage = Lineage(tables)
    counted: set[str] = set()
    waiting = [
        read
        for name, column in lineage.columns()
        if not name.endswith(f".{ROWS}")
        for read in column.inputs
        if read.endswith(f".{ROWS}")
    ]
    while waiting:
        name = waiting.pop()
        if name not in counted:
            counted.add(name)
            waiting.extend(lineage.column(name).inputs)
    return {
        name: replace(table, columns=_kept(name, table, counted)) for name, table in tables.items()
    }


def _kept(name: str, table: Table, counted: set[str]) -> dict[str, Column]:
    return {
        column: content
        for column, content in table.columns.items()
        if column != ROWS or f"{name}.{ROWS}" in counted
    }
