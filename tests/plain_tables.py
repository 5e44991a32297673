"""A root of small Delta tables written by delta-rs alone, each of whose rows tells one state.

For tests of what happens to tables rather than of what is in them: no engine, milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from ingestion.layers import BUILT_LAYERS
from ingestion.settings import Settings
from orchestration.state.delta_reader import connect
from orchestration.state.versions import is_table
from orchestration.state.workspaces import Workspace

States = dict[str, int]

# A partition whose value is no plain name of a folder.
PART = "Bücher & 100 %/é"

# What is published, what a workspace writes, and what is there once that is published as well.
STATES: States = {"silver.products": 1, "silver.orders": 1, "gold.daily_sales": 1}
WRITES: States = {"silver.orders": 2, "gold.daily_sales": 2, "gold.fresh": 2}
AFTER: States = {**STATES, **WRITES}


def new_root(folder: Path | str) -> Settings:
    """A root with a table of bronze, so that there is a lakehouse before anything is built."""
    settings = Settings(root=str(folder), raw=f"{folder}/raw")
    write_deltalake(settings.location("bronze", "orders"), pa.table({"state": [0]}))
    return settings


def write(settings: Settings, states: Mapping[str, int]) -> None:
    """Let every row of these tables, `<layer>.<table>`, tell a state; orders have partitions."""
    for table, state in states.items():
        by_part = ["part"] if table.endswith("orders") else None
        write_deltalake(
            settings.location(*table.split(".")),
            pa.table({"state": [state, state], "part": [PART, "plain"]}),
            mode="overwrite",
            partition_by=by_part,
        )


def write_workspace(workspace: Workspace, states: Mapping[str, int]) -> None:
    """As `write`, in a workspace."""
    write(workspace.settings, states)


def seen_together(settings: Settings) -> States:
    """What a reader who pins sees: the state of each table, by DuckDB.

    Raises:
        AssertionError: A table shows rows of two states, or not all rows.
    """
    connection = connect(settings, BUILT_LAYERS)
    tables = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_type = 'VIEW' and table_schema in ('silver', 'gold')"
    ).fetchall()
    seen = {}
    for (table,) in sorted(tables):
        rows = connection.execute(
            f"select count(*), min(state), max(state) from {table}"
        ).fetchall()
        seen[table] = _one_state(table, *rows[0])
    return seen


def seen_alone(settings: Settings, tables: Iterable[str]) -> States:
    """What a reader of one table sees in its newest version, by delta-rs; no table, no state."""
    seen = {}
    for table in tables:
        location = settings.location(*table.split("."))
        if is_table(settings, *table.split(".")):
            seen[table] = state_of(DeltaTable(location))
    return seen


def state_of(table: DeltaTable) -> int:
    """The one state of a table as it was opened, by delta-rs."""
    states = table.to_pyarrow_table(columns=["state"])["state"].to_pylist()
    return _one_state(table.table_uri, len(states), min(states), max(states))


def _one_state(table: str, rows: int, least: int, most: int) -> int:
    assert (rows, least) == (2, most), f"{table} shows {rows} rows of states {least} to {most}"
    return least
