"""The lakehouse's Delta tables as DuckDB views, read without Spark in a fraction of a second.

Data flow: root/<layer>/<table> -> delta-rs -> Arrow dataset -> DuckDB view <layer>.<table>
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pyarrow.dataset as ds

from ingestion.layers import LAYERS
from ingestion.ops_tables import CREATED_AT_START
from ingestion.settings import Settings
from orchestration.state.damage import damaged, find_damage
from orchestration.state.datasets import dataset_of
from orchestration.state.past_runs import recorded_versions
from orchestration.state.published import ShownTable, shown_tables, shown_versions

Connection = duckdb.DuckDBPyConnection

_THREADS = 8

logger = logging.getLogger(__name__)


def connect(
    settings: Settings,
    layers: Sequence[str] = LAYERS,
    *,
    leaves_out: Iterable[str] | None = None,
) -> Connection:
    """Open a connection in which every Delta table of these layers is a view.

    Tables of silver and gold are shown as the last publication left them, all of one state.

    Opening a table reads its log, so whoever reads one layer names it.

    Args:
        settings: Where the lakehouse is.
        layers: Whose tables to open.
        leaves_out: Tables that are known to be damaged; None to look for them. One that no run has
            made is left out then, and said.

    Raises:
        LakehouseError: There is no lakehouse at the root, or a table is damaged.
    """
    versions = shown_versions(settings)
    shown = shown_tables(settings, versions)
    left_out = _foreign(settings, layers) if leaves_out is None else leaves_out
    tables = [
        table
        for name, table in shown.items()
        if name.split(".")[0] in layers and name not in left_out
    ]
    with ThreadPoolExecutor(_THREADS) as pool:  # each reads its log, which S3 takes its time for
        datasets = list(pool.map(_dataset, tables))
    if versions is None and shown_versions(settings) is not None:  # the first publication has begun
        return connect(settings, layers, leaves_out=leaves_out)
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for layer in LAYERS:
        connection.execute(f"create schema {layer}")
    for table, dataset in zip(tables, datasets, strict=True):
        _create_view(connection, table.name, dataset)
    return connection


def _foreign(settings: Settings, layers: Sequence[str]) -> list[str]:
    """Damaged tables that no run has made.

    Raises:
        LakehouseError: A table that a run has made is damaged.
    """
    damages = find_damage(settings, layers)
    made = _made_by_runs(settings) if damages else set()
    for damage in damages:
        if damage.table in made or damage.table.startswith(("bronze.", "ops.")):
            raise damaged(settings, damage)
        logger.warning("left out, as no run has made it: %s", damage)
    return [damage.table for damage in damages]


def _made_by_runs(settings: Settings) -> set[str]:
    return {name for versions in recorded_versions(settings).values() for name in versions}


def _dataset(table: ShownTable) -> ds.Dataset:
    return dataset_of(table.open())


def _create_view(connection: duckdb.DuckDBPyConnection, table: str, dataset: ds.Dataset) -> None:
    layer, name = table.split(".")
    connection.register(f"{layer}__{name}", dataset)
    declared = CREATED_AT_START[name].names if name in CREATED_AT_START else []
    # A table from before a column was declared gets it when an engine next writes to the root.
    missing = [f"null as {column}" for column in declared if column not in dataset.schema.names]
    connection.execute(
        f'create view {layer}."{name}" as'
        f' select {", ".join(["*", *missing])} from "{layer}__{name}"'
    )


def has_table(connection: duckdb.DuckDBPyConnection, layer: str, name: str) -> bool:
    """Whether a table is there; a run that was cut off may not have made all of them."""
    query = "select 1 from information_schema.tables where table_schema = ? and table_name = ?"
    return connection.execute(query, [layer, name]).fetchone() is not None
