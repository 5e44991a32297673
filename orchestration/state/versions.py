"""The Delta tables that hold data, and the version of each: what a run records at its end.

Data flow: root/<layer>/<table>/_delta_log -> version of each table -> ops.table_versions

Whoever moves files asks for folders and has a local root; whoever reads a table takes its location,
which may be on S3.

Of ops only the tables that belong to bronze are data; the history of runs and tests is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from ingestion.errors import LakehouseError
from ingestion.layers import DATA_OF_OPS
from ingestion.settings import Settings

_DATA = ("bronze/*", "silver/*", "gold/*", *(f"ops/{name}" for name in DATA_OF_OPS))

_IN_A_FOLDER = (
    "Put its folder back from a copy; or move the folder away and build with"
    " `lakehouse run --full-refresh` (a bronze table needs its raw files loaded again)."
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


def data_tables(settings: Settings) -> dict[str, Path]:
    """`<layer>.<table>` to the folder of every table that holds data, sorted by name."""
    return _tables_at(settings, _DATA)


def all_tables(settings: Settings) -> dict[str, Path]:
    """As `data_tables`, with the history of runs and tests."""
    return _tables_at(settings, ("bronze/*", "silver/*", "gold/*", "ops/*"))


def table_locations(settings: Settings) -> dict[str, str]:
    """`<layer>.<table>` to the location of every table, on any root, sorted by name."""
    if settings.is_local:
        return {name: str(folder) for name, folder in all_tables(settings).items()}
    # boto3 takes a third of a second to import, and a folder does without it.
    from orchestration.state.tables_on_s3 import stored_names

    names = sorted(stored_names(settings))
    return {f"{layer}.{name}": settings.location(layer, name) for layer, name in names}


def require_lakehouse(settings: Settings) -> None:
    """Refuse a root without any table.

    Raises:
        LakehouseError: There is none.
    """
    if not table_locations(settings):
        raise LakehouseError(
            f"There is no lakehouse at {settings.root}.",
            "Make one with `lakehouse run --raw DIR --root DIR`, or name another with --root.",
        )


def _tables_at(settings: Settings, patterns: tuple[str, ...]) -> dict[str, Path]:
    """The tables at these places below the root; a folder without a first commit is none."""
    root = Path(settings.root)
    folders = sorted(path for pattern in patterns for path in root.glob(pattern))
    return {
        f"{path.parent.name}.{path.name}": path
        for path in folders
        if any((path / "_delta_log").glob("*.json"))
    }


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
    """Turn what delta-rs says of a table that it can't read into an error that a user can mend.

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

    Raises:
        LakehouseError: A table is damaged.
    """
    return {
        name: version_of(open_table(name, location))
        for name, location in table_locations(settings).items()
        if not name.startswith("ops.") or name.removeprefix("ops.") in DATA_OF_OPS
    }


def version_of(table: DeltaTable) -> TableVersion:
    """The version in which a table was opened."""
    return TableVersion(table.version(), str(table.metadata().id))


def files_of(table: DeltaTable, folder: Path) -> set[Path]:
    """The data files of a table as it was opened."""
    # `file_uris` encodes some parts of a path and not others; the log's own paths are URLs.
    paths = table.get_add_actions()["path"].to_pylist()
    return {folder / unquote(path) for path in paths}


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
