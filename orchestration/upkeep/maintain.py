"""Routine care of the tables: small files are merged, files that nobody can ask for are deleted.

Data flow: Delta logs + recorded versions -> plan -> merge, of silver and gold in a workspace that
is published -> history -> delete files, log entries

No value is changed by it. Every version from the one that the oldest kept run left up to now stays,
with its files and its log, so that `lakehouse restore` can go back to each kept run; so does the
one that readers see. The clock has a say only in which runs are kept. Workspaces that runs have
left go as well; the files of any other one are its own by a second name, so that none is missed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from deltalake.exceptions import DeltaError

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS
from ingestion.settings import Settings, available_cores
from orchestration.state.build_cache import builds_that_left
from orchestration.state.history import record_run
from orchestration.state.lock import only_run
from orchestration.state.past_runs import PastRun, past_runs
from orchestration.state.publications import publish
from orchestration.state.published import shown_versions
from orchestration.state.results import RunResult
from orchestration.state.storage import storage_of
from orchestration.state.versions import (
    all_tables,
    current_versions,
    data_tables,
    files_of,
    first_line,
    open_table,
    require_lakehouse,
)
from orchestration.state.workspaces import (
    drop_workspaces_of_runs,
    workspace_of_upkeep,
    workspaces_of_runs,
)
from orchestration.upkeep.compaction import Merge, compact, find_merge
from orchestration.upkeep.retention import Leftovers, kept_runs, leftovers, oldest_kept_version

SHORTEST_KEEP_DAYS = 7


@dataclass(frozen=True)
class Size:
    """Files of a table: those that a reader opens, all that lie in its folder, and their bytes."""

    read: int
    on_disk: int
    bytes: int


@dataclass(frozen=True)
class Care:
    """What is to be done to a table, and what it comes to.

    Attributes:
        name: `<layer>.<table>`.
        folder: Where it is.
        merge: Small files to merge.
        leftovers: Files to delete.
        before: Its size before.
        after: Its size afterwards; as long as nothing is done, about what it will be.
    """

    name: str
    folder: Path
    merge: Merge
    leftovers: Leftovers
    before: Size
    after: Size

    @property
    def is_due(self) -> bool:
        """There is something to do."""
        return bool(self.merge.files or self.leftovers.paths)


@dataclass(frozen=True)
class Maintenance:
    """What a maintenance did, or would do.

    Attributes:
        kept: The runs that can be restored afterwards, the newest first.
        tables: Every table.
        workspaces: Names of those that runs have left, which are dropped.
        run_id: The maintenance's own run, None if nothing was done to a table.
    """

    kept: list[PastRun]
    tables: list[Care]
    workspaces: list[str]
    run_id: str | None = None


def maintain(
    settings: Settings, keep_days: int, clock: Callable[[], datetime], *, dry_run: bool
) -> Maintenance:
    """Merge small files and delete what no kept run needs.

    Args:
        settings: Where the lakehouse is.
        keep_days: A run that ended within so many days can be restored afterwards.
        clock: The time of now, UTC.
        dry_run: Only say what would be done.

    Raises:
        LakehouseError: Too few days, no lakehouse, a damaged table, or a failed write.
    """
    if keep_days < SHORTEST_KEEP_DAYS:
        raise LakehouseError(
            f"--keep-days {keep_days} is less than {SHORTEST_KEEP_DAYS}.",
            "A bad run is often noticed days later, and only a run that is kept can be restored."
            f" Choose {SHORTEST_KEEP_DAYS} or more.",
        )
    require_lakehouse(settings)
    started_at = clock()
    with only_run(settings):
        kept = kept_runs(past_runs(settings), started_at - timedelta(days=keep_days))
        tables = _plan(settings, kept, started_at)
        outcome = Maintenance(kept, tables, workspaces_of_runs(settings))
        if not dry_run:
            drop_workspaces_of_runs(settings)
        due = [care for care in tables if care.is_due]
        if dry_run or not due:
            return outcome
        builds = builds_that_left(settings, current_versions(settings))
        result = RunResult(uuid.uuid4().hex, f"maintain --keep-days {keep_days}", builds=builds)
        _merge(settings, result.run_id, [care for care in due if care.merge.files])
        record_run(settings, result, started_at, clock(), "well", available_cores())
        storage_of(settings.root).sync()  # a power cut could take what is new and what was deleted
        for care in due:
            with _failures_explained(care):
                for path in care.leftovers.paths:
                    path.unlink()
        tables = [replace(care, after=_size(care.name, care.folder)) for care in tables]
        return replace(outcome, tables=tables, run_id=result.run_id)


def _merge(settings: Settings, run_id: str, due: list[Care]) -> None:
    """Merge small files; those of silver and gold are published together."""
    built = [care for care in due if care.name.split(".")[0] in BUILT_LAYERS]
    for care in due:
        if care not in built:
            _compact(care, care.folder)
    if built:
        with workspace_of_upkeep(settings, run_id) as workspace:
            for care in built:
                _compact(care, Path(workspace.settings.location(*care.name.split("."))))
            publish(workspace, run_id)


def _compact(care: Care, folder: Path) -> None:
    with _failures_explained(care):
        compact(open_table(care.name, folder), care.merge)


def _plan(settings: Settings, kept: list[PastRun], now: datetime) -> list[Care]:
    holds_data, shown = data_tables(settings), shown_versions(settings) or {}
    plan = []
    for name, folder in all_tables(settings).items():
        table = open_table(name, folder)
        # The history of runs is never restored: what it was like before, nobody asks for.
        oldest = oldest_kept_version(name, table, kept) if name in holds_data else table.version()
        oldest = min(oldest, shown[name].version) if name in shown else oldest
        merge, left = find_merge(table), leftovers(name, folder, table, oldest, now)
        before = _size(name, folder)
        after = Size(
            read=before.read - merge.files + merge.into,
            on_disk=before.on_disk + merge.into - len(left.paths),
            bytes=before.bytes - sum(path.stat().st_size for path in left.paths),
        )
        plan.append(Care(name, folder, merge, left, before, after))
    return plan


def _size(name: str, folder: Path) -> Size:
    files = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return Size(len(files_of(open_table(name, folder), folder)), len(files), sum(files))


@contextmanager
def _failures_explained(care: Care) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as error:
        raise LakehouseError(
            f"The table {care.name} at {care.folder} can't be maintained: {first_line(error)}",
            "Free space or give rights there and repeat the command; no value was changed.",
        ) from error
