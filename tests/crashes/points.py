"""Numbered points at which a write of ours may go wrong.

Data flow: a program -> what watches every primitive that changes a table or a file (`watch`) -> the
n-th goes wrong

A point is reached before its write. After a write comes nothing that changes a file until the next
point, so dying before each point is dying before and after each write. A statement of an engine is
one write: what it leaves is files and one commit.

In the process of a test a crash is an exception that no handler of the program catches, and every
later write fails as well: no `finally` can tidy up what a process that is dead would have left. A
process of its own (`tests.crashes.commands`) ends by SIGKILL, which shows that both leave the same.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from threading import RLock
from typing import Any, Literal

# What goes wrong at a point: the process dies before the write, or when half of it is done; or the
# disk is full from there on, when only what deletes goes on.
Fault = Literal["crash", "torn", "full"]

_DELETES = ("delete", "delete folder")


class Crash(BaseException):
    """The process is dead."""


@dataclass
class CrashPoints:
    """Counts the writes below a root, and lets the n-th go wrong.

    Attributes:
        root: Whose files are meant.
        number: Of the point, from 1; none is reached by 0.
        fault: What goes wrong there.
        pattern: Counted are the points that it matches, as names of files are matched.
        has_links: The file system can link files.
        ends_process: A crash is the end of this process, not an exception.
        seen: What each point was about to do, in their order.
    """

    root: Path
    number: int = 0
    fault: Fault = "crash"
    pattern: str = "*"
    has_links: bool = True
    ends_process: bool = False
    seen: list[str] = field(default_factory=list)
    was_reached: bool = False
    _counted: int = 0
    _is_within: bool = False
    _turn: RLock = field(default_factory=RLock)

    def pass_on(self, what: str, write: Callable[[], Any], tear: Callable[[], Any]) -> Any:
        """Let a write be made, or go wrong.

        Args:
            what: What it does to which table or file; its first word is what can be known of it.
            write: Makes it.
            tear: Makes half of it.
        """
        with self._turn:
            if self._is_within:
                return write()
            if self.was_reached and self.fault != "full":
                raise Crash
            self.seen.append(what)
            self._counted += fnmatchcase(what, self.pattern)
            self.was_reached = 0 < self.number <= self._counted
            with self.unwatched():
                if self.was_reached:
                    self._go_wrong(what, tear)
                return write()

    def pass_on_file(
        self, verb: str, path: Path, write: Callable[[], Any], tear: Callable[[], Any]
    ) -> Any:
        """As `pass_on`, if the file is one of the lakehouse: no raw file and no log of dbt."""
        name = path.relative_to(self.root) if path.is_relative_to(self.root) else None
        if name is None or name.parts[:1] in (("raw",), ("logs",)):
            return write()
        return self.pass_on(f"{verb} {name}", write, tear)

    def pass_on_commit(self, verb: str, folders: list[Path], write: Callable[[], Any]) -> Any:
        """As `pass_on_file`, for what makes one commit in one of these logs, or its first one."""

        def tear() -> None:
            before = {file for folder in folders for file in commits_in(folder)}
            write()
            for folder in folders:
                for commit in set(commits_in(folder)) - before:
                    commit.unlink()

        return self.pass_on_file(verb, folders[0], write, tear)

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Count nothing that happens meanwhile."""
        before, self._is_within = self._is_within, True
        try:
            yield
        finally:
            self._is_within = before

    def _go_wrong(self, what: str, tear: Callable[[], Any]) -> None:
        if self.fault == "full":
            if not what.startswith(_DELETES):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return
        if self.fault == "torn":
            tear()
        if self.ends_process:
            os.kill(os.getpid(), signal.SIGKILL)
        raise Crash


def commits_in(folder: Path) -> list[Path]:
    """The files of a table's log."""
    return list((folder / "_delta_log").glob("*.*"))
