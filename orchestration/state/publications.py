"""Publishing: what a workspace holds becomes what everybody reads, all tables together.

Data flow: workspace -> new files linked -> intent -> a commit for each table -> ops.publications

Nothing is visible before the first commit. The intent, .work/publishing.json, holds all commits
before the first of them is made; so whoever next holds the root can make those that a crash has
left out. It is never taken back: what it holds was tested.

A reader that wants all tables of one state opens the versions of the last row of ops.publications.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.state.built_tables import built_tables, built_versions
from orchestration.state.published import (
    INTENT,
    PUBLICATIONS_TABLE,
    Commit,
    Intent,
    Versions,
    last_publication,
    read_intent,
)
from orchestration.state.storage import storage_of
from orchestration.state.table_commit import StagedLog, net_commit
from orchestration.state.versions import TableVersion, first_line, version_of
from orchestration.state.workspaces import (
    Workspace,
    drop_workspace,
)

# A reader of a log reads its last checkpoint and the commits since.
_COMMITS_BETWEEN_CHECKPOINTS = 10
_GOES_ON = "then run again: the publication goes on by itself"

logger = logging.getLogger(__name__)


def publish(workspace: Workspace, run_id: str) -> list[str]:
    """Publish what a workspace holds and drop it; the caller holds the root and has tested it.

    Returns:
        The tables that were moved, in the order of their commits.

    Raises:
        LakehouseError: A published table has moved since the workspace was opened, or a file can't
            be written. Nothing is visible then, or it becomes so with the next run.
    """
    settings, now = workspace.published, datetime.now(UTC)
    published = built_tables(settings)
    require_unmoved(workspace, {name: version_of(one) for name, one in published.items()})
    storage = storage_of(settings.root)
    with _failures_explained(settings, f"then `lakehouse publish --workspace {workspace.name}`"):
        staged = built_tables(workspace.settings)

        def prepare(table: str) -> Commit | None:
            before = published.get(table)
            return _prepare(workspace, table, before, staged[table], run_id, now)

        changed = [name for name in staged if workspace.base.get(name) != version_of(staged[name])]
        prepared = storage.for_each(prepare, sorted(changed, key=_place_in_order))
    commits = [commit for commit in prepared if commit is not None]
    if commits:
        ids = {name: version_of(table).table_id for name, table in (staged | published).items()}
        after = workspace.base | {
            commit.table: TableVersion(commit.version, ids[commit.table]) for commit in commits
        }
        storage.sync()  # a commit may not outlast a power cut that its files do not
        intent = Intent(run_id, workspace.name, workspace.base, after, commits)
        storage.write(INTENT, intent.to_json())
        finish_publication(settings)
    else:
        drop_workspace(settings, workspace.name)
    return [commit.table for commit in commits]


def finish_publication(settings: Settings) -> None:
    """Make what a publication has left to do; the caller holds the root.

    Raises:
        LakehouseError: A table has another commit in the place of one, or a write failed.
    """
    intent, storage = read_intent(settings), storage_of(settings.root)
    storage.tidy(INTENT)
    if intent is None:
        return
    for commit in intent.commits:
        text = commit.text.encode()
        if not storage.create(commit.file, text) and storage.read(commit.file) != text:
            raise _moved(settings, commit)
        storage.tidy(commit.file)
    _record(settings, intent.run_id, intent.after)
    for commit in intent.commits:
        if commit.version and commit.version % _COMMITS_BETWEEN_CHECKPOINTS == 0:
            _make_checkpoint(settings, commit)
    storage.sync()  # the intent may not go before what it has led to is kept
    drop_workspace(settings, intent.workspace)
    storage.delete(INTENT)


def _make_checkpoint(settings: Settings, commit: Commit) -> None:
    """Without it the next ones read more of the log, which is no reason to stop them."""
    try:
        DeltaTable(f"{settings.root}/{commit.place}").create_checkpoint()
    except (DeltaError, OSError) as error:
        logger.warning("%s has no new checkpoint of its log: %s", commit.table, first_line(error))


def note_repaired(settings: Settings, run_id: str, tables: Collection[str]) -> None:
    """Let readers see damaged tables as a repair has left them, which could not publish them.

    With the list of publications itself among them, all tables: the last one may be lost.
    """
    last = last_publication(settings)
    if last is None:
        return
    now = built_versions(settings)
    is_lost = f"ops.{PUBLICATIONS_TABLE}" in tables
    kept = {name: one for name, one in last.versions.items() if name not in tables}
    again = {name: one for name, one in now.items() if name in tables}
    versions = now if is_lost else kept | again
    if versions != last.versions:
        _record(settings, run_id, versions)


def _prepare(
    workspace: Workspace,
    table: str,
    before: DeltaTable | None,
    staged: DeltaTable,
    run_id: str,
    now: datetime,
) -> Commit | None:
    """Bring the new files of a table to where it is published, and make its commit in memory."""
    storage = storage_of(workspace.settings.root)
    layer, name = table.split(".")
    place, to = workspace.settings.place(layer, name), workspace.published.place(layer, name)
    text, files = net_commit(StagedLog(storage, place, to), before, staged, run_id, now)
    if not text:
        return None
    storage.copy(place, to, files)
    return Commit(table, to, 0 if before is None else before.version() + 1, text.decode())


def _place_in_order(table: str) -> tuple[int, int, str]:
    """Silver before gold, and in silver the raw tables in the order of what refers to what."""
    layer, name = table.split(".")
    order = list(TABLES)
    return BUILT_LAYERS.index(layer), order.index(name) if name in order else len(order), name


def require_unmoved(workspace: Workspace, now: Versions | None = None) -> None:
    """Every published table is in the version that the workspace began with.

    Args:
        workspace: That is to be published.
        now: The versions of now; None to look.

    Raises:
        LakehouseError: One is not.
    """
    now = built_versions(workspace.published) if now is None else now
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


def _moved(settings: Settings, commit: Commit) -> LakehouseError:
    return LakehouseError(
        f"The published table {commit.table} has got a version {commit.version:,} by somebody who"
        f" wrote past the lakehouse while it was published: {settings.root}/{commit.file}.",
        f"Take that file away, then run again: the publication goes on by itself. It is kept in"
        f" {settings.root}/{INTENT}.",
    )


def _record(settings: Settings, run_id: str, versions: Versions) -> None:
    # They take a third of a second to import, and readers do without them.
    from pyspark.sql.pandas.types import to_arrow_schema

    from ingestion.ops_tables import PUBLICATIONS

    last = last_publication(settings)
    if last and last.run_id == run_id and last.versions == versions:
        return  # a crash has come between this and the end of the publication
    now, number = datetime.now(UTC), last.number + 1 if last else 1
    rows = [
        (number, run_id, table, one.version, one.table_id, now) for table, one in versions.items()
    ]
    records = [dict(zip(PUBLICATIONS.names, row, strict=True)) for row in rows]
    with _failures_explained(settings):
        write_deltalake(
            settings.location("ops", PUBLICATIONS_TABLE),
            pa.Table.from_pylist(records, to_arrow_schema(PUBLICATIONS)),
            mode="append",
        )


@contextmanager
def _failures_explained(settings: Settings, then: str = _GOES_ON) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as error:
        raise LakehouseError(
            f"The tables of {settings.root} can't be published: {first_line(error)}",
            f"Free space or give rights there, {then}.",
        ) from error
