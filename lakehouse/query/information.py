"""information_schema: the layers, tables and columns as rows, from folders and logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp

from ingestion.layers import LAYERS
from lakehouse.query.kinds import of_duckdb
from lakehouse.query.scopes import Relation, quoted
from lakehouse.query.tables import CATALOG, columns_of, place_of, text
from orchestration.project.sql_places import fault
from orchestration.state.published import ShownTable

INFORMATION = "information_schema"
_COLUMNS = {
    "schemata": ("catalog_name", "schema_name"),
    "tables": ("table_catalog", "table_schema", "table_name", "table_type"),
    "columns": (
        *("table_catalog", "table_schema", "table_name", "column_name"),
        *("ordinal_position", "column_default", "is_nullable", "data_type"),
    ),
}


def information(sql: str, table: exp.Table, known: Mapping[str, ShownTable]) -> Relation:
    """One of its tables.

    Raises:
        LakehouseError: It has no such table.
    """
    name = table.name.lower()
    if name not in _COLUMNS:
        problem = f"{INFORMATION} has no table {table.name} here."
        raise fault(sql, place_of(table.this), problem, f"There are {', '.join(_COLUMNS)}.")
    rows: Iterable[Sequence[str | int | None]]
    if name == "schemata":
        rows = [(CATALOG, layer) for layer in LAYERS]
    elif name == "tables":
        rows = [(CATALOG, *full.split("."), "BASE TABLE") for full in known]
    else:
        rows = [
            (CATALOG, *full.split("."), column, place, None, "YES", of_duckdb(kind) or kind)
            for full, found in known.items()
            for place, (column, kind) in enumerate(columns_of(found.open()).items(), 1)
        ]
    return _relation(_COLUMNS[name], rows)


def _relation(names: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> Relation:
    kinds = ["bigint" if name == "ordinal_position" else "varchar" for name in names]
    typed = [
        ", ".join(
            f"cast({_literal(value)} as {kind})" for value, kind in zip(row, kinds, strict=True)
        )
        for row in rows
    ]
    names_sql = ", ".join(map(quoted, names))
    empty = ", ".join(f"cast(null as {kind})" for kind in kinds)
    listed = ", ".join(f"({row})" for row in [*typed, empty])
    first = quoted(names[0])
    sql = f"(select * from (values {listed}) as i({names_sql}) where {first} is not null)"
    return Relation(sql, tuple(zip(names, kinds, strict=True)))


def _literal(value: str | int | None) -> str:
    return "null" if value is None else text(value) if isinstance(value, str) else str(value)
