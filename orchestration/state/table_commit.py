"""The one commit that brings a published table to where its workspace has led.

Data flow: live files before and after + log of the workspace -> lines of one commit

Paths are relative to the table in both places, so that the lines of the engines are taken as they
are; a file that came and went in between is in neither list of live files. Commits that have only
moved rows into other files become one that says the same, and that rows were put in order stays on
record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable

from ingestion.errors import LakehouseError
from orchestration.state.commit_facts import facts_of
from orchestration.state.versions import version_of

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

    Raises:
        LakehouseError: The files are not all that the table is made of, or its log has lost lines.
    """
    _require_whole_files(folder, staged)
    before, after = _live_paths(base) if base else {}, _live_paths(staged)
    kinds = _changed_kinds(base, staged)
    actions = _actions(folder, staged.version(), {*kinds, *(after.keys() - before.keys())})
    if base and "metaData" in actions:  # the id says which table it is, and that has not changed
        actions["metaData"] = {**actions["metaData"], "id": str(base.metadata().id)}
    adds = {name: actions[name] for name in sorted(after.keys() - before.keys())}
    removed = [before[name] for name in sorted(before.keys() - after.keys())]
    if not (kinds or adds or removed):
        return b"", []
    at = int(now.timestamp() * 1000)
    facts = facts_of(_commits_since(folder, base, staged))
    info = {
        "timestamp": at,
        "operation": "PUBLISH",
        "operationParameters": {"runId": run_id, **facts.parameters},
        "engineInfo": "ecommerce-lakehouse",
    }
    lines = [
        {"commitInfo": info},
        *({kind: actions[kind]} for kind in kinds),
        *(
            {"remove": {"path": path, "deletionTimestamp": at, "dataChange": facts.changes_data}}
            for path in removed
        ),
        *({"add": {**add, "dataChange": facts.changes_data}} for add in adds.values()),
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return text.encode(), list(adds)


def _commits_since(folder: Path, base: DeltaTable | None, staged: DeltaTable) -> list[Path]:
    """What the workspace has committed; all there is for a table that is new or made anew."""
    goes_on = base is not None and version_of(base).table_id == version_of(staged).table_id
    first = base.version() + 1 if base is not None and goes_on else 0
    files = (folder / commit_file(version) for version in range(first, staged.version() + 1))
    return [file for file in files if file.exists()]


def _require_whole_files(folder: Path, table: DeltaTable) -> None:
    if "deletionVectors" in (table.protocol().reader_features or []):
        raise LakehouseError(
            f"The table at {folder} may have deletion vectors, which can't be published.",
            "Set delta.enableDeletionVectors to false on the model and drop the table in the"
            " workspace, then build again.",
        )


def _live_paths(table: DeltaTable) -> dict[str, str]:
    """Name of each live file, relative to the table, to its path in the log, which is a URL."""
    return {unquote(path): path for path in table.get_add_actions()["path"].to_pylist()}


def _changed_kinds(base: DeltaTable | None, staged: DeltaTable) -> list[str]:
    """Which of the protocol and the metadata are other ones than before."""
    if base is None:
        return ["protocol", "metaData"]
    changed = {
        "protocol": _protocol(base) != _protocol(staged),
        "metaData": _metadata(base) != _metadata(staged),
    }
    return [kind for kind, is_changed in changed.items() if is_changed]


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


def _actions(folder: Path, version: int, wanted: set[str]) -> dict[str, _Action]:
    """The last action of each kind that is wanted, or that adds a file that is, by its name.

    Raises:
        LakehouseError: The log does not reach back to all of them.
    """
    found: dict[str, _Action] = {}
    for lines in _commits_backwards(folder, version):
        if found.keys() >= wanted:
            break
        for kind, action in lines:
            key = unquote(action["path"]) if kind == "add" else kind
            if key in wanted:
                found.setdefault(key, action)
    if missing := sorted(wanted - found.keys()):
        raise LakehouseError(
            f"The log of the table at {folder} has lost the line of {missing[0]}.",
            "Drop the workspace and build again; what is published is as it was.",
        )
    return found


def _commits_backwards(folder: Path, version: int) -> Iterator[list[tuple[str, _Action]]]:
    for number in range(version, -1, -1):
        file = folder / commit_file(number)
        if not file.exists():
            return
        lines = file.read_text("utf-8").split("\n")
        yield [item for line in lines if line.strip() for item in json.loads(line).items()]
