"""How an entry of the catalog differs from its table, and the entry as it should be.

Athena, Spark and Trino know a Delta table by its parameters and find it by the location, which
Spark keeps in the `path` of the SerDe; its columns they read from the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orchestration.aws.catalog.delta_tables import StoredTable
from orchestration.aws.catalog.described import Described

PROVIDER = "spark.sql.sources.provider"
PARAMETERS = {
    PROVIDER: "delta",
    "table_type": "DELTA",
    "classification": "delta",
    "EXTERNAL": "TRUE",
}
# As Spark writes it for every table whose format is its own affair.
_FORMAT = {
    "InputFormat": "org.apache.hadoop.mapred.SequenceFileInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
}
_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_EXTERNAL = "EXTERNAL_TABLE"
# What UpdateTable takes of what GetTable gives.
_TAKEN = (
    *("Name", "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention"),
    *("StorageDescriptor", "PartitionKeys", "ViewOriginalText", "ViewExpandedText"),
    *("TableType", "Parameters", "TargetTable"),
)


class Kind(StrEnum):
    """How the catalog can be out of step."""

    NO_DATABASE = "database missing"
    DATABASE_LOCATION = "database location"
    NOT_IN_CATALOG = "missing in the catalog"
    NOT_IN_STORAGE = "no longer in storage"
    COLUMN_ADDED = "column added"
    COLUMN_REMOVED = "column removed"
    COLUMN_RETYPED = "column retyped"
    COLUMN_ORDER = "column order"
    COMMENT = "comment"
    DESCRIPTION = "description"
    LOCATION = "location"
    PARAMETERS = "parameters"


@dataclass(frozen=True)
class Drift:
    """One difference.

    Attributes:
        layer: bronze, silver, gold or ops.
        table: Name of the table, empty for a difference of the database itself.
        kind: What differs.
        detail: In words; the catalog's side first.
    """

    layer: str
    table: str
    kind: Kind
    detail: str = ""


def drift_of(table: StoredTable, words: Described | None, entry: dict[str, Any]) -> list[Drift]:
    """How an entry of the catalog differs from its table.

    Args:
        table: As the log has it.
        words: Of the dbt project; without them, those in the catalog are right.
        entry: As GetTable gives it.
    """
    found = [*_of_columns(table, words, entry), *_of_place(table, entry)]
    if words and words.description and entry.get("Description", "") != words.description:
        found.append((Kind.DESCRIPTION, "differs from the dbt project's"))
    return [Drift(table.layer, table.name, kind, detail) for kind, detail in found]


def location_of(entry: dict[str, Any]) -> str:
    """Where an entry says that its table is."""
    storage = entry.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    path = (serde.get("Parameters") or {}).get("path") or storage.get("Location") or ""
    return _plain(path)


def entry_for(
    table: StoredTable, words: Described | None, entry: dict[str, Any] | None
) -> dict[str, Any]:
    """The entry as it should be, with all that others put into it and that is no affair of ours.

    Args:
        table: As the log has it.
        words: Of the dbt project.
        entry: As it is now, None if there is none.
    """
    before = entry or {}
    storage = before.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    place = {"path": table.location, "serialization.format": "1"}
    after = {name: before[name] for name in _TAKEN if before.get(name) is not None} | {
        "Name": table.name,
        "TableType": _EXTERNAL,
        "Parameters": (before.get("Parameters") or {}) | PARAMETERS,
        "PartitionKeys": [],
        "StorageDescriptor": _FORMAT
        | {name: value for name, value in storage.items() if value is not None}
        | {
            "Columns": _columns_for(table, words, before),
            "Location": table.location,
            "SerdeInfo": {"SerializationLibrary": _SERDE}
            | serde
            | {"Parameters": (serde.get("Parameters") or {}) | place},
        },
    }
    if words and words.description:
        after["Description"] = words.description
    return after


def _of_columns(
    table: StoredTable, words: Described | None, entry: dict[str, Any]
) -> Iterator[tuple[Kind, str]]:
    there = {column["Name"]: column for column in _columns_of(entry)}
    for name, kind in table.columns:
        if name not in there:
            yield Kind.COLUMN_ADDED, f"{name} {kind}"
        elif there[name].get("Type") != kind:
            yield Kind.COLUMN_RETYPED, f"{name}: {there[name].get('Type')}, is {kind}"
    names = [name for name, _ in table.columns]
    for name in there:
        if name not in names:
            yield Kind.COLUMN_REMOVED, name
    if set(there) == set(names) and (list(there) != names or entry.get("PartitionKeys")):
        # Delta's partitions are in its log: a partition key of the catalog's own is no column.
        yield Kind.COLUMN_ORDER, "of the catalog is not that of the table"
    comments = words.comments if words else {}
    unlike = [
        name
        for name in names
        if name in there and comments.get(name) and there[name].get("Comment", "") != comments[name]
    ]
    if unlike:
        yield Kind.COMMENT, f"of {', '.join(unlike)}"


def _of_place(table: StoredTable, entry: dict[str, Any]) -> Iterator[tuple[Kind, str]]:
    location = _plain((entry.get("StorageDescriptor") or {}).get("Location") or "")
    for found in dict.fromkeys((location, location_of(entry))):
        if found != table.location:
            yield Kind.LOCATION, f"{found or 'none'}, is {table.location}"
    there = entry.get("Parameters") or {}
    unlike = [
        f"{name}={there.get(name)}, is {value}"
        for name, value in PARAMETERS.items()
        if there.get(name) != value
    ]
    if entry.get("TableType") != _EXTERNAL:
        unlike.append(f"type {entry.get('TableType')}, is {_EXTERNAL}")
    if unlike:
        yield Kind.PARAMETERS, "; ".join(unlike)


def _columns_of(entry: dict[str, Any]) -> list[dict[str, Any]]:
    columns = (entry.get("StorageDescriptor") or {}).get("Columns") or []
    return [*columns, *(entry.get("PartitionKeys") or [])]


def _columns_for(
    table: StoredTable, words: Described | None, entry: dict[str, Any]
) -> list[dict[str, str]]:
    kept = {column["Name"]: column.get("Comment", "") for column in _columns_of(entry)}
    comments = words.comments if words else {}
    columns = []
    for name, kind in table.columns:
        comment = comments.get(name) or kept.get(name)
        columns.append({"Name": name, "Type": kind} | ({"Comment": comment} if comment else {}))
    return columns


def _plain(location: str) -> str:
    """Hadoop's s3a:// and s3n:// are the same place, as is one with a slash at its end."""
    scheme, mark, rest = location.partition("://")
    return f"s3://{rest.rstrip('/')}" if mark and scheme in ("s3", "s3a", "s3n") else location
