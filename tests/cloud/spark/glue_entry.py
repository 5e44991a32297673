"""A table's entry in the Glue Data Catalog, as Spark on Glue writes and reads it.

Spark keeps what its metastore has no place for in parameters. Of a Delta table, whose columns are
in its own log, it writes a placeholder column and a placeholder location; the true path is among
the SerDe's parameters. When it replaces a table, it leaves the columns and the location that the
entry has by then, and writes the parameters anew (`HiveExternalCatalog.alterTable`).
"""

from __future__ import annotations

import json
from typing import Any

PLACEHOLDER_COLUMN = {"Name": "col", "Type": "array<string>", "Comment": "from deserializer"}
EMPTY_SCHEMA = '{"type":"struct","fields":[]}'


def entry_of(table: Any, folder: str, there: dict[str, Any]) -> dict[str, Any]:
    """The `TableInput` for a table of Spark's catalog.

    Args:
        table: A `CatalogTable`, through py4j.
        folder: Location of its database.
        there: The entry that Glue has by now, empty without one.
    """
    name = table.identifier().table()
    schema = json.loads(table.schema().json())
    if table.tableType().name() == "VIEW":
        return _view(name, table.viewText().get(), schema)
    path = table.storage().locationUri().get().toString()
    provider = table.provider().get()
    is_delta = provider.lower() == "delta"
    columns = [PLACEHOLDER_COLUMN] if is_delta else _columns(schema)
    location = f"{folder.rstrip('/')}/{name}-__PLACEHOLDER__" if is_delta else path
    kept = there.get("StorageDescriptor", {}) if is_delta else {}
    is_external = table.tableType().name() == "EXTERNAL"
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE" if is_external else "MANAGED_TABLE",
        "Parameters": {
            **({"EXTERNAL": "TRUE"} if is_external else {}),
            "spark.sql.create.version": "3.5.6",
            "spark.sql.partitionProvider": "catalog",
            "spark.sql.sources.provider": provider,
            "spark.sql.sources.schema": EMPTY_SCHEMA if is_delta else table.schema().json(),
            **_properties(table),
        },
        "StorageDescriptor": {
            "Columns": kept.get("Columns", columns),
            "Location": kept.get("Location", location),
            "SerdeInfo": {"Parameters": {"path": path, "serialization.format": "1"}},
        },
    }


def _view(name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": text,
        "ViewExpandedText": text,
        "Parameters": {"spark.sql.create.version": "3.5.6"},
        "StorageDescriptor": {"Columns": _columns(schema)},
    }


def location_of(entry: dict[str, Any]) -> str | None:
    """Where a table's files are."""
    storage = entry.get("StorageDescriptor", {})
    path: str | None = storage.get("SerdeInfo", {}).get("Parameters", {}).get("path")
    location: str | None = storage.get("Location")
    return path or location


def _properties(table: Any) -> dict[str, str]:
    pairs = table.properties().toSeq()
    return {pairs.apply(at)._1(): pairs.apply(at)._2() for at in range(pairs.size())}


def _columns(schema: dict[str, Any]) -> list[dict[str, str]]:
    return [{"Name": field["name"], "Type": str(field["type"])} for field in schema["fields"]]
