"""SHOW, DESCRIBE and EXPLAIN, which look at folders, logs and plans and read no rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import duckdb
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ingestion.errors import LakehouseError
from ingestion.layers import LAYERS
from lakehouse.query.guard import DIALECT
from lakehouse.query.kinds import of_duckdb
from lakehouse.query.tables import columns_of, full_name, text
from orchestration.project.sql_places import Place, close_to, fault
from orchestration.state.published import ShownTable

_SCHEMAS = re.compile(r"show\s+(schemas|databases)\s*", re.IGNORECASE)
_TABLES = re.compile(r"show\s+tables(\s+(in|from)\s+(?P<layer>\w+))?\s*", re.IGNORECASE)
_COLUMNS = re.compile(
    r"(describe|desc|show\s+columns\s+(in|from))\s+(?P<table>[\w.\"]+)\s*", re.IGNORECASE
)


def shown(sql: str, known: Mapping[str, ShownTable]) -> str:
    """The SQL of DuckDB that gives the answer as rows.

    Raises:
        LakehouseError: It asks for something else, or for a table or layer that is not there.
    """
    if _SCHEMAS.fullmatch(sql):
        return _rows(["schema"], [[layer] for layer in LAYERS])
    if found := _TABLES.fullmatch(sql):
        return _tables(sql, found, known)
    if found := _COLUMNS.fullmatch(sql):
        name = found["table"]
        try:
            table = exp.to_table(name, dialect=DIALECT)
        except SqlglotError:
            raise _unknown(sql) from None
        table.this.meta.update(start=found.start("table"), end=found.end("table") - 1)
        whole = full_name(sql, table, known)
        columns = columns_of(known[whole].open())
        return _rows(["column", "type"], [[name, trino_type(t)] for name, t in columns.items()])
    raise _unknown(sql)


def plan_of(connection: duckdb.DuckDBPyConnection, translated: str) -> str:
    """The SQL of DuckDB that gives the plan of a query as rows, a line in each."""
    plans = connection.execute(f"explain {translated}").fetchall()
    return _rows(["plan"], [[line] for _, plan in plans for line in plan.splitlines()])


def trino_type(kind: str) -> str:
    """Athena's name of a type."""
    return of_duckdb(kind) or kind.lower()


def _tables(sql: str, found: re.Match[str], known: Mapping[str, ShownTable]) -> str:
    layer = (found["layer"] or "").lower()
    if layer and layer not in LAYERS:
        close = close_to(layer, LAYERS)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        place = Place(found.start("layer"), len(layer))
        raise fault(sql, place, f"there is no schema {layer}.{hint}", "`show schemas` lists them.")
    names = [name.split(".") for name in known]
    return _rows(["schema", "table"], [name for name in names if layer in ("", name[0])])


def _unknown(sql: str) -> LakehouseError:
    known = "show schemas, show tables [in LAYER], describe TABLE, explain QUERY"
    return fault(sql, Place(0, len(sql)), "this is not known here.", f"Known are: {known}.")


def _rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    listed = ", ".join(f"({', '.join(text(value) for value in row)})" for row in rows)
    names = ", ".join(f'"{column}"' for column in columns)
    if not listed:
        empty = ", ".join("''" for _ in columns)
        return f"select * from (values ({empty})) as shown({names}) where false"
    return f"select * from (values {listed}) as shown({names})"
