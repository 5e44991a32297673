"""Watches every primitive by which the lakehouse changes a file or a table.

A new one has to be added here: what is not watched is no crash point, and no test says so.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import deltalake
from deltalake import DeltaTable
from deltalake.table import TableOptimizer

from ingestion.sail import SailSession
from ingestion.settings import WORKSPACES, Settings
from orchestration.pipeline import repair
from orchestration.state import history, publications
from orchestration.state.lock import only_run
from orchestration.state.publications import publish
from orchestration.state.storage import folder as storage_folder
from orchestration.state.workspaces import find_workspace, new_workspace
from tests.crashes.points import CrashPoints, commits_in
from tests.plain_tables import States, write_workspace

_ONE_CALL = {"link": "link", "replace": "rename to", "rename": "rename to", "unlink": "delete"}
# Of delta-rs, each one commit.
_COMMITS = ("delete", "restore", "repair")
# What begins a statement that may commit to a table; dbt puts a comment before it.
_STATEMENT = re.compile(
    r"\s*(?:/\*.*?\*/\s*)?(insert into|insert overwrite|merge into|delete from|update|optimize"
    r"|create or replace table|create table if not exists|create table)\s+(?:table\s+)?([\w.`]+)",
    re.DOTALL | re.IGNORECASE,
)


@contextmanager
def watched(points: CrashPoints) -> Iterator[CrashPoints]:
    """Put the points between the program and its files."""
    with ExitStack() as stack:
        for owner, name, watch in (*_of_files(points), *_of_tables(points)):
            stack.enter_context(patch.object(owner, name, watch))
        yield points


def _of_files(points: CrashPoints) -> Iterator[tuple[Any, str, Any]]:
    """Where a primitive of Python is, and what is to be there in its place."""
    write_beside, remove_folder, copy = storage_folder._beside, shutil.rmtree, shutil.copyfile
    make_folder = os.mkdir

    def beside(path: Path, content: bytes) -> Path:
        return points.pass_on_file(  # type: ignore[no-any-return]
            "write beside",
            path,
            lambda: write_beside(path, content),
            lambda: write_beside(path, content[: len(content) // 2]),
        )

    def copyfile(source: Path, target: Path) -> Any:
        half = Path(source).read_bytes()[: Path(source).stat().st_size // 2]
        return points.pass_on_file(
            *("copy", target, lambda: copy(source, target)), lambda: target.write_bytes(half)
        )

    def rmtree(path: Path, **named: Any) -> None:
        def tear() -> None:
            files = sorted(file for file in path.rglob("*") if file.is_file())
            for file in files[::2]:
                file.unlink()

        if Path(path).exists():
            points.pass_on_file(
                *("delete folder", Path(path), lambda: remove_folder(path, **named)), tear
            )

    def mkdir(path: Any, *arguments: Any, **named: Any) -> None:
        if Path(path).exists() or not Path(path).parent.exists():  # fails in any case
            make_folder(path, *arguments, **named)
        points.pass_on_file(
            "mkdir", Path(path), lambda: make_folder(path, *arguments, **named), _nothing
        )

    def one_call(name: str, verb: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*arguments: Any, **named: Any) -> Any:
            target = Path(arguments[-1])
            if verb == "link" and not points.has_links and not target.exists():
                raise OSError(errno.EPERM, os.strerror(errno.EPERM))
            if verb == "delete" and not target.exists():
                return real(*arguments, **named)
            return points.pass_on_file(verb, target, lambda: real(*arguments, **named), _nothing)

        return call

    for name, verb in _ONE_CALL.items():
        yield os, name, one_call(name, verb)
    yield os, "mkdir", mkdir
    yield shutil, "rmtree", rmtree
    yield shutil, "copyfile", copyfile
    yield storage_folder, "_beside", beside


def _of_tables(points: CrashPoints) -> Iterator[tuple[Any, str, Any]]:
    """As `_of_files`, for what engines and delta-rs write."""
    from pyspark.sql.connect.readwriter import DataFrameWriter

    run_sql, save, append = SailSession.sql, DataFrameWriter.save, deltalake.write_deltalake
    checkpoint = DeltaTable.create_checkpoint

    def sql(session: Any, statement: str, *arguments: Any, **named: Any) -> Any:
        def write() -> Any:
            return run_sql(session, statement, *arguments, **named)

        writes = _STATEMENT.match(statement)
        if not writes:
            return write()
        verb, table = writes[1].lower(), writes[2].replace("`", "")
        place = table.replace(".", "/")
        logs = [points.root / place, *points.root.glob(f"{WORKSPACES}/*/{place}")]
        if verb == "create table if not exists" and any(map(commits_in, logs)):
            return write()
        logs += [folder / place for folder in points.root.glob(f"{WORKSPACES}/*")]
        return points.pass_on_commit(verb, logs, write)

    def saved(writer: Any, path: str) -> None:
        folder = Path(unquote(path.removeprefix("file://")))
        points.pass_on_commit("save", [folder], lambda: save(writer, path))

    def appended(location: str, *arguments: Any, **named: Any) -> None:
        points.pass_on_commit(
            "append", [Path(location)], lambda: append(location, *arguments, **named)
        )

    def create_checkpoint(table: DeltaTable) -> None:
        def tear() -> None:
            checkpoint(table)
            (_folder(table) / "_delta_log/_last_checkpoint").unlink()

        points.pass_on_file("checkpoint", _folder(table), lambda: checkpoint(table), tear)

    def commit(owner: Any, name: str, table_of: Callable[[Any], DeltaTable]) -> Callable[..., Any]:
        real = getattr(owner, name)

        def call(self: Any, *arguments: Any, **named: Any) -> Any:
            folders = [_folder(table_of(self))]
            return points.pass_on_commit(name, folders, lambda: real(self, *arguments, **named))

        return call

    yield SailSession, "sql", sql
    yield DataFrameWriter, "save", saved
    for module in (publications, history, repair):
        yield module, "write_deltalake", appended
    yield DeltaTable, "create_checkpoint", create_checkpoint
    for name in _COMMITS:
        yield DeltaTable, name, commit(DeltaTable, name, lambda table: table)
    for name in ("compact", "z_order"):
        yield TableOptimizer, name, commit(TableOptimizer, name, lambda optimizer: optimizer.table)


def _folder(table: DeltaTable) -> Path:
    return Path(unquote(table.table_uri.removeprefix("file://")))


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
            with points.unwatched():  # the engine's writes are none of ours
                write_workspace(workspace, states)
        publish(workspace, "run-1")
