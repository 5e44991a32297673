"""A root that is a folder of this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeVar
from uuid import uuid4

from filelock import FileLock, Timeout

from ingestion.errors import LakehouseError
from orchestration.state.storage.interface import StoredFile

_HOLDER = ".lock-holder"
_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


class FolderStorage:
    """The `Storage` of a folder."""

    has_links = True

    def __init__(self, root: str) -> None:
        self.root = root
        self._root = Path(root)

    def folders(self, folder: str) -> list[str]:
        """Names of the folders directly in a folder."""
        with self._reading(), suppress(FileNotFoundError):
            return sorted(entry.name for entry in os.scandir(self._root / folder) if entry.is_dir())
        return []

    def files(self, folder: str) -> Iterator[StoredFile]:
        """Every file below a folder; one that goes while they are listed is left out."""
        with self._reading():
            for parent, _, names in os.walk(self._root / folder, onerror=_unless_gone):
                for name in names:
                    path = Path(parent, name)
                    with suppress(FileNotFoundError):
                        size = path.stat().st_size
                        yield StoredFile(path.relative_to(self._root).as_posix(), size)

    def read(self, name: str) -> bytes | None:
        """Content of a file."""
        with self._reading(), suppress(FileNotFoundError):
            return (self._root / name).read_bytes()
        return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file beside its place, then move it there."""
        path = self._root / name
        with self._writing():
            _beside(path, content).replace(path)
            _sync_folder(path.parent)

    def create(self, name: str, content: bytes) -> bool:
        """Write a file beside its place, then link it there, which fails if there is one.

        Its content is on the disk before it has its name, and that is with the next `sync`.
        """
        path = self._root / name
        with self._writing():
            new = _beside(path, content)
            try:
                path.hardlink_to(new)
            except FileExistsError:
                return False
            except OSError:  # no links here: as good as it gets, among those who hold the root
                if path.exists():
                    return False
                new.replace(path)
            finally:
                new.unlink(missing_ok=True)
        return True

    def delete(self, name: str) -> None:
        """Delete a file."""
        with self._writing():
            (self._root / name).unlink(missing_ok=True)

    def copy(self, folder: str, to: str, names: Iterable[str]) -> None:
        """Link files; copy those that can't be linked."""
        made: set[str] = set()
        for name in names:
            parent = name.rpartition("/")[0]
            if parent not in made:
                (self._root / to / parent).mkdir(parents=True, exist_ok=True)
                made.add(parent)
            _link(self._root / folder / name, self._root / to / name)

    def delete_folder(self, folder: str) -> None:
        """Delete a folder with all that is in it."""
        shutil.rmtree(self._root / folder, ignore_errors=True)

    def tidy(self, name: str) -> None:
        """Delete the files beside a place that writers which were killed have left."""
        path = self._root / name
        with self._writing():
            for part in path.parent.glob(_name_beside(path.name, "?" * 32)):
                part.unlink(missing_ok=True)

    def sync(self) -> None:
        """All that the system has to write: file by file takes many times as long."""
        os.sync()

    def for_each(
        self, function: Callable[[_Item], _Answer], items: Iterable[_Item]
    ) -> list[_Answer]:
        """Call it for one after the other."""
        return list(map(function, items))

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """Hold the root; the system lets go of it even when the process is killed."""
        with self._writing():
            self._root.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self._root):  # a root that can't be written is said to be that
                pass
        lock = FileLock(self._root / ".lock")
        try:
            with self._writing():
                lock.acquire(timeout=0)
        except Timeout:
            other = (self.read(_HOLDER) or b"process unknown").decode()
            raise LakehouseError(
                f"Another run is at work on {self._root} ({other}).",
                "Wait until it has ended, then run again; or choose another root with --root.",
            ) from None
        try:
            self.tidy("*")
            self.write(_HOLDER, holder.encode())
            yield
        finally:
            self.sync()
            lock.release()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LakehouseError(
                f"The root {self._root} can't be read: {error.strerror or error}.",
                "Choose another folder with --root or LAKEHOUSE_ROOT, or give rights there.",
            ) from None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except Timeout:  # an OSError, too
            raise
        except OSError as error:
            raise LakehouseError(
                f"The root {self._root} can't be written: {error.strerror or error}.",
                "Choose another folder with --root or LAKEHOUSE_ROOT, or free space or give rights"
                " there.",
            ) from None


def _beside(path: Path, content: bytes) -> Path:
    """A file of this content in the folder of another, for which nobody looks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(_name_beside(path.name, uuid4().hex))
    with new.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return new


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except FileExistsError:
        if not target.samefile(source):  # a copy, maybe of a root that was copied
            _copy(source, target)
    except OSError:
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that its name never stands for a part of it."""
    part = target.with_name(f"{target.name}.{uuid4().hex}")
    try:
        shutil.copyfile(source, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _name_beside(name: str, unique: str) -> str:
    return f".{name}.{unique}"


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
