"""The Delta tables that hold data, and the version of each: what a run records at its end.

Data flow: root/<layer>/<table>/_delta_log -> version of each table -> ops.table_versions

Who reads a table takes its location, which delta-rs opens in a folder and in a bucket; only upkeep,
which moves files, asks for folders.

Of ops only the tables that belong to bronze are data; the history of runs and tests is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from ingestion.errors import LakehouseError
from ingestion.layers import DATA_OF_OPS, LAYERS, is_table_name
from ingestion.settings import Settings
from orchestration.state.storage import Storage, storage_of

# Of a log, versions only: other files lie between them.
_COMMIT = re.compile(r"\d{20}\.(json|checkpoint\..*parquet)")
_THREADS = 8

_IN_A_FOLDER = (
    "Repair it with `lakehouse repair`; it says what can't be had again, and deletes nothing."
)
_ON_S3 = (
    "Check the network and the rights to the bucket and its key, then run again; if its log is"
    " damaged, put the objects of the table back in the version that they had before."
)


@dataclass(frozen=True)
class TableVersion:
    """A table as one commit left it.

    Attributes:
        version: Number of the commit.
        table_id: Delta's own id of the table; a table that was removed and made anew has another,
            and begins to count again.
    """

    version: int
    table_id: str


def table_locations(settings: Settings) -> dict[str, str]:
    """`<layer>.<table>` to the location of every table, sorted by name.

    Raises:
        LakehouseError: The root can't be listed.
    """
    storage = storage_of(settings.root)
    places = [
        (layer, name)
        for layer in LAYERS
        for name in storage.folders(settings.place(layer))
        if is_table_name(name)
    ]
    with ThreadPoolExecutor(_THREADS) as pool:  # each is an answer of S3 to wait for
        found = pool.map(lambda place: _has_log(storage, settings.place(*place)), places)
    return {
        f"{layer}.{name}": settings.location(layer, name)
        for (layer, name), is_table in sorted(zip(places, found, strict=True))
        if is_table
    }


def foreign_folders(settings: Settings) -> list[str]:
    """Folders among the tables whose names no table here has; they are left alone."""
    storage = storage_of(settings.root)
    return [
        f"{layer}/{name}"
        for layer in LAYERS
        for name in storage.folders(settings.place(layer))
        if not is_table_name(name)
    ]


def is_table(settings: Settings, layer: str, name: str) -> bool:
    """Whether there is a table at its place below the root."""
    return _has_log(storage_of(settings.root), settings.place(layer, name))


def _has_log(storage: Storage, place: str) -> bool:
    """A folder without a first commit is no table yet."""
    log = f"{place}/_delta_log/"
    return any(_COMMIT.fullmatch(file.name.removeprefix(log)) for file in storage.files(log[:-1]))


def all_tables(settings: Settings) -> dict[str, Path]:
    """As `table_locations`, with the folders of a root on this machine."""
    return {name: Path(location) for name, location in table_locations(settings).items()}


def data_tables(settings: Settings) -> dict[str, Path]:
    """As `all_tables`, without the history of runs and tests."""
    return {name: folder for name, folder in all_tables(settings).items() if holds_data(name)}


def holds_data(table: str) -> bool:
    """Whether a table, `<layer>.<table>`, holds data rather than the history of runs."""
    layer, name = table.split(".")
    return layer != "ops" or name in DATA_OF_OPS


def require_lakehouse(settings: Settings) -> dict[str, str]:
    """The `table_locations` of a root that has some.

    Raises:
        LakehouseError: It has none.
    """
    locations = table_locations(settings)
    if not locations:
        raise LakehouseError(
            f"There is no lakehouse at {settings.root}.",
            "Make one with `lakehouse run --raw DIR --root DIR`, or name another with --root.",
        )
    return locations


def open_table(name: str, folder: Path | str, version: int | None = None) -> DeltaTable:
    """Open a table as it is, or as a version left it.

    Raises:
        LakehouseError: Its log is damaged, does not reach back so far or can't be reached.
    """
    with unreadable_explained(name, folder, version):
        return DeltaTable(folder, version=version)


@contextmanager
def unreadable_explained(
    name: str, folder: Path | str, version: int | None = None
) -> Iterator[None]:
    """Turn what delta-rs says of a table that it can't read into an error that a user can fix.

    Raises:
        LakehouseError: The table can't be read.
    """
    try:
        yield
    except (DeltaError, OSError) as error:
        which = "" if version is None else f" in version {version}"
        raise LakehouseError(
            f"The table {name} at {folder} can't be read{which}: {first_line(error)}",
            _ON_S3 if str(folder).startswith("s3://") else _IN_A_FOLDER,
        ) from error


def current_versions(settings: Settings) -> dict[str, TableVersion]:
    """`<layer>.<table>` to its version now, for every table that holds data.

    One that can't be read has none, so that it is not in the state that any run has left.
    """
    versions = {}
    for name, location in table_locations(settings).items():
        if holds_data(name):
            with suppress(DeltaError, OSError):
                versions[name] = version_of(DeltaTable(location))
    return versions


def version_of(table: DeltaTable) -> TableVersion:
    """The version in which a table was opened."""
    return TableVersion(table.version(), str(table.metadata().id))


def files_of(table: DeltaTable, folder: Path) -> set[Path]:
    """The data files of a table as it was opened."""
    # `file_uris` encodes some parts of a path and not others; the log's own paths are URLs.
    paths = table.get_add_actions()["path"].to_pylist()
    return {folder / unquote(path) for path in paths}


def files_in_folder(table: DeltaTable, location: str) -> list[str] | None:
    """The data files of a table as it was opened, None if they lie in a bucket."""
    if "://" in location:
        return None
    return sorted(str(file.absolute()) for file in files_of(table, Path(location)))


def is_plain(table: DeltaTable) -> bool:
    """Whether delta-rs can take files out of a table.

    It writes letters beyond ASCII in a path otherwise than Spark does, so that its `remove` would
    not hit the `add` of Spark, and rows would be there twice. Such letters come from the values of
    a partition; Sail encodes them.
    """
    return all(path.isascii() for path in table.get_add_actions()["path"].to_pylist())


def first_line(error: Exception) -> str:
    """What an error says, without its details."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
