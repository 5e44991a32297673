"""Workspaces: places below the root where silver and gold are built before anybody sees them.

Data flow: published table -> hard links to its log and its live files, below .work/<name>

A workspace begins as all published tables are, at the cost of a link for each file. What a build
writes lies in the workspace alone: no file of a Delta table is ever changed, and a link is a name,
so the published table never notices. Where a file system has no hard links, files are copied.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from deltalake import DeltaTable

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS
from ingestion.settings import WORKSPACES, Settings
from orchestration.state.damage import commits_of
from orchestration.state.published import shown_versions
from orchestration.state.storage import storage_of
from orchestration.state.versions import (
    TableVersion,
    files_of,
    open_table,
    table_locations,
    version_of,
)

RUN_PREFIX = "run-"
_DESCRIPTION = "workspace.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LOG = "_delta_log"
_LAST_CHECKPOINT = f"{_LOG}/_last_checkpoint"


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
    base: dict[str, TableVersion]

    @property
    def name(self) -> str:
        """Its folder below `.work`."""
        return self.settings.workspace

    @property
    def published(self) -> Settings:
        """The settings of what it was taken from."""
        return replace(self.settings, workspace="")

    def versions(self) -> dict[str, TableVersion]:
        """`<layer>.<table>` to its version in the workspace now."""
        return built_versions(self.settings)

    def changed_tables(self) -> list[str]:
        """Tables that were written since it was opened, sorted."""
        return sorted(name for name, now in self.versions().items() if self.base.get(name) != now)


def name_of_run(run_id: str) -> str:
    """The workspace of a run."""
    return f"{RUN_PREFIX}{run_id[:8]}"


def built_versions(settings: Settings) -> dict[str, TableVersion]:
    """`<layer>.<table>` to its version now, for every table of silver and gold.

    Raises:
        LakehouseError: A table of a workspace can't be read, or one that readers see.
    """
    return {name: version_of(table) for name, table in _built(settings)}


def _built(settings: Settings) -> Iterator[tuple[str, DeltaTable]]:
    """Every table of silver and gold; one that can't be read and no publication has stops nobody.

    Raises:
        LakehouseError: A table of a workspace can't be read, or one that readers see.
    """
    for name, place in table_locations(settings).items():
        if name.split(".")[0] not in BUILT_LAYERS:
            continue
        try:
            table = open_table(name, place)
        except LakehouseError:
            shown = shown_versions(settings)  # None: all of them
            if shown is None or name in shown:
                raise
        else:
            yield name, table


def open_workspace(settings: Settings, name: str) -> Workspace:
    """The workspace of this name; a new one is as the published tables are.

    One that nobody has written to is brought to what is published now.

    Raises:
        LakehouseError: No such name is possible, or a file can't be linked or copied.
    """
    found = find_workspace(settings, name)
    if found is not None:
        if found.changed_tables() or found.base == built_versions(found.published):
            return found
        drop_workspace(settings, name)
    return new_workspace(settings, name)


def new_workspace(settings: Settings, name: str) -> Workspace:
    """Open a workspace in the place of what a process that was killed has left there.

    Raises:
        LakehouseError: There is one, no such name is possible, or a file can't be linked or copied.
    """
    _require_folder(settings)
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
    published = replace(settings, workspace="")
    workspace = replace(settings, workspace=name)
    base = {}
    with _failures_explained(workspace):
        for table, opened in _built(published):
            place = table.split(".")
            _stage(opened, Path(published.location(*place)), Path(workspace.location(*place)))
            base[table] = version_of(opened)
    made = Workspace(workspace, datetime.now(UTC), base)
    storage_of(settings.root).write(_description(name), _to_json(made))
    return made


def add_version(workspace: Workspace, table: str, version: int) -> None:
    """Let a table of a workspace go back to an older version: link what that had.

    Raises:
        LakehouseError: A file can't be linked or copied; the workspace is dropped.
    """
    place = Path(workspace.published.location(*table.split(".")))
    to = Path(workspace.settings.location(*table.split(".")))
    with _failures_explained(workspace.settings):
        _link(place, to, _names_of(open_table(table, place, version)))
        _link(place, to, _log_from(place, version))


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
        there = f"There are {', '.join(names)}." if names else "There is none."
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
    storage_of(settings.root).delete(_description(name))
    shutil.rmtree(Path(settings.root, WORKSPACES, name), ignore_errors=True)


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


def link(source: Path, target: Path) -> None:
    """Give a file a second name; where the file system has no such thing, copy it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except FileExistsError:
        pass
    except OSError:
        shutil.copyfile(source, target)


def _stage(table: DeltaTable, published: Path, staged: Path) -> None:
    _link(published, staged, _log_from(published, table.version()))
    # Engines write it anew in place, which would reach the other through a link.
    if (published / _LAST_CHECKPOINT).exists():
        shutil.copyfile(published / _LAST_CHECKPOINT, staged / _LAST_CHECKPOINT)
    _link(published, staged, _names_of(table))


def _link(folder: Path, to: Path, names: Iterable[str]) -> None:
    for name in names:
        link(folder / name, to / name)


def _names_of(table: DeltaTable) -> list[str]:
    return sorted(str(file) for file in files_of(table, Path()))


def _log_from(folder: Path, version: int) -> list[str]:
    """What a reader of a version needs of the log: its last checkpoint and the commits since."""
    names = [f"{_LOG}/{path.name}" for path in (folder / _LOG).iterdir()]
    _, checkpoints = commits_of(names)
    begin = max((number for number in checkpoints if number <= version), default=0)
    return [
        name
        for name in sorted(names)
        for commits, found in [commits_of([name])]
        if any(number >= begin for number in (*commits, *found))
    ]


def _description(name: str) -> str:
    return f"{WORKSPACES}/{name}/{_DESCRIPTION}"


def _to_json(workspace: Workspace) -> bytes:
    base = {name: [one.version, one.table_id] for name, one in workspace.base.items()}
    created_at = workspace.created_at.isoformat()
    return json.dumps({"created_at": created_at, "base": base}, indent=1).encode()


def _require_folder(settings: Settings) -> None:
    if not settings.is_local:
        raise LakehouseError(
            f"The root {settings.root} is a bucket, and workspaces are made of links to files.",
            "Name a folder with --root.",
        )
