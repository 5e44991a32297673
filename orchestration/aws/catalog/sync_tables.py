"""Check the catalog against the Delta tables, and bring it in step.

Data flow: Delta logs + dbt's descriptions | Glue databases and tables -> drift -> repaired entries

A table is dropped from the catalog only when its Delta log is gone; data is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from botocore.exceptions import ClientError

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS, LAYERS
from ingestion.settings import WORKSPACES, Settings
from orchestration.aws.catalog.delta_tables import StoredTable, stored_tables
from orchestration.aws.catalog.described import Described
from orchestration.aws.catalog.diff import (
    PROVIDER,
    Drift,
    Kind,
    drift_of,
    entry_for,
    location_of,
)
from orchestration.state.aws_clients import error_code, explained, new_client
from orchestration.state.versions import is_table

_Words = Mapping[tuple[str, str], Described]
# Somebody else wrote the entry between our look at it and our change of it.
_OVERTAKEN = ("ConcurrentModificationException", "VersionMismatchException")
_ATTEMPTS = 5


def check(settings: Settings, words: _Words) -> list[Drift]:
    """How the catalog differs from the tables; nothing is changed.

    Args:
        settings: The root on S3 and the prefix of the databases; of a workspace, if its tables in
            silver and gold are meant, which have databases of their own.
        words: Of the dbt project, by layer and table.

    Raises:
        LakehouseError: AWS refuses, or a table's log is damaged.
    """
    return _compared(settings, words)[0]


def sync(settings: Settings, words: _Words) -> list[Drift]:
    """Repair what differs, and nothing else; returns what did.

    Args:
        settings: The root on S3 and the prefix of the databases.
        words: Of the dbt project, by layer and table.

    Raises:
        LakehouseError: AWS refuses, or a table's log is damaged.
    """
    found, tables = _compared(settings, words)
    with explained("The catalog can't be repaired"):
        glue = new_client("glue")
        for (layer, name), drifts in groupby(found, key=attrgetter("layer", "table")):
            if not name:
                for drift in drifts:
                    _repair_database(glue, settings, layer, drift.kind)
            elif (layer, name) in tables:
                _write(glue, settings, tables[layer, name], words.get((layer, name)))
            elif not is_table(settings, layer, name):
                glue.delete_table(DatabaseName=settings.database(layer), Name=name)
    return found


def _compared(
    settings: Settings, words: _Words
) -> tuple[list[Drift], dict[tuple[str, str], StoredTable]]:
    tables = stored_tables(settings)
    with explained("The catalog can't be read"):
        glue = new_client("glue")
        found: list[Drift] = []
        for layer in BUILT_LAYERS if settings.workspace else LAYERS:
            found += _of_database(glue, settings, layer)
            entries = _entries(glue, settings.database(layer))
            mine = {name: table for (where, name), table in tables.items() if where == layer}
            for name, table in sorted(mine.items()):
                if name in entries:
                    found += drift_of(table, words.get((layer, name)), entries[name])
                else:
                    found.append(Drift(layer, name, Kind.NOT_IN_CATALOG))
            found += [
                Drift(layer, name, Kind.NOT_IN_STORAGE, f"no Delta log at {location_of(entry)}")
                for name, entry in sorted(entries.items())
                if name not in mine and _was_ours(settings, layer, entry)
            ]
    return found, tables


def _of_database(glue: Any, settings: Settings, layer: str) -> list[Drift]:
    try:
        found = glue.get_database(Name=settings.database(layer))["Database"]
    except glue.exceptions.EntityNotFoundException:
        return [Drift(layer, "", Kind.NO_DATABASE, settings.database(layer))]
    # Spark can't create a table in a database without a location.
    if found.get("LocationUri"):
        return []
    return [Drift(layer, "", Kind.DATABASE_LOCATION, f"none, is {settings.location(layer)}/")]


def _repair_database(glue: Any, settings: Settings, layer: str, kind: Kind) -> None:
    name, place = settings.database(layer), {"LocationUri": f"{settings.location(layer)}/"}
    if kind == Kind.NO_DATABASE:
        glue.create_database(DatabaseInput={"Name": name} | place)
        return
    there = glue.get_database(Name=name)["Database"]
    kept = {key: there[key] for key in ("Description", "Parameters") if there.get(key)}
    glue.update_database(Name=name, DatabaseInput=kept | {"Name": name} | place)


def _entries(glue: Any, database: str) -> dict[str, dict[str, Any]]:
    try:
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
        return {entry["Name"]: entry for page in pages for entry in page["TableList"]}
    except glue.exceptions.EntityNotFoundException:
        return {}


def _was_ours(settings: Settings, layer: str, entry: dict[str, Any]) -> bool:
    """Whether an entry speaks of a Delta table at its place below the root.

    In the databases of runs, also of one at its place in the workspace of an earlier run.
    """
    is_delta = (entry.get("Parameters") or {}).get(PROVIDER) == "delta"
    place = settings.location(layer, entry["Name"])
    found = location_of(entry)
    return is_delta and (found == place or (bool(settings.workspace) and _is_like(found, place)))


def _is_like(location: str, place: str) -> bool:
    """Whether both are the place of one table, each in a workspace of the same root."""
    one, other = (text.partition(f"/{WORKSPACES}/") for text in (location, place))
    return one[0] == other[0] and one[2].split("/")[1:] == other[2].split("/")[1:]


def _write(glue: Any, settings: Settings, table: StoredTable, words: Described | None) -> None:
    """Create or update one entry; who overtook us is looked at anew, so nothing of it is lost."""
    database = settings.database(table.layer)
    for _ in range(_ATTEMPTS):
        try:
            entry = _entry(glue, database, table.name)
            wanted = entry_for(table, words, entry)
            if entry is None:
                glue.create_table(DatabaseName=database, TableInput=wanted)
            else:
                version = {"VersionId": entry["VersionId"]} if "VersionId" in entry else {}
                glue.update_table(DatabaseName=database, TableInput=wanted, **version)
        except ClientError as error:
            if error_code(error) not in (*_OVERTAKEN, "AlreadyExistsException"):
                raise
        else:
            return
    raise LakehouseError(
        f"The entry of {database}.{table.name} was changed by others {_ATTEMPTS} times meanwhile.",
        "Wait for what else writes to the catalog, then run `lakehouse catalog sync` again.",
    )


def _entry(glue: Any, database: str, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = glue.get_table(DatabaseName=database, Name=name)["Table"]
    except glue.exceptions.EntityNotFoundException:
        return None
    return found
