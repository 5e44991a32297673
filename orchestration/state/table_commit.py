"""The one commit that brings a published table to where its workspace has led.

Data flow: live files before and after + log of the workspace -> lines of one commit

Lines of the engines are taken as they are, but for paths: those of a published table are relative
to it. A file that came and went in between is in neither list of live files. Commits that have only
moved rows into other files become one that says the same, and that rows were put in order stays on
record.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable

from ingestion.errors import LakehouseError
from orchestration.state.commit_facts import facts_of
from orchestration.state.log_paths import OF_FILES
from orchestration.state.storage import Storage
from orchestration.state.versions import version_of

_Action = dict[str, Any]


def commit_file(version: int) -> str:
    """Name of a commit, relative to the table."""
    return f"_delta_log/{version:020}.json"


class StagedLog:
    """The log of a table in a workspace, with paths as they are where it is published.

    Args:
        storage: Of the root.
        place: Of the table in the workspace, relative to the root.
        published: Where it is published, relative to the root.
    """

    def __init__(self, storage: Storage, place: str, published: str) -> None:
        self.location = f"{storage.root}/{place}"
        self._storage = storage
        self._place = place
        self._published = f"{storage.root}/{published}"
        self._commits: dict[int, list[tuple[str, _Action]] | None] = {}

    def relative(self, path: str) -> str:
        """The path of a file of the table where it is published.

        Raises:
            LakehouseError: The file is of another place.
        """
        if "://" not in path:
            return path
        depth = self._published.count("/") + 1
        *parts, name = path.split("/", depth)
        if unquote("/".join(parts)) != self._published:  # engines escape more letters or fewer
            raise LakehouseError(
                f"The table at {self.location} has a file of another place: {path}.",
                "Drop the table in the workspace, then build it again.",
            )
        return name

    def commit(self, version: int) -> list[tuple[str, _Action]] | None:
        """The actions of a commit, each with its kind; None if it is not there."""
        if version not in self._commits:
            content = self._storage.read(f"{self._place}/{commit_file(version)}")
            self._commits[version] = None if content is None else list(self._actions(content))
        return self._commits[version]

    def _actions(self, content: bytes) -> Iterator[tuple[str, _Action]]:
        for line in content.decode().split("\n"):  # a value may hold other line ends
            for kind, action in json.loads(line).items() if line.strip() else ():
                is_file = kind in OF_FILES
                yield kind, {**action, "path": self.relative(action["path"])} if is_file else action


def net_commit(
    log: StagedLog, base: DeltaTable | None, staged: DeltaTable, run_id: str, now: datetime
) -> tuple[bytes, list[str]]:
    """The commit that leads from the base to a staged table, and the data files that it adds.

    Args:
        log: Of the staged table.
        base: What it was staged from, None for a new table.
        staged: As it is now.
        run_id: Of the publication, for `commitInfo`.
        now: The time of the commit, UTC.

    Returns:
        The text of the commit, empty if nothing has changed; files relative to the table, without
        those that lie where it is published already.

    Raises:
        LakehouseError: The files are not all that the table is made of, or its log has lost lines.
    """
    _require_whole_files(log, staged)
    before, after = _live_paths(log, base) if base else {}, _live_paths(log, staged)
    kinds = _changed_kinds(base, staged)
    actions = _actions(log, staged.version(), {*kinds, *(after.keys() - before.keys())})
    if base and "metaData" in actions:  # the id says which table it is, and that has not changed
        actions["metaData"] = {**actions["metaData"], "id": str(base.metadata().id)}
    adds = {name: actions[name] for name in sorted(after.keys() - before.keys())}
    removed = [before[name] for name in sorted(before.keys() - after.keys())]
    if not (kinds or adds or removed):
        return b"", []
    at = int(now.timestamp() * 1000)
    since = list(_actions_since(log, base, staged))
    _require_removed(log, since, after)
    facts = facts_of(since)
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
    return text.encode(), [name for name in adds if "://" not in after[name]]


def _actions_since(
    log: StagedLog, base: DeltaTable | None, staged: DeltaTable
) -> Iterator[tuple[str, _Action]]:
    """What the workspace has committed, newest first; of a table that was made anew, all of it."""
    goes_on = base is not None and version_of(base).table_id == version_of(staged).table_id
    first = base.version() + 1 if base is not None and goes_on else 0
    version = staged.version()
    while version >= first and (actions := log.commit(version)) is not None:
        yield from actions
        version -= 1


def _require_whole_files(log: StagedLog, table: DeltaTable) -> None:
    if "deletionVectors" in (table.protocol().reader_features or []):
        raise LakehouseError(
            f"The table at {log.location} may have deletion vectors, which can't be published.",
            "Set delta.enableDeletionVectors to false on the model and drop the table in the"
            " workspace, then build again.",
        )


def _require_removed(
    log: StagedLog, newest_first: Iterable[tuple[str, _Action]], live: Collection[str]
) -> None:
    """No file is live that was removed: delta-rs writes absolute paths otherwise than they are."""
    last: dict[str, str] = {}
    for kind, action in newest_first:
        if kind in OF_FILES:
            last.setdefault(unquote(action["path"]), kind)
    missed = sorted(name for name, kind in last.items() if kind == "remove" and name in live)
    if missed:
        raise LakehouseError(
            f"The table at {log.location} has rows twice: {missed[0]} was removed by a path that"
            " is not the one in its log.",
            "Drop the workspace and build again, on Spark; what is published is as it was.",
        )


def _live_paths(log: StagedLog, table: DeltaTable) -> dict[str, str]:
    """Name of each live file, relative to the table, to its path in the log, which is a URL."""
    paths = table.get_add_actions()["path"].to_pylist()
    return {unquote(log.relative(path)): path for path in paths}


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


def _actions(log: StagedLog, version: int, wanted: set[str]) -> dict[str, _Action]:
    """The last action of each kind that is wanted, or that adds a file that is, by its name.

    Raises:
        LakehouseError: The log does not reach back to all of them.
    """
    found: dict[str, _Action] = {}
    while not found.keys() >= wanted and (actions := log.commit(version)) is not None:
        for kind, action in actions:
            key = unquote(action["path"]) if kind == "add" else kind
            if key in wanted:
                found.setdefault(key, action)
        version -= 1
    if missing := sorted(wanted - found.keys()):
        raise LakehouseError(
            f"The log of the table at {log.location} has lost the line of {missing[0]}.",
            "Drop the workspace and build again; what is published is as it was.",
        )
    return found
