"""Brings a damaged table back to a whole state, by what is still whole of it; deletes nothing.

Data flow: `Damage` -> older version, or the same without its lost files, or no table

What is taken away goes to `.damaged/` below the root, with its place in its path.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from ingestion.settings import Settings
from orchestration.state.damage import Damage, commits_of, damage_of, is_checkpoint, newest_of
from orchestration.state.past_runs import read_ops

ASIDE = ".damaged"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TableRepair:
    """What was done about a damaged table.

    Attributes:
        damage: What was wrong.
        version: In which the table is now, None if it is gone.
        is_older: Commits were taken away: their numbers will be used again.
    """

    damage: Damage
    version: int | None
    is_older: bool

    def __str__(self) -> str:
        if self.version is None:
            done = "set aside; it is made anew"
        elif self.is_older:
            done = f"went back to version {self.version:,}"
        else:
            done = f"goes on without {'its rows' if self.damage.files else 'it'}"
        return f"{self.damage}: {done}"


def repair_table(
    settings: Settings, damage: Damage, now: datetime, *, reads: bool = False
) -> TableRepair:
    """Bring a table to the newest state that is whole.

    A commit that has nothing whole to give is taken back. Of other data files that are gone only
    the rows are given up. A table of which nothing is whole is set aside.

    Args:
        settings: Where the root is, a folder.
        damage: What is wrong.
        now: Names the folder for what is taken away.
        reads: Whole is what can be read to the last row.
    """
    table = _Table(settings, damage.table, now)
    table.set_aside_empty_checkpoints()
    is_older, has_given_up_files = damage.is_older, False
    found = damage_of(settings, damage.table, reads=reads)
    while found is not None:
        commits, checkpoints = commits_of(table.log())
        newest = max(newest_of(table.log()), 0)
        if found.files and not has_given_up_files and not table.is_vain(newest, found.files):
            has_given_up_files = True
            table.give_up(found.files)
        elif (found.files and has_given_up_files) or newest == 0:
            table.set_aside_all()
            return TableRepair(damage, None, is_older)
        elif checkpoints and commits == list(range(newest + 1)) and not found.files:
            table.set_aside_log(*checkpoints, suffix=".checkpoint")
        else:
            is_older = True
            table.set_aside_log(newest)
        found = damage_of(settings, damage.table, reads=reads)
    return TableRepair(damage, table.version(), is_older)


class _Table:
    """The folder of a table, and where its damaged parts go."""

    def __init__(self, settings: Settings, name: str, now: datetime) -> None:
        place = name.split(".")
        self._folder = Path(settings.location(*place))
        self._aside = Path(settings.root, ASIDE, f"{now:%Y-%m-%dT%H%M%S.%f}", *place)

    def log(self) -> list[str]:
        """Files of its log, relative to the table."""
        files = (self._folder / "_delta_log").glob("*")
        return sorted(file.relative_to(self._folder).as_posix() for file in files)

    def version(self) -> int:
        """Number of its newest commit."""
        return DeltaTable(self._folder).version()

    def is_vain(self, commit: int, files: tuple[str, ...]) -> bool:
        """Whether a commit has brought only these data files, or has only moved rows into them."""
        path = self._folder / "_delta_log" / f"{commit:020}.json"
        lines = path.read_text("utf-8").split("\n") if path.exists() else []
        adds = [add for line in lines if line.strip() and (add := json.loads(line).get("add"))]
        names = {unquote(add["path"]) for add in adds}
        moves_only = not any(add["dataChange"] for add in adds)
        return bool(names & set(files)) and (moves_only or names <= set(files))

    def give_up(self, files: tuple[str, ...]) -> None:
        """Take data files out of the table."""
        for name in files:
            self.set_aside(name)
        try:
            DeltaTable(self._folder).repair()
        except (DeltaError, OSError) as error:  # what is still wrong is seen by looking again
            logger.debug("%s: %s", self._folder, error)

    def set_aside_empty_checkpoints(self) -> None:
        """Take away copies of the log that say nothing; what they should say is in the log."""
        for name in self.log():
            if is_checkpoint(name) and not (self._folder / name).stat().st_size:
                self.set_aside(name)

    def set_aside_log(self, *commits: int, suffix: str = "") -> None:
        """Take what belongs to commits out of the log; a reader finds the newest of the others."""
        for commit in commits:
            for file in sorted((self._folder / "_delta_log").glob(f"{commit:020}{suffix}*")):
                self.set_aside(f"_delta_log/{file.name}")
        self.set_aside("_delta_log/_last_checkpoint")

    def set_aside(self, name: str) -> None:
        """Move a file out of the way."""
        source, target = self._folder / name, self._aside / name
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)

    def set_aside_all(self) -> None:
        """Move the whole table out of the way, beside those of its files that were before."""
        if self._folder.exists():
            target = self._aside.with_name(f"{self._aside.name}.rest")
            target.parent.mkdir(parents=True, exist_ok=True)
            self._folder.rename(target)


def forget_versions(settings: Settings, repairs: Iterable[TableRepair]) -> None:
    """Take runs out of `ops.table_versions` whose state of a table can't be had any more.

    The numbers of their commits will be used again, and a run that is not known can't be taken for
    what another one left.
    """
    newest = {one.damage.table: one.version for one in repairs if one.is_older}
    rows = read_ops(settings, "table_versions")
    gone = {
        row["run_id"]
        for row in rows
        if (version := newest.get(row["table_name"])) is not None and row["version"] > version
    }
    if gone:
        names = ", ".join(f"'{run_id}'" for run_id in sorted(gone))
        table = DeltaTable(settings.location("ops", "table_versions"))
        table.delete(f"run_id in ({names})")
