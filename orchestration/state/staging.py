"""Second names for the files of a table, so that it can go on in another place at no cost.

Data flow: log and live files of a table -> hard links in another folder

Both places share what is never changed, data files and commits. `_last_checkpoint` is changed, so
it stays behind; a reader that has none looks for the checkpoint itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from deltalake import DeltaTable

from orchestration.state.damage import commits_of
from orchestration.state.versions import files_of

_LOG = "_delta_log"


def stage(table: DeltaTable, folder: Path, to: Path) -> None:
    """Give a table a second place, in the version in which it was opened.

    Raises:
        OSError: A file can be neither linked nor copied.
    """
    link_files(folder, to, _log_of(folder, table.version()))
    link_files(folder, to, sorted(str(file) for file in files_of(table, Path())))


def link_files(folder: Path, to: Path, names: Iterable[str]) -> None:
    """Give files of a folder a second name below another one; copy those that can't be linked."""
    made: set[str] = set()
    for name in names:
        parent = name.rpartition("/")[0]
        if parent not in made:
            (to / parent).mkdir(parents=True, exist_ok=True)
            made.add(parent)
        _link(folder / name, to / name)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except FileExistsError:
        if not target.samefile(source):  # a copy, maybe of a root that was copied
            _copy(source, target)
    except OSError:
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that its name never stands for a part of it."""
    part = target.with_name(f"{target.name}.{uuid4().hex}")
    try:
        shutil.copyfile(source, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _log_of(folder: Path, version: int) -> list[str]:
    """What a reader of a version needs of the log: the last checkpoint and the commits since."""
    names = sorted(f"{_LOG}/{path.name}" for path in (folder / _LOG).iterdir())
    _, checkpoints = commits_of(names)
    begin = max((number for number in checkpoints if number <= version), default=0)
    return [
        name
        for name in names
        for commits, found in [commits_of([name])]
        if any(begin <= number <= version for number in (*commits, *found))
    ]
