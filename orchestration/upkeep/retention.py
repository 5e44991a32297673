"""What nobody can ask a table for any more: data files and log entries of versions before all kept.

Data flow: recorded versions of kept runs -> oldest kept version -> files and log entries before it
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deltalake import DeltaTable

from orchestration.state.past_runs import PastRun
from orchestration.state.versions import files_of, open_table

# Who runs once a month wants to go back to the run before, too.
FEWEST_RUNS = 10
# A file of no version may be one that somebody who does not hold the root is about to commit.
_TIME_TO_COMMIT = timedelta(days=1)
_ENTRY = re.compile(r"(\d{20})\.")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\.parquet")


@dataclass(frozen=True)
class Leftovers:
    """What can be deleted of a table, without a change to any version that is kept."""

    data: list[Path]
    log: list[Path]

    @property
    def paths(self) -> list[Path]:
        """All of it, in the order in which it may be deleted and the deletion be cut off."""
        return [*self.data, *self.log]


def kept_runs(runs: Sequence[PastRun], since: datetime) -> list[PastRun]:
    """The runs to be kept, of all with recorded versions, the newest first.

    From the oldest on that ended after `since`, whatever the clock said in later ones; and in any
    case so many that ten of them are no maintenances.
    """
    recorded = [run for run in runs if run.versions]
    recent = [place for place, run in enumerate(recorded, start=1) if run.finished_at >= since]
    others = [place for place, run in enumerate(recorded, start=1) if not run.is_maintenance]
    return recorded[: max([*recent, *others[:FEWEST_RUNS]], default=0)]


def oldest_kept_version(name: str, table: DeltaTable, kept: Sequence[PastRun]) -> int:
    """The first version of a table that holds data which must stay as it is.

    A kept run that did not know the table is older than all of its versions.
    """
    if not kept or any(name not in run.versions for run in kept):
        return 0
    return min(table.version(), *(run.versions[name].version for run in kept))


def leftovers(
    name: str, folder: Path, table: DeltaTable, oldest_kept: int, now: datetime
) -> Leftovers:
    """What the versions from the oldest kept one to the present do not need.

    Raises:
        LakehouseError: A version that is to be kept can't be read.
    """
    log = sorted((folder / "_delta_log").iterdir())
    checkpoints = _numbers(_CHECKPOINT, log)
    # Entries before a checkpoint add nothing to it. Without the first commit, the log begins there.
    begin = max((number for number in checkpoints if number <= oldest_kept), default=0)
    is_whole = 0 in _numbers(re.compile(r"(\d{20})\.json"), log)
    first = oldest_kept if is_whole else max(oldest_kept, min(checkpoints, default=0))
    needed: set[Path] = set()
    for version in range(first, table.version() + 1):
        needed |= files_of(open_table(name, folder, version), folder)
    data = [
        path
        for path in sorted(folder.rglob("*.parquet"))
        if path not in needed and not _is_hidden(path, folder) and _age(path, now) > _TIME_TO_COMMIT
    ]
    entries = [path for path in log if (match := _ENTRY.match(path.name)) and int(match[1]) < begin]
    return Leftovers([*data, *_checksums(data)], entries)


def _numbers(pattern: re.Pattern[str], log: Iterable[Path]) -> set[int]:
    return {int(match[1]) for path in log if (match := pattern.fullmatch(path.name))}


def _is_hidden(path: Path, folder: Path) -> bool:
    """Delta's own folders begin with an underscore; those of a partition have a `=`."""
    parts = path.relative_to(folder).parts[:-1]
    return any(part.startswith("_") and "=" not in part for part in parts)


def _age(path: Path, now: datetime) -> timedelta:
    return now - datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _checksums(data: Iterable[Path]) -> list[Path]:
    """Spark's Hadoop puts a hidden file beside each one that it writes to a folder."""
    beside = (path.with_name(f".{path.name}.crc") for path in data)
    return [path for path in beside if path.exists()]
