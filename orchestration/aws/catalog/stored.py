"""The Delta tables below an s3:// root, with their columns, as their logs have them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from ingestion.errors import LakehouseError
from ingestion.layers import LAYERS
from ingestion.settings import Settings
from orchestration.aws.catalog.hive_types import hive_type
from orchestration.aws.clients import explained, new_client

_THREADS = 8
# A log's first keys may be other files, such as checksums; commits follow soon.
_KEYS_LOOKED_AT = 20


@dataclass(frozen=True)
class StoredTable:
    """One Delta table in the bucket.

    Attributes:
        layer: bronze, silver, gold or ops.
        name: Its folder below the layer.
        location: Its `s3://` path.
        columns: Name and type in the catalogue's words, in the order of the log.
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
    found = stored_names(settings)
    with ThreadPoolExecutor(_THREADS) as pool:
        opened = pool.map(lambda place: _opened(settings, *place), found)
        return dict(zip(found, opened, strict=True))


def stored_names(settings: Settings) -> list[tuple[str, str]]:
    """Layer and name of every Delta table below the root.

    Raises:
        LakehouseError: The root is no bucket or can't be listed.
    """
    with explained(f"The tables below {settings.root} can't be listed"):
        return [(layer, name) for layer in LAYERS for name in _names(settings, layer)]


def is_stored(settings: Settings, layer: str, name: str) -> bool:
    """Whether a table has a Delta log at its place below the root."""
    bucket, prefix = _place(settings.location(layer, name))
    listed = new_client("s3").list_objects_v2(
        Bucket=bucket, Prefix=f"{prefix}/_delta_log/", MaxKeys=_KEYS_LOOKED_AT
    )
    keys = (found["Key"] for found in listed.get("Contents", []))
    return any(key.endswith((".json", ".checkpoint.parquet")) for key in keys)


def storage_options() -> dict[str, str]:
    """What delta-rs needs beyond the environment: leave to speak plain HTTP to a stand-in."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    return {"aws_allow_http": "true"} if endpoint.startswith("http://") else {}


def _names(settings: Settings, layer: str) -> Iterator[str]:
    bucket, prefix = _place(settings.location(layer))
    pages = new_client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=f"{prefix}/", Delimiter="/"):
        for folder in page.get("CommonPrefixes", []):
            name = folder["Prefix"].rstrip("/").rpartition("/")[2]
            if is_stored(settings, layer, name):
                yield name


def _place(location: str) -> tuple[str, str]:
    scheme, _, rest = location.partition("://")
    if scheme != "s3":
        raise LakehouseError(
            f"The root {location} is not on S3, so the Glue catalogue can't hold its tables.",
            "Name one with --root s3://bucket, or none for the environment's own bucket.",
        )
    bucket, _, prefix = rest.partition("/")
    return bucket, prefix


def _opened(settings: Settings, layer: str, name: str) -> StoredTable:
    location = settings.location(layer, name)
    try:
        table = DeltaTable(location, storage_options=storage_options())
        schema: dict[str, Any] = json.loads(table.schema().to_json())
    except (DeltaError, OSError) as error:
        raise LakehouseError(
            f"The log of {layer}.{name} at {location} can't be read: {error}",
            "Repair the table (docs/recovery.md), then run again; nothing was changed.",
        ) from None
    columns = tuple((field["name"], hive_type(field["type"])) for field in schema["fields"])
    return StoredTable(layer, name, location, columns)
