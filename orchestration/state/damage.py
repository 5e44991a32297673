"""Which tables of a root are damaged, from their logs and the sizes of their files; no row is read.

Data flow: listing of root/<layer>/<table> -> log without a hole? -> data files as the log says?

A power cut leaves files of the last seconds empty, and a table that has lost one is silently
another version, or fails in the middle of a query. So this is asked before a table is relied on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from ingestion.errors import LakehouseError
from ingestion.layers import LAYERS
from ingestion.settings import Settings
from orchestration.state.past_runs import past_runs
from orchestration.state.storage import storage_of
from orchestration.state.versions import first_line, table_locations

_JSON = re.compile(r"_delta_log/(\d{20})\.json")
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
    """

    table: str
    problem: str
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.table}: {self.problem}"


def find_damage(settings: Settings, layers: Sequence[str] = LAYERS) -> list[Damage]:
    """What is wrong with the tables of these layers, also with those of the last run that are gone.

    Raises:
        LakehouseError: The root can't be listed.
    """
    names = _of(layers, table_locations(settings))
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda name: damage_of(settings, name), names)
        damages = [damage for damage in found if damage]
    with suppress(LakehouseError):  # the history is damaged itself, which is among them
        left = next((run.versions for run in past_runs(settings) if run.versions), {})
        damages += [
            Damage(name, "its log is gone") for name in _of(layers, left) if name not in names
        ]
    return damages


def _of(layers: Sequence[str], tables: Iterable[str]) -> list[str]:
    return [name for name in sorted(tables) if name.split(".")[0] in layers]


def damage_of(settings: Settings, table: str) -> Damage | None:
    """What is wrong with a table, None if it is whole or has no log at all."""
    folder = table.replace(".", "/")
    sizes = {
        file.name.removeprefix(f"{folder}/"): file.bytes
        for file in storage_of(settings.root).files(folder)
    }
    problem = _problem_of_log(sizes)
    if problem is not None:
        return Damage(table, problem)
    location = settings.location(*table.split("."))
    try:
        actions = DeltaTable(location).get_add_actions()
        expected = dict(
            zip(
                map(unquote, actions["path"].to_pylist()),
                actions["size_bytes"].to_pylist(),
                strict=True,
            )
        )
    except (DeltaError, OSError) as error:
        return Damage(table, f"its log can't be read: {first_line(error)}")
    bad = _bad_files(sizes, expected, Path(location) if settings.is_local else None)
    if not bad:
        return None
    name, problem = next(iter(bad.items()))
    more = f", and {len(bad) - 1:,} more" if len(bad) > 1 else ""
    return Damage(table, f"its data file {name} {problem}{more}", tuple(bad))


def commits_of(names: Iterable[str]) -> tuple[list[int], list[int]]:
    """Numbers of the commits and of the checkpoints among files of a table, sorted."""
    found: tuple[list[int], list[int]] = ([], [])
    for name in sorted(names):
        for numbers, pattern in zip(found, (_JSON, _CHECKPOINT), strict=True):
            if match := pattern.fullmatch(name):
                numbers.append(int(match[1]))
    return found


def _problem_of_log(sizes: Mapping[str, int]) -> str | None:
    commits, checkpoints = commits_of(sizes)
    newest = max(commits + checkpoints, default=-1)
    first = max(checkpoints, default=-1) + 1
    for number in range(first, newest + 1):
        size = sizes.get(f"_delta_log/{number:020}.json")
        if not size:
            return f"commit {number:,} of its log is {'gone' if size is None else 'empty'}"
    return None


def _bad_files(
    sizes: Mapping[str, int], expected: Mapping[str, int], folder: Path | None
) -> dict[str, str]:
    bad = {}
    for name, size in sorted(expected.items()):
        if name not in sizes:
            bad[name] = "is gone"
        elif sizes[name] != size:
            bad[name] = f"has {sizes[name]:,} bytes instead of {size:,}"
        elif folder is not None and not _has_end(folder / name):
            bad[name] = "is no whole Parquet file"
    return bad


def _has_end(file: Path) -> bool:
    # Some file systems keep the size of a file whose blocks a power cut has lost.
    with file.open("rb") as stream:
        stream.seek(-len(_PARQUET_END), 2)
        return stream.read() == _PARQUET_END
