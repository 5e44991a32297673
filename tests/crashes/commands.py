"""Commands of the lakehouse, each in a process of its own that may die as by `kill -9`.

The processes are forks of one that has imported what commands import: a command costs what it
does, not what it loads.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryDirectory
from typing import Any

from tests.crashes.points import CrashPoints, Fault
from tests.crashes.watch import watched

PROJECT = Path(__file__).parent.parent.parent
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        *(__name__, "dbt.cli.main", "dbt.adapters.spark", "lakehouse.cli", "lakehouse.cost"),
        *("orchestration.pipeline.run", "orchestration.pipeline.summary", "pysail.spark"),
        *("orchestration.upkeep.erasure.erase", "orchestration.upkeep.maintain"),
        *("orchestration.upkeep.replay", "orchestration.upkeep.restore"),
    ]
)
# As a process tells it that was ended by a signal.
DIED = -SIGKILL


@dataclass(frozen=True)
class Point:
    """Where a command dies.

    Attributes:
        number: The n-th write, from 1, of those that the pattern matches; 0 for none.
        fault: It dies before the write, or with half of it done.
        pattern: As names of files are matched, such as `merge into silver.orders`.
    """

    number: int = 0
    fault: Fault = "crash"
    pattern: str = "*"

    def __str__(self) -> str:
        return f"{self.fault} at write {self.number} of {self.pattern}"


@dataclass(frozen=True)
class Ending:
    """How a command ended.

    Attributes:
        code: Its exit code; `DIED` if it was killed.
        words: All that it said.
        writes: What it wrote, in its order; nothing if it was killed.
    """

    code: int
    words: str
    writes: list[str]


def run_command(
    root: Path,
    *arguments: str,
    point: Point | None = None,
    environment: Mapping[str, str] | None = None,
    with_tests: bool = False,
    days_later: int = 0,
) -> Ending:
    """Run `lakehouse` with these arguments on a root whose raw folder is `raw` below it.

    Args:
        root: The root.
        arguments: Of the command.
        point: Where to die.
        environment: Variables, beside those of this process.
        with_tests: Test what is built, as the product does; else it is published untested.
        days_later: How far ahead the clock is of the commands that ask for it.
    """
    variables = {
        **{name: value for name, value in os.environ.items() if name.startswith("LAKEHOUSE_")},
        **{"LAKEHOUSE_ROOT": str(root), "LAKEHOUSE_RAW": str(root / "raw")},
        # Else the order of the writes would be chance.
        **{"DBT_SINGLE_THREADED": "1", "COLUMNS": "200"},
        **(environment or {}),
    }
    with TemporaryDirectory(prefix="command-") as folder:
        wanted = (root, arguments, point or Point(), variables, with_tests, days_later)
        code = in_process_of_its_own(_run, Path(folder), *wanted)
        writes = Path(folder, "writes.json")
        return Ending(
            code,
            Path(folder, "words.txt").read_text(),
            json.loads(writes.read_text()) if writes.exists() else [],
        )


def in_process_of_its_own(work: Callable[..., None], *arguments: Any) -> int:
    """Do this in a process of its own; return its exit code."""
    process = _FORKS.Process(target=work, args=arguments)
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _run(
    out: Path,
    root: Path,
    arguments: tuple[str, ...],
    point: Point,
    variables: Mapping[str, str],
    with_tests: bool,
    days_later: int,
) -> None:
    from lakehouse.cli import main
    from lakehouse.commands import upkeep
    from orchestration.pipeline import build

    words = os.open(out / "words.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(words, 1)
    os.dup2(words, 2)
    os.chdir(PROJECT)
    os.environ.update(variables)
    sys.argv = ["lakehouse", *arguments]
    setattr(upkeep, "_now", lambda: datetime.now(UTC) + timedelta(days=days_later))  # noqa: B010
    if not with_tests:  # the product takes such a build for one with all tests, and publishes it
        setattr(build, "_BUILD", (*build._BUILD, "--exclude-resource-type", "test"))  # noqa: B010
    points = CrashPoints(root, point.number, point.fault, point.pattern, ends_process=True)
    try:
        with watched(points):
            main()
    finally:
        (out / "writes.json").write_text(json.dumps(points.seen))
