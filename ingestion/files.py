"""What lies in the raw folder: every file, where it belongs, and the fingerprint of its content.

Data flow: raw folder or s3:// prefix -> raw files, each with its table, logical date and hash, or
with the reason why its place or name is wrong

Names decide here, contents later: a file that is in the wrong place is never opened as data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ingestion.errors import LakehouseError
from ingestion.limits import FIRST_DAY, LAST_DAY
from ingestion.raw_folder import Found, entries_below
from ingestion.settings import DEFAULT_MAX_FILE_BYTES
from ingestion.stored import Listed, Stored, Unreadable, content_hash, look_at, objects_below
from ingestion.tables import TABLES, Table
from ingestion.text import too_large

if TYPE_CHECKING:
    from cloudpathlib import CloudPath

# Notes that may lie beside the table folders; anything else there is a file in a wrong place.
NOTES = frozenset({"README.md", "manifest.json"})
_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})\.csv(\.gz)?")
_HASHING_THREADS = 8
# Source file and ETag to the hash of the content.
KnownHashes = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class RawFile:
    """One file version in the raw folder.

    Attributes:
        path: Absolute path or URI, to open it with.
        source_file: Path below the raw folder, the same on every machine.
        table_name: Table of the folder it lies in, None in an undeclared folder.
        file_date: Logical date in its name, None for an undated file.
        bytes: Size as stored.
        modified_at: When the store says it was last written, UTC.
        content_hash: SHA-256 of the content.
        fault: `code: detail` if its place or name is wrong, or its size above the limit.
        etag: Of the object on S3, None in a folder.
        is_openable: Its content can be read; else the hash is of the fault, or of size and time.
    """

    path: str
    source_file: str
    table_name: str | None
    file_date: date | None
    bytes: int
    modified_at: datetime
    content_hash: str
    fault: str | None = None
    etag: str | None = None
    is_openable: bool = True

    @property
    def version(self) -> tuple[str, str]:
        """Source file and content hash, the key of the ledger."""
        return self.source_file, self.content_hash


def to_path(location: str) -> Path | CloudPath:
    """The one door to files: a `Path` for a folder, a `CloudPath` for `s3://`."""
    if "://" not in location:
        return Path(location)
    # It takes a third of a second to import, and a folder does without it.
    from cloudpathlib import AnyPath

    path: Path | CloudPath = AnyPath(location)
    return path


def require_folder(raw: str) -> Path | CloudPath:
    """Return the raw folder.

    Raises:
        LakehouseError: It does not exist.
    """
    folder = _folder_at(raw)
    if folder is None:
        raise LakehouseError(
            f"The raw folder {raw} does not exist.",
            "Name another with --raw, or make one with `lakehouse generate --raw DIR`.",
        )
    return folder


def _folder_at(raw: str) -> Path | CloudPath | None:
    folder = to_path(raw)
    try:
        return folder if folder.is_dir() else None
    except (BotoCoreError, ClientError) as error:
        raise LakehouseError(
            f"The raw folder {raw} can't be reached: {error}",
            "Check the bucket's name, the AWS credentials and region, and the network.",
        ) from None


def raw_names(raw: str) -> set[str] | None:
    """Paths of all files below the raw folder, None if it does not exist.

    Raises:
        LakehouseError: It can't be reached or read.
    """
    folder = _folder_at(raw)
    return None if folder is None else set(_entries_below(folder))


def list_raw_files(
    raw: str,
    is_wanted: Callable[[str], bool] = lambda source_file: True,
    known_hashes: KnownHashes | None = None,
    max_bytes: int = DEFAULT_MAX_FILE_BYTES,
) -> list[RawFile]:
    """List the raw folder, sorted by `source_file`; hidden files and notes are left out.

    The size is asked first: of a file above the limit nothing is read.

    Args:
        raw: The folder.
        is_wanted: Whether a file is to be listed, by its path below the folder.
        known_hashes: Hashes of objects on S3 that need no reading for it; all others are read.
        max_bytes: Largest accepted size of a file.

    Raises:
        LakehouseError: The folder does not exist or can't be read.
    """
    folder = require_folder(raw)
    found = _entries_below(folder)
    names = sorted(name for name in found if is_data(name) and is_wanted(name))
    known = known_hashes or {}
    with ThreadPoolExecutor(_HASHING_THREADS) as pool:
        files = list(
            pool.map(lambda name: _describe(folder, name, found[name], known, max_bytes), names)
        )
    if (
        files
        and not isinstance(folder, Path)
        and all(str(file.fault).startswith("unreadable: ") for file in files)
    ):
        raise LakehouseError(
            f"No file of the raw folder {raw} can be read, such as {files[0].fault}",
            "Check that these AWS credentials may read them and use their key, and run again.",
        )
    return files


def _entries_below(folder: Path | CloudPath) -> dict[str, Listed | Found]:
    if not isinstance(folder, Path):
        return dict(objects_below(folder))
    found = list(entries_below(folder))
    # What a link leads to is listed where the link lies, unless it is in a right place itself.
    targets = {entry.real_path for entry in found if entry.is_linked}
    return {
        entry.name: entry
        for entry in found
        if entry.is_linked or entry.real_path not in targets or place(entry.name)[0]
    }


def is_data(name: str) -> bool:
    """Whether a file of this path below the raw folder is neither hidden nor a note."""
    is_hidden = any(part.startswith((".", "_")) for part in name.split("/"))
    return not is_hidden and name not in NOTES


def _describe(
    folder: Path | CloudPath,
    source_file: str,
    entry: Listed | Found,
    known: KnownHashes,
    max_bytes: int,
) -> RawFile:
    table, file_date, fault = place(source_file)
    path: Path | CloudPath = folder / source_file
    if isinstance(entry, Found):
        path = entry.path
        stored, unreadable = _look_at_entry(entry, max_bytes)
    else:
        stored, unreadable = _look_at_object(path, source_file, entry, known, max_bytes)
    fault = unreadable or fault
    if not stored.is_read:
        fault = fault or str(too_large(max_bytes))
    return RawFile(
        path=str(path),
        source_file=source_file,
        table_name=table.name if table else None,
        file_date=file_date,
        bytes=stored.bytes,
        modified_at=stored.modified_at,
        content_hash=stored.content_hash,
        fault=fault,
        etag=stored.etag,
        is_openable=unreadable is None and stored.is_read,
    )


def _look_at_object(
    path: Path | CloudPath, source_file: str, entry: Listed, known: KnownHashes, max_bytes: int
) -> tuple[Stored, str | None]:
    """An object's content and None, or in its place the fault for which S3 does not give it."""
    known_hash = known.get((source_file, entry.etag))
    if known_hash and entry.bytes <= max_bytes:
        return Stored(entry.bytes, entry.modified_at, known_hash, entry.etag), None
    try:
        return look_at(path, source_file, max_bytes), None
    except Unreadable as error:
        fault = f"unreadable: {error.problem}"
    return Stored(0, entry.modified_at, content_hash(fault.encode())), fault


