"""What lies in the raw folder: every file, where it belongs, and the fingerprint of its content.

Data flow: raw folder or s3:// prefix -> raw files, each with its table, logical date and hash, or
with the reason why its place or name is wrong

Names decide here, contents later: a file that is in the wrong place is never opened as data.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ingestion.errors import LakehouseError
from ingestion.tables import TABLES, Table

if TYPE_CHECKING:
    from cloudpathlib import CloudPath

# Notes that may lie beside the table folders; anything else there is a file in a wrong place.
NOTES = frozenset({"README.md", "manifest.json"})
_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})\.csv(\.gz)?")
_HASHING_THREADS = 8


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
        content_hash: SHA-256 of the content, or the object's ETag on S3.
        fault: `code: detail` if its place or name is wrong.
    """

    path: str
    source_file: str
    table_name: str | None
    file_date: date | None
    bytes: int
    modified_at: datetime
    content_hash: str
    fault: str | None = None

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
    folder = to_path(raw)
    try:
        is_there = folder.is_dir()
    except (BotoCoreError, ClientError) as error:
        raise LakehouseError(
            f"The raw folder {raw} can't be reached: {error}",
            "Check the bucket's name, the AWS credentials and region, and the network.",
        ) from None
    if not is_there:
        raise LakehouseError(
            f"The raw folder {raw} does not exist.",
            "Name another with --raw, or make one with `lakehouse generate --raw DIR`.",
        )
    return folder


def list_raw_files(
    raw: str, is_wanted: Callable[[str], bool] = lambda source_file: True
) -> list[RawFile]:
    """List the raw folder, sorted by `source_file`; hidden files and notes are left out.

    Args:
        raw: The folder.
        is_wanted: Whether a file is to be listed, by its path below the folder.

    Raises:
        LakehouseError: The folder does not exist or can't be read.
    """
    folder = require_folder(raw)
    names = sorted(name for name in _names_below(folder) if _is_data(name) and is_wanted(name))
    with ThreadPoolExecutor(_HASHING_THREADS) as pool:
        return list(pool.map(lambda name: _describe(folder / name, name), names))


def content_hash(path: Path | CloudPath, content: bytes | None = None) -> str:
    """Fingerprint of a file; of `content` where it has been read already."""
    if not isinstance(path, Path):
        return str(getattr(path, "etag")).strip('"')  # noqa: B009 (S3 has it, other clouds don't)
    if content is not None:
        return hashlib.sha256(content).hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _names_below(folder: Path | CloudPath) -> Iterator[str]:
    if not isinstance(folder, Path):
        for path in folder.rglob("*"):
            if path.is_file():
                yield path.relative_to(folder).as_posix()
        return
    for parent, _, names in os.walk(folder, onerror=_refuse):
        for name in names:
            yield (Path(parent) / name).relative_to(folder).as_posix()


def _refuse(error: OSError) -> None:
    raise LakehouseError(
        f"The raw folder {error.filename} can't be read: {error.strerror}.",
        "Give this user the right to list it and run again.",
    )


def _is_data(name: str) -> bool:
    is_hidden = any(part.startswith((".", "_")) for part in name.split("/"))
    return not is_hidden and name not in NOTES


def _describe(path: Path | CloudPath, source_file: str) -> RawFile:
    table, file_date, fault = place(source_file)
    try:
        stat = path.stat()
        fingerprint = content_hash(path)
    except OSError as error:
        raise LakehouseError(
            f"The raw file {source_file} can't be read: {error.strerror or error}.",
            "Give this user the right to read it, or take it out, and run again.",
        ) from None
    return RawFile(
        path=str(path),
        source_file=source_file,
        table_name=table.name if table else None,
        file_date=file_date,
        bytes=stat.st_size,
        modified_at=datetime.fromtimestamp(stat.st_mtime, UTC),
        content_hash=fingerprint,
        fault=fault,
    )


def place(source_file: str) -> tuple[Table | None, date | None, str | None]:
    """Tell from its path alone a file's table, its logical date and what is wrong with both."""
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
        return table, date.fromisoformat(match.group(1)), None
    except ValueError:
        return table, None, f"impossible_date: {match.group(1)} is no day of the calendar"
