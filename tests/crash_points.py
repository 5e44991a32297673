"""Numbered points at which a write of ours on the way to a publication may go wrong.

Data flow: a program -> shim around every primitive that changes a file -> the n-th goes wrong

A point is reached before its write. After a write comes nothing that changes a file until the next
point, so dying before each point is dying before and after each write.

A crash is an exception that no handler of the program catches, and every later write fails as well:
no `finally` can tidy up what a process that is dead would have left. Run as a program, this module
dies by `os._exit` at a point instead, which shows that both leave the same.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import deltalake
from deltalake import DeltaTable

from ingestion.settings import Settings
from orchestration.state import publications
from orchestration.state.lock import only_run
from orchestration.state.publications import publish
from orchestration.state.storage import folder as storage_folder
from orchestration.state.workspaces import find_workspace, new_workspace
from tests.plain_tables import States, write_workspace

# What goes wrong at a point. A full disk stays full; what deletes goes on.
Fault = Literal["crash", "torn", "full", "exit"]

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
        has_links: The file system can link files.
        seen: What each point was about to do, in their order.
    """

    root: Path
    number: int = 0
    fault: Fault = "crash"
    has_links: bool = True
    seen: list[str] = field(default_factory=list)
    _is_within: bool = False

    @property
    def was_reached(self) -> bool:
        return 0 < self.number <= len(self.seen)

    def pass_on(
        self, verb: str, path: Path, write: Callable[[], Any], tear: Callable[[], Any]
    ) -> Any:
        """Let a write be made, or go wrong."""
        if self._is_within or not path.is_relative_to(self.root):
            return write()
        if self.was_reached and self.fault != "full":
            raise Crash
        self.seen.append(f"{verb} {path.relative_to(self.root)}")
        self._is_within = True
        try:
            if self.was_reached:
                self._go_wrong(verb, tear)
            return write()
        finally:
            self._is_within = False

    def _go_wrong(self, verb: str, tear: Callable[[], Any]) -> None:
        if self.fault == "exit":
            os._exit(9)
        if self.fault == "full" and verb not in _DELETES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.fault == "torn":
            tear()
        if self.fault != "full":
            raise Crash


@contextmanager
def watched(points: CrashPoints) -> Iterator[CrashPoints]:
    """Put the points between the program and its files."""
    write_beside, remove_folder, copy = storage_folder._beside, shutil.rmtree, shutil.copyfile
    append, checkpoint, mkdir = deltalake.write_deltalake, DeltaTable.create_checkpoint, os.mkdir

    def beside(path: Path, content: bytes) -> Path:
        return points.pass_on(  # type: ignore[no-any-return]
            "write beside",
            path,
            lambda: write_beside(path, content),
            lambda: write_beside(path, content[: len(content) // 2]),
        )

    def copyfile(source: Path, target: Path) -> Any:
        half = Path(source).read_bytes()[: Path(source).stat().st_size // 2]
        return points.pass_on(
            *("copy", target, lambda: copy(source, target)), lambda: target.write_bytes(half)
        )

    def rmtree(path: Path, **named: Any) -> None:
        def tear() -> None:
            files = sorted(file for file in path.rglob("*") if file.is_file())
            for file in files[::2]:
                file.unlink()

        if path.exists():
            points.pass_on("delete folder", path, lambda: remove_folder(path, **named), tear)

    def write_deltalake(location: str, *arguments: Any, **named: Any) -> None:
        def tear() -> None:
            before = set(Path(location).rglob("*.json"))
            append(location, *arguments, **named)
            for commit in set(Path(location).rglob("*.json")) - before:
                commit.unlink()

        points.pass_on(
            "append", Path(location), lambda: append(location, *arguments, **named), tear
        )

    def create_checkpoint(table: DeltaTable) -> None:
        folder = Path(table.table_uri.removeprefix("file://"))

        def tear() -> None:
            checkpoint(table)
            (folder / "_delta_log/_last_checkpoint").unlink()

        points.pass_on("checkpoint", folder, lambda: checkpoint(table), tear)

    def make(path: Any, *arguments: Any, **named: Any) -> None:
        if Path(path).exists() or not Path(path).parent.exists():  # fails in any case
            mkdir(path, *arguments, **named)
        points.pass_on("mkdir", Path(path), lambda: mkdir(path, *arguments, **named), _nothing)

    def in_one(verb: str, name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*arguments: Any, **named: Any) -> Any:
            target = Path(arguments[-1])
            if verb == "link" and not points.has_links and not target.exists():
                raise OSError(errno.EPERM, os.strerror(errno.EPERM))
            if verb == "delete" and not target.exists():
                return real(*arguments, **named)
            return points.pass_on(verb, target, lambda: real(*arguments, **named), _nothing)

        return call

    with ExitStack() as stack:
        for name, verb in {"link": "link", "replace": "rename to", "unlink": "delete"}.items():
            stack.enter_context(patch.object(os, name, in_one(verb, name)))
        stack.enter_context(patch.object(os, "mkdir", make))
        stack.enter_context(patch.object(shutil, "rmtree", rmtree))
        stack.enter_context(patch.object(shutil, "copyfile", copyfile))
        stack.enter_context(patch.object(storage_folder, "_beside", beside))
        stack.enter_context(patch.object(publications, "write_deltalake", write_deltalake))
        stack.enter_context(patch.object(DeltaTable, "create_checkpoint", create_checkpoint))
        yield points


def _nothing() -> None:
    """A rename or a link is made or not made."""


def build_and_publish(points: CrashPoints, settings: Settings, states: States) -> None:
    """What a run does: open a workspace, write these tables there, publish it.

    Where a workspace was written before, it is published as it is.
    """
    with watched(points), only_run(settings):
        workspace = find_workspace(settings, "run-1")
        if workspace is None:
            workspace = new_workspace(settings, "run-1")
            points._is_within = True  # the engine's writes are none of ours
            write_workspace(workspace, states)
            points._is_within = False
        publish(workspace, "run-1")


if __name__ == "__main__":
    build_and_publish(
        CrashPoints(Path(sys.argv[1]), int(sys.argv[2]), "exit"),
        Settings(root=sys.argv[1], raw=""),
        {table: int(state) for table, state in (text.split("=") for text in sys.argv[3:])},
    )
