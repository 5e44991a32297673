"""A root that is a bucket of S3, or a prefix in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from mimetypes import guess_type
from typing import TypeVar
from uuid import uuid4

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from ingestion.errors import LakehouseError
from orchestration.state.aws_clients import error_code, explained, new_client
from orchestration.state.storage.interface import StoredFile

_LOCK = ".lock"
_ABSENT = ("NoSuchKey", "404")
_THERE = "PreconditionFailed"
# What S3 says of two that try at the same time: neither may have put it.
_AT_ONCE = "ConditionalRequestConflict"
_ATTEMPTS = 5
_THREADS = 8
# CopyObject takes no more in one piece; above it boto3 copies in parts.
_LARGEST_COPY = 5 * 1024**3
_LARGEST_DELETION = 1000

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


class BucketStorage:
    """The `Storage` of a bucket."""

    has_links = False

    def __init__(self, root: str) -> None:
        scheme, _, place = root.partition("://")
        if scheme != "s3":
            raise LakehouseError(
                f"The root {root} is neither a folder nor a bucket of S3.",
                "Name a folder or an s3:// location with --root or LAKEHOUSE_ROOT.",
            )
        self.root = root
        self._bucket, _, prefix = place.partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = new_client("s3")

    def folders(self, folder: str) -> list[str]:
        """Names of the folders directly in a folder."""
        prefix = f"{self._prefix}{folder}/"
        pages = self._client.get_paginator("list_objects_v2")
        with self._reading():
            return sorted(
                found["Prefix"].removeprefix(prefix).rstrip("/")
                for page in pages.paginate(Bucket=self._bucket, Prefix=prefix, Delimiter="/")
                for found in page.get("CommonPrefixes", [])
            )

    def files(self, folder: str) -> Iterator[StoredFile]:
        """Every file below a folder."""
        pages = self._client.get_paginator("list_objects_v2")
        with self._reading():
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}{folder}/"):
                for found in page.get("Contents", []):
                    yield StoredFile(found["Key"].removeprefix(self._prefix), found["Size"])

    def read(self, name: str) -> bytes | None:
        """Content of a file."""
        with self._reading():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")
            except ClientError as error:
                if error_code(error) in _ABSENT:
                    return None
                raise
            content: bytes = answer["Body"].read()
            return content

    def write(self, name: str, content: bytes) -> None:
        """Put an object, with the type that its name has."""
        with self._writing():
            self._put(name, content)

    def create(self, name: str, content: bytes) -> bool:
        """Put an object on the condition that there is none."""
        with self._writing():
            for attempt in range(_ATTEMPTS):
                try:
                    self._put(name, content, IfNoneMatch="*")
                except ClientError as error:
                    if error_code(error) == _THERE:
                        return False
                    if error_code(error) != _AT_ONCE or attempt == _ATTEMPTS - 1:
                        raise
                else:
                    break
        return True

    def delete(self, name: str) -> None:
        """Delete an object."""
        with self._writing():
            self._client.delete_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")

    def copy(self, folder: str, to: str, names: Iterable[str]) -> None:
        """Let S3 copy objects; nothing of them goes through this machine."""
        in_parts = TransferConfig(multipart_threshold=_LARGEST_COPY, use_threads=False)

        def copy(name: str) -> None:
            source = {"Bucket": self._bucket, "Key": f"{self._prefix}{folder}/{name}"}
            key = f"{self._prefix}{to}/{name}"
            self._client.copy(source, self._bucket, key, Config=in_parts)

        with self._writing():
            self.for_each(copy, names)

    def delete_folder(self, folder: str) -> None:
        """Delete the objects below a prefix, as many at a time as S3 takes."""
        keys = [{"Key": f"{self._prefix}{file.name}"} for file in self.files(folder)]
        with self._writing():
            for begin in range(0, len(keys), _LARGEST_DELETION):
                some = {"Objects": keys[begin : begin + _LARGEST_DELETION], "Quiet": True}
                answer = self._client.delete_objects(Bucket=self._bucket, Delete=some)
                for error in answer.get("Errors", []):  # S3 deletes the others nevertheless
                    raise ClientError({"Error": error}, "DeleteObjects")

    def tidy(self, name: str) -> None:
        """Nothing to delete: an object is there as a whole or not at all."""

    def sync(self) -> None:
        """Nothing to wait for: S3 answers when an object is kept."""

    def for_each(
        self, function: Callable[[_Item], _Answer], items: Iterable[_Item]
    ) -> list[_Answer]:
        """Call it in several threads."""
        with ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(function, items))

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """Hold the root by an object; of a process that was killed it stays."""
        ours = f"{holder}\n{uuid4().hex}"
        if not self.create(_LOCK, ours.encode()):
            other = (self.read(_LOCK) or b"process unknown").decode()
            if other != ours:  # else the answer to a first try was lost, and the lock is ours
                raise LakehouseError(
                    f"Another run is at work on {self.root} ({other.splitlines()[0]}).",
                    "Wait until it has ended, then run again. If it was killed:"
                    f" aws s3 rm {self.root}/{_LOCK}",
                )
        try:
            yield
        finally:
            self.delete(_LOCK)

    def _put(self, name: str, content: bytes, **condition: str) -> None:
        kind, _ = guess_type(name)
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{self._prefix}{name}",
            Body=content,
            ContentType=kind or "text/plain",
            **condition,
        )

    def _reading(self) -> AbstractContextManager[None]:
        return explained(f"The root {self.root} can't be read")

    def _writing(self) -> AbstractContextManager[None]:
        return explained(f"The root {self.root} can't be written")
