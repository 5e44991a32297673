"""The tables that a run touched, as one table: counts, tests, seconds and the top reasons.

Data flow: result of the run + tables of the layers -> DuckDB -> rows for people

A first run that failed has made only some of the tables; what can't be counted is left empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import duckdb
from rich.table import Table
from rich.text import Text

from ingestion.ingest import Report
from ingestion.tables import TABLES
from orchestration.state.results import NodeResult, RunResult, Tests

_TOP = 3
# Tables of silver that others are counted with.
_BESIDE = ("_rejected", "_superseded")
_SKIPPED = "skipped"


def layer_table(connection: duckdb.DuckDBPyConnection, result: RunResult) -> Table:
    """A row for each table that the run loaded, built or tested, layer by layer."""
    table = Table(title="Lakehouse", title_justify="left", box=None, pad_edge=False)
    for heading in ("layer", "table"):
        table.add_column(heading)
    for heading in ("read", "loaded", "rejected", "tests", "seconds"):
        table.add_column(heading, justify="right")
    table.add_column("top reasons")
    for name in TABLES if result.report else ():
        assert result.report is not None
        table.add_row("bronze", name, *_bronze(result.report, result.results, name))
    touched = _touched(result.results)
    for layer in ("silver", "gold"):
        for name in sorted(name for place, name in touched if place == layer):
            table.add_row(layer, name, *_model(connection, layer, name, result.results))
    return table


def _touched(results: Sequence[NodeResult]) -> set[tuple[str, str]]:
    """Layer and name of what was built or failed to be."""
    named = (node.table for node in results if node.kind == "model" and node.status != _SKIPPED)
    places = (tuple(table.split(".", 1)) for table in named if table)
    return {(layer, name) for layer, name in places if not name.endswith(_BESIDE)}


def _bronze(report: Report, results: Sequence[NodeResult], name: str) -> list[str | Text]:
    rows = [row for row in report.rows if row.table_name == name]
    counts = (
        sum(row.records_read for row in rows),
        sum(row.records_loaded for row in rows),
        sum(row.records_rejected for row in rows),
    )
    tests = _tests(results, f"bronze.{name}")
    reasons = report.reasons.get(name, Counter()).most_common()
    return [*(f"{count:,}" for count in counts), *tests, "", _reasons(reasons)]


def _model(
    connection: duckdb.DuckDBPyConnection, layer: str, name: str, results: Sequence[NodeResult]
) -> list[str | Text]:
    read = rejected = reasons = ""
    if layer == "silver" and name in TABLES:
        read = _count(connection, "bronze", name)
        rejected = _count(connection, layer, f"{name}_rejected")
        reasons = _reasons(_rejected_for(connection, name)) if rejected else ""
    rows = _count(connection, layer, name)
    seconds = sum(node.seconds for node in results if node.table == f"{layer}.{name}")
    return [read, rows, rejected, *_tests(results, name), f"{seconds:.1f}", reasons]


def _count(connection: duckdb.DuckDBPyConnection, layer: str, name: str) -> str:
    """Rows of a table; empty if it was never made."""
    rows = _rows(connection, f'select count(*) from {layer}."{name}"')
    return f"{rows[0][0]:,}" if rows else ""


def _rejected_for(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, int]]:
    return _rows(
        connection,
        "select reason, count(*)"
        f' from (select unnest(reasons) as reason from silver."{name}_rejected")'
        " group by reason order by 2 desc, 1",
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    """The answer; none where a table is not there or has not the columns, which is no news here."""
    try:
        return connection.execute(query).fetchall()
    except duckdb.Error:
        return []


def _tests(results: Sequence[NodeResult], tested: str) -> list[str | Text]:
    tests = Tests.among(node for node in results if node.table == tested)
    if not (tests.passed or tests.failed or tests.warned):
        return [""]
    words = [f"{tests.passed} ok"]
    words += [f"{tests.failed} failed"] * bool(tests.failed)
    words += [f"{tests.warned} warn"] * bool(tests.warned)
    style = "red" if tests.failed else "yellow" if tests.warned else "green"
    return [Text(", ".join(words), style=style)]


def _reasons(top: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in top[:_TOP])
