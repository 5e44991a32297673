"""Which tables of a root are damaged, from their logs and the sizes of their files.

Data flow: listing of root/<layer>/<table> -> log without a hole? as new as the last run left it?
-> data files as the log says?

A power cut leaves files of the last seconds empty, and a table that has lost one is silently
another version, or fails in the middle of a query. So this is asked before a table is relied on.
Rows are read only for who asks for it: a file may be spoilt within and keep its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from ingestion.errors import LakehouseError
from ingestion.layers import LAYERS
from ingestion.settings import Settings
from orchestration.state.published import Versions, shown_versions
from orchestration.state.storage import storage_of
from orchestration.state.versions import TableVersion, first_line, table_locations, version_of

_JSON = re.compile(r"_delta_log/(\d{20})\.json")
_ENTRY = re.compile(r"_delta_log/(\d{20})\..+")
_CHECKPOINT = re.compile(r"_delta_log/(\d{20})\.checkpoint\..*parquet")
_PARQUET_END = b"PAR1"
_THREADS = 8


@dataclass(frozen=True)
class Damage:
    """What is wrong with a table.

    Attributes:
        table: `<layer>.<table>`.
        problem: In words, with the file.
        files: Data files that are gone or damaged, relative to the table; empty if the log is.
        is_older: The table is whole, in a version from before the last run.
    """

    table: str
    problem: str
    files: tuple[str, ...] = ()
    is_older: bool = False

    def __str__(self) -> str:
        return f"{self.table}: {self.problem}"


def find_damage(
    settings: Settings, layers: Sequence[str] = LAYERS, *, reads: bool = False
) -> list[Damage]:
    """What is wrong with the tables of these layers, also with those that are gone.

    What has to be there is what the last run has left and what was published last, which is newer
    if that run was killed.

    Args:
        settings: Where the root is.
        layers: Whose tables to look at.
        reads: Read every data file of a folder whole.

    Raises:
        LakehouseError: The root can't be listed.
    """
    from orchestration.state.past_runs import past_runs  # a third of a second, for pyarrow

    # In this order, as a run may end meanwhile: what it has recorded is there afterwards.
    left: Versions = {}
    if not settings.workspace:  # no run has recorded what a workspace holds
        with suppress(LakehouseError):  # the history is damaged itself, which is among them
            left = next((run.versions for run in past_runs(settings) if run.versions), {})
            left = _newest(left, shown_versions(settings) or {})
    names = _of(layers, table_locations(settings))
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda name: damage_of(settings, name, left.get(name), reads=reads), names)
        damages = [damage for damage in found if damage]
    return damages + [
        Damage(name, "its log is gone") for name in _of(layers, left) if name not in names
    ]


def _newest(left: Versions, shown: Versions) -> Versions:
    return left | {
        name: version for name, version in shown.items() if not _is_newer(left.get(name), version)
    }


def _is_newer(version: TableVersion | None, other: TableVersion) -> bool:
    """Whether it is a later version of the same table."""
    return (
        version is not None
        and version.table_id == other.table_id
        and version.version > other.version
    )


def _of(layers: Sequence[str], tables: Iterable[str]) -> list[str]:
    return [name for name in sorted(tables) if name.split(".")[0] in layers]


def damage_of(
    settings: Settings, table: str, left: TableVersion | None = None, *, reads: bool = False
) -> Damage | None:
    """What is wrong with a table, None if it is whole.

    Args:
        settings: Where the root is.
        table: `<layer>.<table>`.
        left: In which version it is at least if it is whole, if that is known.
        reads: Read every data file of a folder whole.
    """
    folder, location = settings.place(*table.split(".")), settings.location(*table.split("."))
    failure: Exception | None = None
    try:  # before the files are listed: those of a commit that comes meanwhile are not looked for
        opened = DeltaTable(location)
        actions, version = opened.get_add_actions(), version_of(opened)
    except (DeltaError, OSError) as error:
        failure = error
    sizes = {
        file.name.removeprefix(f"{folder}/"): file.bytes
        for file in storage_of(settings.root).files(folder)
    }
    problem = _problem_of_log(sizes)
    if problem is not None:
        return Damage(table, problem)
    if failure is not None:
        return Damage(table, f"its log can't be read: {first_line(failure)}")
    if left and _is_newer(left, version):
        newest = f"the last run left version {left.version:,}, the newest is {version.version:,}"
        return Damage(table, f"commits of its log are gone: {newest}", is_older=True)
    names, bytes_ = (actions[column].to_pylist() for column in ("path", "size_bytes"))
    expected = dict(zip(map(unquote, names), bytes_, strict=True))
    if any("://" in name for name in expected):  # of a workspace in a bucket
        published = replace(settings, workspace="").place(*table.split("."))
        for file in storage_of(settings.root).files(published):
            sizes[f"{settings.root}/{file.name}"] = file.bytes
    bad = _bad_files(sizes, expected, Path(location) if settings.is_local else None, reads)
    if not bad:
        return None
    name, problem = next(iter(bad.items()))
    more = f", and {len(bad) - 1:,} more" if len(bad) > 1 else ""
    return Damage(table, f"its data file {name} {problem}{more}", tuple(bad))


def require_whole(settings: Settings, table: str) -> None:
    """Let a reader rely on a table.

    Raises:
        LakehouseError: It is damaged.
    """
    damage = damage_of(settings, table)
    if damage:
        raise damaged(settings, damage)


def damaged(settings: Settings, damage: Damage) -> LakehouseError:
    """The error of a reader that can't go on."""
    return LakehouseError(
        f"A table of {settings.root} is damaged: {damage}.",
        f"Repair it with `lakehouse repair --root {settings.root} --raw DIR`.",
    )


