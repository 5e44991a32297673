"""Workspaces: places below the root where silver and gold are built before anybody sees them.

Data flow: published table -> the same table below .work/<name>, by links or by absolute paths

A workspace begins as all published tables are, at the cost of a link for each file, or in a bucket
of a copy of each log. What a build writes lies in the workspace alone: no file of a Delta table is
ever changed, so the published table never notices. Where a file system has no hard links, files are
copied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from ingestion.errors import LakehouseError
from ingestion.settings import RUN_PREFIX, WORKSPACES, Settings
from orchestration.state.built_tables import built_locations, built_tables, built_versions
from orchestration.state.published import Versions, shown_versions
from orchestration.state.staging import stage
from orchestration.state.storage import storage_of
from orchestration.state.versions import TableVersion, open_table, version_of

_DESCRIPTION = "workspace.json"
# What runs here are called; on AWS they are named by people and services, who begin as they like.
_NUMBER = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Workspace:
    """A workspace of a root.

    Attributes:
        settings: Of the root, with the workspace in the place of what is published.
        created_at: When it was opened, UTC.
        base: `<layer>.<table>` to the published version that it began with.
    """

    settings: Settings
    created_at: datetime
    base: Versions

    @property
    def name(self) -> str:
        """Its folder below `.work`."""
        return self.settings.workspace

    @property
    def published(self) -> Settings:
        """The settings of what it was taken from."""
        return replace(self.settings, workspace="")

    def versions(self) -> Versions:
        """`<layer>.<table>` to its version in the workspace now."""
        return built_versions(self.settings)

    def changed_tables(self) -> list[str]:
        """Tables that were written since it was opened, sorted."""
        return sorted(name for name, now in self.versions().items() if self.base.get(name) != now)


def name_of_run(run_id: str) -> str:
    """The workspace of a run: as its id begins, or of the digest of an id that is no number."""
    number = run_id if _NUMBER.fullmatch(run_id) else sha256(run_id.encode()).hexdigest()
    return f"{RUN_PREFIX}{number[:8]}"


def open_workspace(settings: Settings, name: str) -> Workspace:
    """The workspace of this name; a new one is as readers see the published tables.

    One that nobody has written to is brought to what is published now. The root need not be held.

    Raises:
        LakehouseError: No such name is possible, or a file can't be linked or copied.
    """
    shown = shown_versions(replace(settings, workspace=""))
    found = find_workspace(settings, name)
    if found is not None:
        if found.changed_tables() or found.base == (shown or built_versions(found.published)):
            return found
        drop_workspace(settings, name)
    return new_workspace(settings, name, shown)


def new_workspace(settings: Settings, name: str, versions: Versions | None = None) -> Workspace:
    """Open a workspace in the place of what a process that was killed has left there.

    Args:
        settings: Of the root.
        name: Of the workspace.
        versions: What it begins with; the newest of every table for who holds the root.

    Raises:
        LakehouseError: There is one, no such name is possible, or a file can't be linked or copied.
    """
    if not _NAME.fullmatch(name):
        raise LakehouseError(
            f"{name!r} can be no name of a workspace.",
            "Take small letters, digits, - and _, at most 63, a letter or a digit first.",
        )
    if find_workspace(settings, name) is not None:
        raise LakehouseError(
            f"There is a workspace {name} already.",
            f"Take another name, or drop it first: `lakehouse workspace drop {name}`.",
        )
    drop_workspace(settings, name)
    workspace = replace(settings, workspace=name)
    with _failures_explained(workspace):
        base = _stage_all(replace(settings, workspace=""), workspace, versions)
    made = Workspace(workspace, datetime.now(UTC), base)
    storage_of(settings.root).write(_description(name), _to_json(made))
    return made


def _stage_all(published: Settings, workspace: Settings, versions: Versions | None) -> Versions:
    if versions is None:
        tables = built_tables(published)
    else:
        tables = {
            name: open_table(name, place, versions[name].version)
            for name, place in built_locations(published)
            if name in versions
        }
    storage = storage_of(published.root)

    def add(name: str) -> None:
        layer, table = name.split(".")
        stage(storage, tables[name], published.place(layer, table), workspace.place(layer, table))

    storage.for_each(add, tables)
    return {name: version_of(table) for name, table in tables.items()}


def add_version(workspace: Workspace, table: str, version: int) -> None:
    """Let a table of a workspace go back to an older version: link what that had.

    Raises:
        LakehouseError: A file can't be linked or copied; the workspace is dropped.
    """
    settings, name = workspace.settings, table.split(".")
    then = open_table(table, workspace.published.location(*name), version)
    with _failures_explained(settings):
        place = workspace.published.place(*name)
        stage(storage_of(settings.root), then, place, settings.place(*name))


@contextmanager
def _failures_explained(settings: Settings) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        drop_workspace(settings, settings.workspace)
        raise LakehouseError(
            f"The workspace {settings.workspace} can't be made below"
            f" {settings.root}/{WORKSPACES}: {error.strerror or error}.",
            "Free space or give rights there, then run again; what is published is as it was.",
        ) from error


def find_workspace(settings: Settings, name: str) -> Workspace | None:
    """The workspace of this name, None if there is none."""
    content = storage_of(settings.root).read(_description(name)) if _NAME.fullmatch(name) else None
    if content is None:
        return None
    text = json.loads(content)
    base = {table: TableVersion(*version) for table, version in text["base"].items()}
    created_at = datetime.fromisoformat(text["created_at"])
    return Workspace(replace(settings, workspace=name), created_at, base)


def require_workspace(settings: Settings, name: str) -> Workspace:
    """The workspace of this name.

    Raises:
        LakehouseError: There is none.
    """
    found = find_workspace(settings, name)
    if found is None:
        names = [other.name for other in list_workspaces(settings)]
        there = f"Those of this root: {', '.join(names)}." if names else "The root has none."
        raise LakehouseError(
            f"There is no workspace {name} below {settings.root}.",
            f"{there} `lakehouse workspace new {name}` makes it.",
        )
    return found


def list_workspaces(settings: Settings) -> list[Workspace]:
    """All workspaces of a root, sorted by name."""
    names = storage_of(settings.root).folders(WORKSPACES)
    found = (find_workspace(settings, name) for name in names)
    return [workspace for workspace in found if workspace is not None]


def drop_workspace(settings: Settings, name: str) -> None:
    """Delete a workspace, and what is left of one; it is no more from the first moment on."""
    storage = storage_of(settings.root)
    storage.delete(_description(name))
    storage.delete_folder(f"{WORKSPACES}/{name}")


def workspaces_of_runs(settings: Settings) -> list[str]:
    """Names of what runs have left, also those that were killed."""
    names = storage_of(settings.root).folders(WORKSPACES)
    return [name for name in names if name.startswith(RUN_PREFIX)]


def drop_workspaces_of_runs(settings: Settings) -> None:
    """Delete what runs have left."""
    for name in workspaces_of_runs(settings):
        drop_workspace(settings, name)


@contextmanager
def workspace_of_upkeep(settings: Settings, run_id: str) -> Iterator[Workspace]:
    """A workspace for a run that builds no models; it is gone afterwards, published or not."""
    workspace = new_workspace(settings, name_of_run(run_id))
    try:
        yield workspace
    finally:
        drop_workspace(settings, workspace.name)


def _description(name: str) -> str:
    return f"{WORKSPACES}/{name}/{_DESCRIPTION}"


def _to_json(workspace: Workspace) -> bytes:
    base = {name: [one.version, one.table_id] for name, one in workspace.base.items()}
    created_at = workspace.created_at.isoformat()
    return json.dumps({"created_at": created_at, "base": base}, indent=1).encode()
