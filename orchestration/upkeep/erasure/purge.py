"""Old versions of a table, deleted for good: its data files and its Delta log up to now.

No commit is made by it, so a build that is on record stays the last one. Going back to an earlier
version, by `lakehouse restore` or by time travel, is impossible afterwards: that is its purpose.
"""

from __future__ import annotations

import re
from pathlib import Path

from deltalake import DeltaTable

from orchestration.state.storage import storage_of
from orchestration.state.versions import files_of, open_table
from orchestration.upkeep.erasure.search import data_files

_VERSION = re.compile(r"\.?([0-9]{20})\.")


def purge(name: str, folder: Path) -> int:
    """Delete what only old versions of a table need; return the number of files.

    The table is as it was before for every reader, whenever it is cut off: a checkpoint says what
    the deleted entries of the log said together. The last entry stays, for readers that want one.
    What stays is on the disk before anything is deleted, or a power cut could take both.
    """
    table = open_table(name, folder)
    old = [*_old_data(table, folder), *_old_log(folder, table.version())]
    if old:
        table.create_checkpoint()
        storage_of(str(folder)).sync()
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _old_data(table: DeltaTable, folder: Path) -> list[Path]:
    live = files_of(table, folder)
    gone = [path for path in data_files(folder) if path not in live]
    return [*gone, *(_checksum(path) for path in gone if _checksum(path).exists())]


def _checksum(path: Path) -> Path:
    """What Hadoop writes beside a file on a local disk."""
    return path.with_name(f".{path.name}.crc")


def _old_log(folder: Path, version: int) -> list[Path]:
    found = (
        (_VERSION.match(path.name), path) for path in sorted((folder / "_delta_log").iterdir())
    )
    return [path for match, path in found if match and int(match.group(1)) < version]
