"""The Delta tables below an s3:// root, with their columns, as their logs have them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.state.hive_types import hive_type
from orchestration.state.versions import table_locations

_THREADS = 8


@dataclass(frozen=True)
class StoredTable:
    """One Delta table in the bucket.

    Attributes:
        layer: bronze, silver, gold or ops.
        name: Its folder below the layer.
        location: Its `s3://` path.
        columns: Name and type in the catalog's words, in the order of the log.
    """

    layer: str
    name: str
    location: str
    columns: tuple[tuple[str, str], ...]


def stored_tables(settings: Settings) -> dict[tuple[str, str], StoredTable]:
    """Every Delta table below the root, by layer and name.

    Raises:
        LakehouseError: The root is no bucket, can't be listed, or a table's log is damaged.
    """
    if settings.is_local:
        raise LakehouseError(
            f"The root {settings.root} is not on S3, so the Glue catalog can't hold its tables.",
            "Name one with --root s3://bucket, or none for the environment's own bucket.",
        )
    found = [
        (layer, name) for layer, _, name in (t.partition(".") for t in table_locations(settings))
    ]
    with ThreadPoolExecutor(_THREADS) as pool:
        opened = pool.map(lambda place: _opened(settings, *place), found)
        return dict(zip(found, opened, strict=True))


def _opened(settings: Settings, layer: str, name: str) -> StoredTable:
    location = settings.location(layer, name)
    try:
        table = DeltaTable(location)
        schema: dict[str, Any] = json.loads(table.schema().to_json())
    except (DeltaError, OSError) as error:
        raise LakehouseError(
            f"The log of {layer}.{name} at {location} can't be read: {error}",
            "Repair the table (docs/recovery.md), then run again; nothing was changed.",
        ) from None
    columns = tuple((field["name"], hive_type(field["type"])) for field in schema["fields"])
    return StoredTable(layer, name, location, columns)
