"""What the store says of a raw file, and its content: a file of a folder or an object of S3.

Data flow: path -> bytes | size, time of the last write, hash of the content, ETag on S3

Objects are listed and read by boto3 itself: a listing brings size, time and ETag of a thousand at
once, and the answer to a read says which ETag its bytes have, whatever is written in between.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from ingestion.errors import LakehouseError
from ingestion.text import too_large

if TYPE_CHECKING:
    from cloudpathlib import CloudPath, S3Path

_CHUNK_BYTES = 1024 * 1024
# Of one object: no right to read it or to use its key, it is archived, or gone since it was listed.
_OF_THE_OBJECT = ("AccessDenied", "InvalidObjectState", "NoSuchKey")


class Unreadable(LakehouseError):
    """S3 does not give this object, whatever it does with the others."""


@dataclass(frozen=True)
class Listed:
    """An object as a listing of S3 shows it, its content unread.

    Attributes:
        bytes: Its size.
        modified_at: When it was written, UTC.
        etag: Of this version of the object. Under a KMS key that of equal content differs.
    """

    bytes: int
    modified_at: datetime
    etag: str


@dataclass(frozen=True)
class Stored:
    """A raw file as it was read.

    Attributes:
        bytes: Size as stored.
        modified_at: When the store says it was last written, UTC.
        content_hash: SHA-256 of the content; of one that is not read, its `unread_hash`.
        etag: Of the object with this very content, None in a folder.
        is_read: It is within the limit, so that its content is known.
    """

    bytes: int
    modified_at: datetime
    content_hash: str
    etag: str | None = None
    is_read: bool = True


def content_hash(content: bytes) -> str:
    """The fingerprint of a content: its SHA-256."""
    return hashlib.sha256(content).hexdigest()


def unread_hash(size: int, modified_at: datetime) -> str:
    """The fingerprint of a content that is too large to be read; it changes with each write."""
    return content_hash(f"unread: {size} bytes of {modified_at.isoformat()}".encode())


def look_at(path: Path | CloudPath, name: str, max_bytes: int) -> Stored:
    """Read a raw file whole to know its content; little of it is in memory at once.

    Args:
        path: Where it is.
        name: What to call it in an error.
        max_bytes: Of a larger one nothing is read.

    Raises:
        LakehouseError: It can't be read.
    """
    with _told(name):
        if isinstance(path, Path):
            stat = path.stat()
            modified_at = datetime.fromtimestamp(stat.st_mtime, UTC)
            if stat.st_size > max_bytes:
                return _above_limit(stat.st_size, modified_at)
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            return Stored(stat.st_size, modified_at, found)
        answer = _get(path)
        size, modified_at = answer["ContentLength"], answer["LastModified"].astimezone(UTC)
        if size > max_bytes:
            answer["Body"].close()
            return _above_limit(size, modified_at)
        digest = hashlib.sha256()
        for chunk in answer["Body"].iter_chunks(_CHUNK_BYTES):
            digest.update(chunk)
        return Stored(size, modified_at, digest.hexdigest(), answer["ETag"].strip('"'))


def _above_limit(size: int, modified_at: datetime) -> Stored:
    # Without its ETag, by which the content would be taken for known under a larger limit.
    return Stored(size, modified_at, unread_hash(size, modified_at), is_read=False)


def read_bytes(path: Path | CloudPath, max_bytes: int) -> bytes:
    """The content of a raw file; of one that is too large nothing is read.

    Raises:
        FileFault: `too_large`.
        LakehouseError: It can't be read.
    """
    with _told(str(path)):
        if isinstance(path, Path):
            with path.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                _require_size(size, max_bytes)
                return stream.read(size + 1)
        answer = _get(path)
        _require_size(answer["ContentLength"], max_bytes)
        content: bytes = answer["Body"].read()
        return content


def _require_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise too_large(max_bytes)


def objects_below(folder: CloudPath) -> Iterator[tuple[str, Listed]]:
    """List a prefix of S3: the names below it and what the listing says of each.

    Raises:
        LakehouseError: It can't be listed.
    """
    prefix = f"{_on_s3(folder).key.rstrip('/')}/".lstrip("/")
    pages = _client(folder).get_paginator("list_objects_v2")
    try:
        for page in pages.paginate(Bucket=_on_s3(folder).bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                name = found["Key"].removeprefix(prefix)
                if name and not name.endswith("/"):  # the console makes "folders" that are objects
                    yield (
                        name,
                        Listed(
                            found["Size"],
                            found["LastModified"].astimezone(UTC),
                            found["ETag"].strip('"'),
                        ),
                    )
    except (BotoCoreError, ClientError) as error:
        raise LakehouseError(
            f"The raw folder {folder} can't be listed: {error}",
            "Check that these AWS credentials may list the bucket, and the network, and run again.",
        ) from None


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LakehouseError(
            f"The raw file {name} can't be read: {error.strerror or error}.",
            "Give this user the right to read it, or take it out, and run again.",
        ) from None
    except ClientError as error:
        is_of_object = error.response["Error"]["Code"] in _OF_THE_OBJECT
        raise _unread(Unreadable if is_of_object else LakehouseError, name, error) from None
    except BotoCoreError as error:
        raise _unread(LakehouseError, name, error) from None


def _unread(kind: type[LakehouseError], name: str, error: Exception) -> LakehouseError:
    return kind(
        f"The raw file {name} can't be read: {error}",
        "Check that these AWS credentials may read it and use its key, and run again.",
    )


def _get(path: CloudPath) -> dict[str, Any]:
    where = _on_s3(path)
    answer: dict[str, Any] = _client(path).get_object(Bucket=where.bucket, Key=where.key)
    return answer


def _client(path: CloudPath) -> Any:
    return _on_s3(path).client.client


def _on_s3(path: CloudPath) -> S3Path:
    return cast("S3Path", path)
