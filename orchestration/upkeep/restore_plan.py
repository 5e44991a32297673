"""What a restore to the end of a run has to do, and whether it can: nothing is written here.

Data flow: ops.table_versions of the run + tables of now -> a step for each table, or a refusal
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS
from ingestion.settings import Settings
from orchestration.state.past_runs import PastRun
from orchestration.state.versions import (
    current_versions,
    data_tables,
    files_of,
    first_line,
    is_plain,
    open_table,
    version_of,
)

_LEDGER = "ops.ingested_files"


class Action(StrEnum):
    """What a restore does to a table."""

    NOTHING = "as it was"
    PUT_BACK = "put back"
    EMPTIED = "made after that run: emptied"


@dataclass(frozen=True)
class Step:
    """A table, now and at the end of the run.

    Attributes:
        name: `<layer>.<table>`.
        folder: Where it is.
        action: What is to be done.
        version_now: Number of its last commit.
        version_then: Number of its last commit then, None if there was no such table.
        rows_now: Rows that it holds.
        rows_then: Rows that it held.
        needs_spark: delta-rs can't do it.
    """

    name: str
    folder: Path
    action: Action
    version_now: int
    version_then: int | None
    rows_now: int
    rows_then: int
    needs_spark: bool

    @property
    def is_built(self) -> bool:
        """It is one of silver or gold, which change by publishing alone."""
        return self.name.split(".")[0] in BUILT_LAYERS


@dataclass(frozen=True)
class Restore:
    """What a restore does, or has done.

    Attributes:
        run: The run whose end is gone back to.
        steps: Every table that holds data.
        forgotten: Raw files, of which the ledger has a version now that it did not have then.
        undo: The run that had left the tables as they were before, None if none had.
        run_id: The restore's own run, None if nothing was done.
    """

    run: PastRun
    steps: list[Step]
    forgotten: list[str]
    undo: str | None
    run_id: str | None = None

    @property
    def changes(self) -> list[Step]:
        """The tables that are not as they were then."""
        return [step for step in self.steps if step.action != Action.NOTHING]


def plan_restore(settings: Settings, run: PastRun, runs: Sequence[PastRun]) -> Restore:
    """Find out what to do.

    Args:
        settings: Where the lakehouse is.
        run: The run to go back to.
        runs: All runs with recorded versions.

    Raises:
        LakehouseError: A table can't be had as it was.
    """
    tables = data_tables(settings)
    gone = sorted(set(run.versions) - set(tables))
    if gone:
        name = gone[0]
        raise LakehouseError(
            f"The table {name} of run {run.run_id} is gone: {settings.location(*name.split('.'))}"
            " holds no Delta table.",
            "Put its folder back from a copy, or go back to a run without it.",
        )
    steps = [_step(run, name, folder) for name, folder in tables.items()]
    before = current_versions(settings)
    undo = next((past.run_id for past in runs if past.versions == before), None)
    return Restore(run, steps, _forgotten(tables[_LEDGER], run), undo)


def _step(run: PastRun, name: str, folder: Path) -> Step:
    now = open_table(name, folder)
    then = _as_then(run, name, folder, now) if name in run.versions else None
    if then is None:
        action = Action.EMPTIED if files_of(now, folder) else Action.NOTHING
    else:
        is_same = _content(now, folder) == _content(then, folder)
        action = Action.NOTHING if is_same else Action.PUT_BACK
    return Step(
        name=name,
        folder=folder,
        action=action,
        version_now=now.version(),
        version_then=then.version() if then else None,
        rows_now=now.count(),
        rows_then=then.count() if then else 0,
        needs_spark=not all(is_plain(table) for table in (now, then) if table),
    )


def _as_then(run: PastRun, name: str, folder: Path, now: DeltaTable) -> DeltaTable:
    """The table as the run left it, with all its files.

    Raises:
        LakehouseError: It can't be had any more.
    """
    version = run.versions[name]
    where = f"The table {name} can't go back to version {version.version} of run {run.run_id}"
    next_step = "Go back to a later run; `lakehouse restore` without --run lists them."
    if version.version > now.version():
        raise LakehouseError(f"{where}: it was removed and made anew since.", next_step)
    try:
        then = DeltaTable(folder, version=version.version)
    except (DeltaError, OSError) as error:
        raise LakehouseError(
            f"{where}: its log does not reach back so far ({first_line(error)}). `lakehouse"
            " maintain` or `lakehouse erase-user` has deleted what was older.",
            next_step,
        ) from error
    if version_of(then) != version:
        raise LakehouseError(f"{where}: it was removed and made anew since.", next_step)
    gone = sorted(file for file in files_of(then, folder) if not file.exists())
    if gone:
        raise LakehouseError(
            f"{where}: {len(gone)} of its files are gone, such as {gone[0]}. `lakehouse maintain`"
            " or a vacuum has deleted them, as no run that is kept needs them.",
            next_step,
        )
    return then


def _content(table: DeltaTable, folder: Path) -> tuple[Any, ...]:
    """What two versions have in common if they are the same for every reader and writer."""
    metadata = table.metadata()
    return (
        files_of(table, folder),
        table.schema().to_json(),
        metadata.partition_columns,
        metadata.configuration,
    )


def _forgotten(ledger: Path, run: PastRun) -> list[str]:
    def files(table: DeltaTable) -> set[tuple[str, str]]:
        rows = table.to_pyarrow_table(columns=["source_file", "content_hash"]).to_pylist()
        return {(row["source_file"], row["content_hash"]) for row in rows}

    then = DeltaTable(ledger, version=run.versions[_LEDGER].version)
    return sorted({name for name, _ in files(DeltaTable(ledger)) - files(then)})
