"""Which Delta tables lie below an s3:// root.

Data flow: keys below root/<layer>/ -> layer and name of each folder with a Delta log
"""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.errors import LakehouseError
from ingestion.layers import LAYERS
from ingestion.settings import Settings
from orchestration.state.aws_clients import explained, new_client

# A log's first keys may be other files, such as checksums; commits follow soon.
_KEYS_LOOKED_AT = 20


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