def commits_of(names: Iterable[str]) -> tuple[list[int], list[int]]:
    """Numbers of the commits and of the checkpoints among files of a table, sorted."""
    found: tuple[list[int], list[int]] = ([], [])
    for name in sorted(names):
        for numbers, pattern in zip(found, (_JSON, _CHECKPOINT), strict=True):
            if match := pattern.fullmatch(name):
                numbers.append(int(match[1]))
    return found


def newest_of(names: Iterable[str]) -> int:
    """Number of the newest commit that any file of a log is about, -1 if there is none.

    The engines write a checksum beside a commit, which may outlast it.
    """
    return max((int(match[1]) for name in names if (match := _ENTRY.fullmatch(name))), default=-1)


def _problem_of_log(sizes: Mapping[str, int]) -> str | None:
    _, checkpoints = commits_of(sizes)
    for number in range(max(checkpoints, default=-1) + 1, newest_of(sizes) + 1):
        size = sizes.get(f"_delta_log/{number:020}.json")
        if not size:
            return f"commit {number:,} of its log is {'gone' if size is None else 'empty'}"
    empty = next((name for name, size in sizes.items() if is_checkpoint(name) and not size), None)
    return empty and f"its checkpoint {empty.rpartition('/')[2]} is empty"


def is_checkpoint(name: str) -> bool:
    """Whether a file of a table is a copy of what its log says, or names the last one."""
    return name == "_delta_log/_last_checkpoint" or _CHECKPOINT.fullmatch(name) is not None


def _bad_files(
    sizes: Mapping[str, int], expected: Mapping[str, int], folder: Path | None, reads: bool
) -> dict[str, str]:
    bad = {}
    for name, size in sorted(expected.items()):
        if name not in sizes:
            bad[name] = "is gone"
        elif sizes[name] != size:
            bad[name] = f"has {sizes[name]:,} bytes instead of {size:,}"
        elif folder is not None and not _has_end(folder / name):
            bad[name] = "is no whole Parquet file"
        elif folder is not None and reads and (problem := unreadable(folder / name)):
            bad[name] = f"can't be read: {problem}"
    return bad


def _has_end(file: Path) -> bool:
    # Some file systems keep the size of a file whose blocks a power cut has lost.
    with file.open("rb") as stream:
        stream.seek(-len(_PARQUET_END), 2)
        return stream.read() == _PARQUET_END


def unreadable(file: Path) -> str | None:
    """Why a Parquet file can't be read to its last row, None if it can."""
    import pyarrow as pa  # a quarter of a second, which only who reads needs
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            for _ in parquet.iter_batches():
                pass
    except (pa.ArrowException, OSError) as error:
        return first_line(error)
    return None
