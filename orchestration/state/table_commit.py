"""The one commit that brings a table to where several commits of its workspace have led.

Data flow: commits of the workspace -> net difference of live files -> lines of one commit

Paths are relative to the table in both places, so that the lines of the engines are taken as they
are; a file that came and went in between is left out. Commits that have only moved rows into other
files become one that says the same, and that rows were put in order stays on record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable

from ingestion.errors import LakehouseError
from orchestration.state.commit_facts import facts_of
from orchestration.state.versions import files_of

_Action = dict[str, Any]


def commit_file(version: int) -> str:
    """Name of a commit, relative to the table."""
    return f"_delta_log/{version:020}.json"


def net_commit(
    folder: Path, base: DeltaTable | None, staged: DeltaTable, run_id: str, now: datetime
) -> tuple[bytes, list[str]]:
    """The commit that leads from the base to a staged table, and the data files that it adds.

    Args:
        folder: Of the staged table.
        base: What it was staged from, None for a new table.
        staged: As it is now.
        run_id: Of the publication, for `commitInfo`.
        now: The time of the commit, UTC.

    Returns:
        The text of the commit, empty if nothing has changed; files relative to the table.
    """
    first = 0 if base is None else base.version() + 1
    actions = list(_actions(folder, range(first, staged.version() + 1)))
    live = {str(file) for file in files_of(base, Path())} if base else set()
    removes, adds = _net_files(actions, live)
    tables = _table_actions(actions, base, staged)
    if not (removes or adds or tables):
        return b"", []
    facts = facts_of(folder / commit_file(n) for n in range(first, staged.version() + 1))
    info = {
        "timestamp": int(now.timestamp() * 1000),
        "operation": "PUBLISH",
        "operationParameters": {"runId": run_id, **facts.parameters},
        "engineInfo": "ecommerce-lakehouse",
    }
    lines = [
        {"commitInfo": info},
        *tables,
        *({"remove": {**remove, "dataChange": facts.changes_data}} for remove in removes),
        *({"add": {**add, "dataChange": facts.changes_data}} for add in adds),
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return text.encode(), [unquote(add["path"]) for add in adds]


def _actions(folder: Path, versions: Iterable[int]) -> Iterable[tuple[str, _Action]]:
    for version in versions:
        for line in (folder / commit_file(version)).read_text("utf-8").split("\n"):
            if line.strip():
                yield from json.loads(line).items()


def _net_files(
    actions: Iterable[tuple[str, _Action]], live: set[str]
) -> tuple[list[_Action], list[_Action]]:
    """What has to be removed from the live files, and what is to be added to them."""
    removes: dict[str, _Action] = {}
    adds: dict[str, _Action] = {}
    for kind, action in actions:
        if kind == "add":
            path = unquote(action["path"])
            if removes.pop(path, {}):
                continue  # it is live again
            adds[path] = action
        elif kind == "remove":
            path = unquote(action["path"])
            adds.pop(path, None)
            if path in live:
                removes[path] = action
        elif kind not in ("commitInfo", "metaData", "protocol", "txn"):
            raise LakehouseError(
                f"A commit of a workspace has an action {kind!r} that can't be published.",
                "Switch off the feature of Delta that writes it, then build again.",
            )
    return list(removes.values()), list(adds.values())


def _table_actions(
    actions: Iterable[tuple[str, _Action]], base: DeltaTable | None, staged: DeltaTable
) -> list[_Action]:
    """The protocol and the metadata, where they are other ones than before."""
    last = {kind: action for kind, action in actions if kind in ("protocol", "metaData")}
    if base is None:
        return [{kind: last[kind]} for kind in ("protocol", "metaData")]
    changed = []
    if "protocol" in last and _protocol(base) != _protocol(staged):
        changed.append({"protocol": last["protocol"]})
    if "metaData" in last and _metadata(base) != _metadata(staged):
        # The id says which table it is, and that has not changed.
        changed.append({"metaData": {**last["metaData"], "id": str(base.metadata().id)}})
    return changed


def _protocol(table: DeltaTable) -> tuple[Any, ...]:
    protocol = table.protocol()
    return (
        *(protocol.min_reader_version, protocol.min_writer_version),
        *(protocol.reader_features, protocol.writer_features),
    )


def _metadata(table: DeltaTable) -> tuple[Any, ...]:
    metadata = table.metadata()
    return (
        *(table.schema().to_json(), metadata.partition_columns),
        *(metadata.configuration, metadata.name, metadata.description),
    )
