"""Runs the pipeline and kills it, as by `kill -9`, at a statement that writes a table.

A statement of the engine is one commit, so there are three places to die at: before it, after it,
and within it, when files are written and the commit is not. The last one is made by taking the
commit away again before the process dies: what is left is what such a death leaves.

Run as a program, so that the process that dies is not the one that tests.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from rich.console import Console

from ingestion.settings import WORKSPACES, Settings

PROJECT = Path(__file__).parent.parent.parent
# What begins a statement that may commit to a table; dbt puts a comment before it.
_WRITES = re.compile(
    r"\s*(?:/\*.*?\*/\s*)?(insert into|insert overwrite|merge into|delete from|update|optimize"
    r"|create or replace table|create table if not exists)\s+(?:table\s+)?([\w.`]+)",
    re.DOTALL | re.IGNORECASE,
)

Moment = Literal["before", "within", "after"]


@dataclass(frozen=True)
class Point:
    """Where a run dies.

    Attributes:
        moment: Before, within or after the statement.
        statement: Its first words and its table, such as `merge into silver.orders`; `*` is any
            text. What the DataFrame API writes is `save`, the run's own history `append`.
        nth: Which of the statements that are meant, from 1.
    """

    moment: Moment
    statement: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.moment} {self.statement} {self.nth}"


def run_killed(settings: Settings, point: Point, arguments: Sequence[str]) -> tuple[bool, str]:
    """Run in a process of its own until that dies at the point.

    Args:
        settings: Of the root and the raw folder.
        point: Where to die.
        arguments: Of `dbt build`.

    Returns:
        Whether it died there, and its last words. It lives if there is no such statement.
    """
    point_text = json.dumps(asdict(point))
    done = subprocess.run(
        [sys.executable, "-m", __name__, point_text, settings.root, settings.raw, *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == -signal.SIGKILL, done.stderr


class Killer:
    """Counts the statements that write, and kills this process at the one of the point."""

    def __init__(self, point: Point, root: Path) -> None:
        self._point = point
        self._root = root
        self._seen = 0
        self._lock = Lock()

    def pass_on(self, verb: str, table: str, write: Callable[[], Any]) -> Any:
        """Let a statement write its table, or die."""
        statement = f"{verb.lower()} {table}"
        before = self._log_of(table)
        if not self._is_at_point(statement, is_there=bool(before)):
            return write()
        if self._point.moment != "before":
            write()
        if self._point.moment == "within":
            for file in self._log_of(table) - before:
                file.unlink()
        sys.stderr.write(f"killed {self._point.moment} {statement}\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    def _is_at_point(self, statement: str, is_there: bool) -> bool:
        if is_there and statement.startswith("create table if not exists"):
            return False
        with self._lock:
            self._seen += fnmatchcase(statement, self._point.statement)
            return self._seen == self._point.nth

    def _log_of(self, table: str) -> set[Path]:
        log = f"{table.replace('.', '/')}/_delta_log/*.*"
        return {*self._root.glob(log), *self._root.glob(f"{WORKSPACES}/*/{log}")}


def watch(killer: Killer) -> None:
    """Put the killer between the program and its engine."""
    from deltalake import write_deltalake
    from pyspark.sql.connect.readwriter import DataFrameWriter

    from ingestion.sail import SailSession
    from orchestration.state import history

    run_sql, save = SailSession.sql, DataFrameWriter.save

    def watched_sql(session: Any, statement: str, *arguments: Any, **named: Any) -> Any:
        def write() -> Any:
            return run_sql(session, statement, *arguments, **named)

        writes = _WRITES.match(statement)
        return killer.pass_on(writes[1], writes[2].replace("`", ""), write) if writes else write()

    def watched_save(writer: Any, path: str) -> None:
        killer.pass_on("save", _table_at(path), lambda: save(writer, path))

    def watched_append(path: str, *arguments: Any, **named: Any) -> None:
        def write() -> None:
            write_deltalake(path, *arguments, **named)

        killer.pass_on("append", _table_at(path), write)

    setattr(SailSession, "sql", watched_sql)  # noqa: B010 (mypy protects classes)
    setattr(DataFrameWriter, "save", watched_save)  # noqa: B010
    setattr(history, "write_deltalake", watched_append)  # noqa: B010


def _table_at(path: str) -> str:
    return ".".join(path.split("/")[-2:])


def main(point: str, root: str, raw: str, *arguments: str) -> None:
    """Run with a killer behind."""
    from orchestration.pipeline.progress import Display
    from orchestration.pipeline.run import run

    watch(Killer(Point(**json.loads(point)), Path(root)))
    settings = Settings.read(root=root, raw=raw, environment={})
    run(settings, Display(Console(), quiet=True), build_arguments=arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
