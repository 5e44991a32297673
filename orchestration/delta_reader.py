"""The lakehouse's Delta tables as DuckDB views, read without Spark in a fraction of a second.

Data flow: root/<layer>/<table> -> delta-rs -> Arrow dataset -> DuckDB view <layer>.<table>
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from ingestion.catalogue import LAYERS
from ingestion.errors import LakehouseError
from ingestion.settings import Settings


def connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Open a connection in which every Delta table below the root is a view.

    Raises:
        LakehouseError: There is no lakehouse at the root.
    """
    found = [(layer, path) for layer in LAYERS for path in _tables(settings, layer)]
    if not found:
        raise LakehouseError(
            f"There is no lakehouse at {settings.root}.",
            "Make one with `lakehouse run --raw DIR --root DIR`, or name another with --root.",
        )
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for layer in LAYERS:
        connection.execute(f"create schema {layer}")
    for layer, path in found:
        try:
            dataset = DeltaTable(str(path)).to_pyarrow_dataset()
        except TableNotFoundError:
            continue  # a build that was killed inside its first commit
        connection.register(f"{layer}__{path.name}", dataset)
        connection.execute(
            f'create view {layer}."{path.name}" as select * from "{layer}__{path.name}"'
        )
    return connection


def _tables(settings: Settings, layer: str) -> list[Path]:
    folder = Path(settings.location(layer))
    return sorted(path.parent for path in folder.glob("*/_delta_log"))
