"""Publishing: what a workspace holds becomes what everybody reads, all tables together.

Data flow: workspace -> new files linked -> intent -> a commit for each table -> ops.publications

Nothing is visible before the first commit. The intent, .work/publishing.json, holds all commits
before the first of them is made; so whoever next holds the root can make those that a crash has
left out. It is never taken back: what it holds was tested.

A reader that wants all tables of one state opens the versions of the last row of ops.publications.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS
from ingestion.settings import WORKSPACES, Settings
from ingestion.tables import TABLES
from orchestration.state.storage import storage_of
from orchestration.state.table_commit import commit_file, net_commit
from orchestration.state.versions import (
    TableVersion,
    first_line,
    open_table,
    unreadable_explained,
)
from orchestration.state.workspaces import Workspace, built_versions, drop_workspace, link

_INTENT = f"{WORKSPACES}/publishing.json"
_NAME = "publications"
# A reader of a log reads its last checkpoint and the commits since.
_COMMITS_BETWEEN_CHECKPOINTS = 10


@dataclass(frozen=True)
class _Commit:
    """A commit to be made.

    Attributes:
        table: `<layer>.<table>`.
        place: Of the table, relative to the root.
        version: Its number.
        text: Its lines.
    """

    table: str
    place: str
    version: int
    text: str

    @property
    def file(self) -> str:
        """Relative to the root."""
        return f"{self.place}/{commit_file(self.version)}"


def publish(workspace: Workspace, run_id: str) -> list[str]:
    """Publish what a workspace holds and drop it; the caller holds the root and has tested it.

    Returns:
        The tables that were moved, in the order of their commits.

    Raises:
        LakehouseError: A published table has moved since the workspace was opened, or a file can't
            be written. Nothing is visible then, or it becomes so with the next run.
    """
    settings, now = workspace.published, datetime.now(UTC)
    _require_unmoved(workspace)
    with _failures_explained(settings):
        commits = [
            commit
            for table in sorted(workspace.changed_tables(), key=_place_in_order)
            if (commit := _prepare(workspace, table, run_id, now)) is not None
        ]
    if commits:
        storage = storage_of(settings.root)
        storage.sync()  # a commit may not outlast a power cut that its files do not
        intent = {
            "run_id": run_id,
            "workspace": workspace.name,
            "commits": [vars(commit) for commit in commits],
        }
        storage.write(_INTENT, json.dumps(intent).encode())
        finish_publication(settings)
    drop_workspace(settings, workspace.name)
    return [commit.table for commit in commits]


def finish_publication(settings: Settings) -> None:
    """Make the commits of a publication that are not made yet; the caller holds the root.

    Raises:
        LakehouseError: A table has another commit in the place of one, or a write failed.
    """
    storage = storage_of(settings.root)
    content = storage.read(_INTENT)
    if content is None:
        return
    intent = json.loads(content)
    for commit in (_Commit(**fields) for fields in intent["commits"]):
        text = commit.text.encode()
        if not storage.create(commit.file, text) and storage.read(commit.file) != text:
            raise _moved(settings, commit)
        if commit.version and commit.version % _COMMITS_BETWEEN_CHECKPOINTS == 0:
            with _failures_explained(settings):
                DeltaTable(f"{settings.root}/{commit.place}").create_checkpoint()
    _record(settings, intent["run_id"])
    drop_workspace(settings, intent["workspace"])
    storage.delete(_INTENT)


def unfinished_publication(settings: Settings) -> str | None:
    """The run whose publication was cut off; whoever next holds the root finishes it."""
    content = storage_of(settings.root).read(_INTENT)
    return None if content is None else str(json.loads(content)["run_id"])


def note_versions(settings: Settings, run_id: str) -> None:
    """Let readers see the tables as they are, after a repair that could not publish them."""
    if last_publication(settings) is not None:
        _record(settings, run_id)


@dataclass(frozen=True)
class Publication:
    """What readers see.

    Attributes:
        number: Counts the publications of a root, from 1.
        run_id: The run that published.
        published_at: When, UTC.
        versions: `<layer>.<table>` to its version, for every table of silver and gold.
    """

    number: int
    run_id: str
    published_at: datetime
    versions: dict[str, TableVersion]


def last_publication(settings: Settings) -> Publication | None:
    """What readers see; None on a root from before there were publications.

    Raises:
        LakehouseError: The table of publications can't be read.
    """
    location = settings.location("ops", _NAME)
    with unreadable_explained(f"ops.{_NAME}", location):
        try:
            table = DeltaTable(location)
        except TableNotFoundError:
            return None
        newest = max(_numbers(table), default=None)
        if newest is None:
            return None
        rows = table.to_pyarrow_table(filters=[("publication", "=", newest)]).to_pylist()
    return Publication(
        newest,
        rows[0]["run_id"],
        rows[0]["published_at"],
        {row["table_name"]: TableVersion(row["version"], row["table_id"]) for row in rows},
    )


def pinned_versions(settings: Settings) -> dict[str, int]:
    """`<layer>.<table>` to the version that a reader opens; the newest, where it is not here."""
    found = None if settings.workspace else last_publication(settings)
    return {name: one.version for name, one in found.versions.items()} if found else {}


def _numbers(table: DeltaTable) -> list[int]:
    """The numbers of publications, at least the newest, from the statistics of the log."""
    greatest = pa.table(table.get_add_actions(flatten=True))["max.publication"]
    return [number for number in greatest.to_pylist() if number is not None]


def _prepare(workspace: Workspace, table: str, run_id: str, now: datetime) -> _Commit | None:
    """Bring the new files of a table to where it is published, and make its commit in memory."""
    place = table.split(".")
    staged = Path(workspace.settings.location(*place))
    published = Path(workspace.published.location(*place))
    before = open_table(table, published) if table in workspace.base else None
    text, files = net_commit(staged, before, open_table(table, staged), run_id, now)
    if not text:
        return None
    for file in files:
        link(staged / file, published / file)
    version = 0 if before is None else before.version() + 1
    return _Commit(table, workspace.published.place(*place), version, text.decode())


def _place_in_order(table: str) -> tuple[int, int, str]:
    """Silver before gold, and in silver the raw tables in the order of what refers to what."""
    layer, name = table.split(".")
    order = list(TABLES)
    return BUILT_LAYERS.index(layer), order.index(name) if name in order else len(order), name


def _require_unmoved(workspace: Workspace) -> None:
    """Every published table is in the version that the workspace began with.

    Raises:
        LakehouseError: One is not.
    """
    now = built_versions(workspace.published)
    for table in sorted({*now, *workspace.base}):
        if now.get(table) != workspace.base.get(table):
            raise LakehouseError(
                f"The published table {table} has moved since the workspace {workspace.name} was"
                f" opened: {_in_words(workspace.base.get(table))} then,"
                f" {_in_words(now.get(table))} now. Nothing was published.",
                "Build again on what is published now:"
                f" `lakehouse workspace drop {workspace.name}`, then build there anew. If no run"
                " has moved it, somebody has written past the lakehouse; `lakehouse run` builds"
                " the table anew.",
            )


def _in_words(version: TableVersion | None) -> str:
    return "not there" if version is None else f"version {version.version:,} ({version.table_id})"


def _moved(settings: Settings, commit: _Commit) -> LakehouseError:
    return LakehouseError(
        f"The published table {commit.table} has got a version {commit.version:,} by somebody who"
        f" wrote past the lakehouse while it was published: {settings.root}/{commit.file}.",
        f"Take that file away, then run again: the publication goes on by itself. It is kept in"
        f" {settings.root}/{_INTENT}.",
    )


def _record(settings: Settings, run_id: str) -> None:
    # They take a third of a second to import, and readers do without them.
    from pyspark.sql.pandas.types import to_arrow_schema

    from ingestion.ops_tables import PUBLICATIONS

    last = last_publication(settings)
    versions = built_versions(replace(settings, workspace=""))
    if last and last.run_id == run_id and last.versions == versions:
        return  # a crash has come between this and the end of the publication
    now, number = datetime.now(UTC), last.number + 1 if last else 1
    rows = [
        (number, run_id, table, one.version, one.table_id, now) for table, one in versions.items()
    ]
    records = [dict(zip(PUBLICATIONS.names, row, strict=True)) for row in rows]
    with _failures_explained(settings):
        write_deltalake(
            settings.location("ops", _NAME),
            pa.Table.from_pylist(records, to_arrow_schema(PUBLICATIONS)),
            mode="append",
        )


@contextmanager
def _failures_explained(settings: Settings) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as error:
        raise LakehouseError(
            f"The tables of {settings.root} can't be published: {first_line(error)}",
            "Free space or give rights there, then run again: what is tested is published then.",
        ) from error
