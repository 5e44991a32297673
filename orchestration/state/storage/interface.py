"""What can be done with the files of a root, whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class StoredFile:
    """A file below a root.

    Attributes:
        name: Relative to the root.
        bytes: Its size.
    """

    name: str
    bytes: int


class Storage(Protocol):
    """What can be done with the files of a root.

    Every method raises a `LakehouseError` if the root can't be reached, read or written.

    Attributes:
        root: Where it is.
        has_links: A file can have a second name, at no cost.
    """

    root: str
    has_links: bool

    def folders(self, folder: str) -> list[str]:
        """Names of the folders directly in a folder, sorted; none if it does not exist."""

    def files(self, folder: str) -> Iterator[StoredFile]:
        """Every file below a folder, in any order; none if it does not exist."""

    def read(self, name: str) -> bytes | None:
        """Content of a file, None if it does not exist."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file; a reader sees what it was or all of what it is, after a power cut too."""

    def create(self, name: str, content: bytes) -> bool:
        """Write a file unless it exists; of several who try at once, one gets True.

        After a power cut it is there as a whole or, before a `sync`, not at all.
        """

    def delete(self, name: str) -> None:
        """Delete a file; one that does not exist is no error."""

    def copy(self, folder: str, to: str, names: Iterable[str]) -> None:
        """Give files of a folder the same names below another one; doing it again is no error.

        By links where there are any, so the files may not be changed afterwards.

        Raises:
            OSError: A file of a folder can be neither linked nor copied.
        """

    def delete_folder(self, folder: str) -> None:
        """Delete every file below a folder that can be deleted; none is no error."""

    def tidy(self, name: str) -> None:
        """Delete what writers of a file that were killed have left; nobody may write it now."""

    def sync(self) -> None:
        """Make all that anybody has written below the root outlast a power cut."""

    def for_each(
        self, function: Callable[[_Item], _Answer], items: Iterable[_Item]
    ) -> list[_Answer]:
        """The answers of a function that reads or writes files, in the order of the items.

        Where files are far, it is called in several threads, as waiting is what takes the time.
        """

    def lock(self, holder: str) -> AbstractContextManager[None]:
        """Hold the root; what was written meanwhile is synced at the end.

        Args:
            holder: Who does, for the message that another one gets.

        Raises:
            LakehouseError: Another holds it.
        """
