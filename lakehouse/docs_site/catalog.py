"""What dbt's docs show of the tables themselves: columns, types, rows and bytes.

Data flow: dbt's manifest + Delta logs -> the nodes and sources of a catalog.json of dbt

dbt would ask an engine that has the tables registered; the logs say the same of any root.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orchestration.state.hive_types import hive_type
from orchestration.state.published import ShownTable

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_TABLES = ("model", "seed", "snapshot", "source")

Catalog = dict[str, dict[str, Any]]


def catalog_of(
    manifest: Manifest, tables: Mapping[str, ShownTable], database_prefix: str
) -> Catalog:
    """The tables of a lakehouse that the project describes, by dbt's names of them.

    Args:
        manifest: Of the project.
        tables: Those that readers see, by `<layer>.<table>`.
        database_prefix: What the manifest puts before the names of layers.

    Raises:
        LakehouseError: A table can't be read.
    """
    found: Catalog = {"nodes": {}, "sources": {}}
    for kind, described in (("nodes", manifest.nodes), ("sources", manifest.sources)):
        for unique_id, node in described.items():
            name = f"{node.schema.removeprefix(database_prefix)}.{node.name}"
            if node.resource_type in _TABLES and name in tables:
                found[kind][unique_id] = _table(unique_id, tables[name])
    return found


def _table(unique_id: str, shown: ShownTable) -> dict[str, Any]:
    table = shown.open()
    sizes = table.get_add_actions()["size_bytes"].to_pylist()
    layer, _, short_name = shown.name.partition(".")
    fields = json.loads(table.schema().to_json())["fields"]
    return {
        "unique_id": unique_id,
        "metadata": {"type": "table", "schema": layer, "name": short_name},
        "columns": {
            field["name"]: {
                "name": field["name"],
                "index": index,
                "type": hive_type(field["type"]),
            }
            for index, field in enumerate(fields, start=1)
        },
        "stats": {
            "rows": _statistic("rows", "Rows", table.count()),
            "bytes": _statistic("bytes", "Bytes", sum(sizes)),
            "has_stats": {"id": "has_stats", "label": "", "value": True, "include": False},
        },
    }


def _statistic(identity: str, label: str, value: int) -> dict[str, Any]:
    return {"id": identity, "label": label, "value": value, "include": True, "description": ""}