def _look_at_entry(entry: Found, max_bytes: int) -> tuple[Stored, str | None]:
    """A file's content and None, or in its place the fault for which it can't be read."""
    fault = entry.fault
    if fault is None:
        try:
            return look_at(entry.path, entry.name, max_bytes), None
        except LakehouseError as error:
            fault = f"unreadable: {error.problem}"
    try:
        modified_at = datetime.fromtimestamp(entry.path.lstat().st_mtime, UTC)
    except OSError:
        modified_at = datetime.fromtimestamp(0, UTC)
    return Stored(0, modified_at, content_hash(fault.encode())), fault


def place(source_file: str) -> tuple[Table | None, date | None, str | None]:
    """A file's table, its logical date and what is wrong with both, from its path alone."""
    folder, _, name = source_file.rpartition("/")
    table = TABLES.get(folder)
    if table is None:
        known = ", ".join(f"{table_name}/" for table_name in TABLES)
        return None, None, f"wrong_folder: not in one of {known}"
    if table.undated_file and name in {f"{table.undated_file}.csv", f"{table.undated_file}.csv.gz"}:
        return table, None, None
    match = _DATED.fullmatch(name)
    if match is None:
        undated = f"{table.undated_file}.csv or " if table.undated_file else ""
        return table, None, f"wrong_name: expected {undated}YYYY-MM-DD.csv, plain or .gz"
    try:
        day = date.fromisoformat(match.group(1))
    except ValueError:
        return table, None, f"impossible_date: {match.group(1)} is no day of the calendar"
    if FIRST_DAY <= day <= LAST_DAY:
        return table, day, None
    believable = f"not between {FIRST_DAY} and {LAST_DAY}"
    return table, None, f"impossible_date: {day} is {believable}; a typing error in the year?"
