"""Lets the commands that write die at every write: `make crashes RUN=ingest`.

Prints each point with what readers saw in between, and ends with 1 at the first one after which
something is not as it should be. docs/crash-points.md has the outcome.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console

from tests.crashes.commands import Point
from tests.crashes.runs import RUNS, Roots, Trial

# Each of them is done or not done.
_ONE_STEP = ("link", "rename to", "mkdir", "delete ")


def points_of(writes: Sequence[str]) -> Iterator[Point]:
    """Death before each write, and within each that is more than one step."""
    for number, write in enumerate(writes, 1):
        yield Point(number)
        if not write.startswith(_ONE_STEP) or write.startswith(("delete folder", "delete from")):
            yield Point(number, "torn")


def try_all(trial: Trial, console: Console) -> bool:
    """Try every point of a run; tell whether all was as it should be."""
    points = list(points_of(trial.writes))
    console.print(f"{trial.name}: {len(trial.writes)} writes, {len(points)} deaths")
    for point in points:
        write = trial.writes[point.number - 1]
        try:
            seen = trial.judge(point)
        except AssertionError as error:
            console.print(f"{point.number} {point.fault} {write}: {error}", markup=False)
            return False
        console.print(f"{point.number:4} {point.fault:5} {seen:3} {write}", markup=False)
    return True


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help=f"of: {', '.join(RUNS)}")
    names = parser.parse_args().runs or list(RUNS)
    console = Console(soft_wrap=True, highlight=False)
    roots = Roots(Path(mkdtemp(prefix="crashes-")))
    for name in names:
        if not try_all(Trial(name, roots), console):
            console.print(f"The root is {roots.folder}/died.")
            return 1
    shutil.rmtree(roots.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
