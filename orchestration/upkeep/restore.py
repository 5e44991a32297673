"""Back to the end of a recorded run: all tables that hold data, together.

Data flow: run -> plan -> Delta RESTORE of silver and gold in a workspace, then of bronze and ops
-> publication -> history

A restore adds a commit to each table, so nothing is lost and a later run can be restored in turn.
Everything that can be wrong is looked for before the first commit. While tables are being put back
a mark at the root keeps other runs away; the versions aimed at are absolute, so that repeating the
command finishes what was cut off.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from pyspark.errors import PySparkException

from ingestion.errors import LakehouseError
from ingestion.session import get_session
from ingestion.settings import Engine, Settings, available_cores
from orchestration.state.build_cache import builds_that_left
from orchestration.state.history import record_run
from orchestration.state.lock import only_run, restore_under_way, unfinished_restore
from orchestration.state.past_runs import PastRun, past_runs, run_named
from orchestration.state.publications import publish
from orchestration.state.results import RunResult
from orchestration.state.versions import first_line, require_lakehouse
from orchestration.state.workspaces import (
    Workspace,
    add_version,
    drop_workspaces_of_runs,
    workspace_of_upkeep,
)
from orchestration.upkeep.restore_plan import Restore, Step, plan_restore

# Puts a table back that lies in a folder: its own, or that of a workspace.
_Tool = Callable[[Step, Path], None]


def restore(
    settings: Settings, wanted: str, clock: Callable[[], datetime], *, dry_run: bool
) -> Restore:
    """Bring all tables that hold data back to the versions that a run left.

    Args:
        settings: Where the lakehouse is.
        wanted: The run's id or the beginning of it.
        clock: The time of now, UTC; for the history alone.
        dry_run: Only say what would be done.

    Raises:
        LakehouseError: There is no such run, a table can't be had as it was, or a write failed.
    """
    started_at = clock()
    runs = restorable_runs(settings)
    where = f"with recorded versions is on {settings.root}"
    run_id = run_named([run.run_id for run in runs], wanted, where)
    run = next(run for run in runs if run.run_id == run_id)
    with only_run(settings, goes_on_with_restore=True):
        plan = plan_restore(settings, run, runs)
        if dry_run or (not plan.changes and unfinished_restore(settings) is None):
            return plan
        put_back = _tool(settings, plan.changes)
        builds = builds_that_left(settings, run.versions)
        result = RunResult(uuid.uuid4().hex, f"restore --run {run.run_id}", builds=builds)
        with (
            _staged(settings, result.run_id, plan.changes, put_back) as workspace,
            restore_under_way(settings, run.run_id),
        ):
            for step in plan.changes:
                if not step.is_built:
                    put_back(step, step.folder)
            if workspace is not None:
                publish(workspace, result.run_id)
                drop_workspaces_of_runs(settings)  # they began with what is no longer published
            record_run(settings, result, started_at, clock(), "well", available_cores())
        return replace(plan, run_id=result.run_id)


def restorable_runs(settings: Settings) -> list[PastRun]:
    """The runs that recorded their versions, the newest first.

    Raises:
        LakehouseError: There is none, or no lakehouse.
    """
    require_lakehouse(settings)
    runs = [run for run in past_runs(settings) if run.versions]
    if not runs:
        raise LakehouseError(
            f"No run on {settings.root} has recorded the versions of its tables.",
            "Name another root with --root; `lakehouse run --root DIR` records them at its end.",
        )
    return runs


@contextmanager
def _staged(
    settings: Settings, run_id: str, changes: Sequence[Step], put_back: _Tool
) -> Iterator[Workspace | None]:
    """A workspace with silver and gold as they were; None if none of their tables changes."""
    built = [step for step in changes if step.is_built]
    if not built:
        yield None
        return
    with workspace_of_upkeep(settings, run_id) as workspace:
        for step in built:
            if step.version_then is not None:
                add_version(workspace, step.name, step.version_then)
            put_back(step, Path(workspace.settings.location(*step.name.split("."))))
        yield workspace


def _tool(settings: Settings, changes: Sequence[Step]) -> _Tool:
    """What puts a table back; Spark is started only if a table needs it, before the first write."""
    needs_spark = any(step.needs_spark for step in changes)
    spark = get_session(replace(settings, engine=Engine.SPARK)) if needs_spark else None

    def put_back(step: Step, folder: Path) -> None:
        then = step.version_then
        try:
            if step.needs_spark and spark is not None:
                table = f"delta.`{str(folder).replace('`', '``')}`"
                spark.sql(
                    f"delete from {table}"
                    if then is None
                    else f"restore table {table} to version as of {then}"
                )
            elif then is None:
                DeltaTable(folder).delete()
            else:
                DeltaTable(folder).restore(then)
        except (DeltaError, OSError, PySparkException) as error:
            raise LakehouseError(
                f"The table {step.name} at {folder} can't be written: {first_line(error)}",
                "Free space or give rights there and repeat the command: it does what is left.",
            ) from error

    return put_back
