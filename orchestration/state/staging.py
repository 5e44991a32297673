"""A second place for a table, in which it can go on at no cost.

Data flow: log and live files of a table -> links in another folder
           log of a table in a bucket    -> the same log elsewhere, its paths made absolute

Both places share what is never changed, data files and commits, so the table goes on with the same
id and the next version. `_last_checkpoint` is changed, so it stays behind; a reader that has none
looks for the checkpoint itself.
"""

from __future__ import annotations

from pathlib import Path

from deltalake import DeltaTable

from orchestration.state.damage import commits_of
from orchestration.state.log_paths import table_url, with_absolute_paths
from orchestration.state.storage import Storage
from orchestration.state.versions import files_of

_LOG = "_delta_log"


def stage(storage: Storage, table: DeltaTable, place: str, to: str) -> None:
    """Give a table a second place, in the version in which it was opened.

    Args:
        storage: Of the root.
        table: As it was opened.
        place: Where it is, relative to the root.
        to: The second place, relative to the root.

    Raises:
        OSError: A file can be neither linked nor copied.
    """
    log = _log_of(storage, place, table.version())
    if storage.has_links:
        storage.copy(place, to, log)
        storage.copy(place, to, sorted(str(file) for file in files_of(table, Path())))
        return
    url = table_url(f"{storage.root}/{place}")
    for name in log:
        content = storage.read(f"{place}/{name}")
        if content is not None:  # else it has gone since, and so is not needed
            storage.write(f"{to}/{name}", with_absolute_paths(name, content, url))


def _log_of(storage: Storage, place: str, version: int) -> list[str]:
    """What a reader of a version needs of the log: the last checkpoint and the commits since."""
    files = storage.files(f"{place}/{_LOG}")
    names = sorted(file.name.removeprefix(f"{place}/") for file in files)
    _, checkpoints = commits_of(names)
    begin = max((number for number in checkpoints if number <= version), default=0)
    return [
        name
        for name in names
        for commits, found in [commits_of([name])]
        if any(begin <= number <= version for number in (*commits, *found))
    ]
