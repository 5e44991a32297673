"""The lakehouse's Delta tables as DuckDB views, read without Spark in a fraction of a second.

Data flow: root/<layer>/<table> -> delta-rs -> Arrow dataset -> DuckDB view <layer>.<table>
"""

from __future__ import annotations

import duckdb
from deltalake import DeltaTable

from ingestion.catalogue import LAYERS
from ingestion.settings import Settings
from orchestration.versions import all_tables, require_lakehouse


def connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Open a connection in which every Delta table below the root is a view.

    Raises:
        LakehouseError: There is no lakehouse at the root.
    """
    require_lakehouse(settings)
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for layer in LAYERS:
        connection.execute(f"create schema {layer}")
    for table, path in all_tables(settings).items():
        layer, name = table.split(".")
        connection.register(f"{layer}__{name}", DeltaTable(path).to_pyarrow_dataset())
        connection.execute(f'create view {layer}."{name}" as select * from "{layer}__{name}"')
    return connection
