"""Tries random arrivals, kills and edits for a set time: `python -m tests.soak --minutes 10`.

Each kind of case takes its turn with the next seed, in a process of its own. The first difference
ends it with exit code 1, the case and the command that shows it again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from time import monotonic

from rich.console import Console

import orchestration.project
from ingestion.session import get_session
from ingestion.settings import Settings
from tests.lake import publish_what_is_built_without_tests
from tests.properties.bronze import Loads
from tests.properties.cases import try_cases
from tests.properties.crashes import crashes
from tests.properties.crashes import judge as judge_crashes
from tests.properties.files import judge as judge_file
from tests.properties.lakes import Lakes
from tests.properties.orchard import Orchard
from tests.properties.strategies import plans, swaps

PROJECT = Path(__file__).parent.parent
_TALLY = "tally"


def _loads(folder: Path, tally: Counter[str]) -> Loads:
    return Loads(get_session(Settings.read(root=str(folder / "spark"))), folder, tally)


def try_copies(seed: int, folder: Path, tally: Counter[str]) -> None:
    """Few contents under few names, without dbt."""
    try_cases(seed, swaps(), _loads(folder, tally).judge)


def try_bronze(seed: int, folder: Path, tally: Counter[str]) -> None:
    """Arrivals without dbt."""
    try_cases(seed, plans(), _loads(folder, tally).judge)


def try_arrivals(seed: int, folder: Path, tally: Counter[str]) -> None:
    """Arrivals through the whole pipeline."""
    try_cases(seed, plans(), Lakes(folder, tally).judge)


def try_kills(seed: int, folder: Path, tally: Counter[str]) -> None:
    """Arrivals with a run that is killed. They take long, and where threads are is chance: few."""
    judge = partial(judge_crashes, Lakes(folder, tally))
    try_cases(seed, crashes(), judge, count=5, shrinks=False)


def try_edits(seed: int, folder: Path, tally: Counter[str]) -> None:
    """Edits of a small project, each followed by a build that leaves what it can."""
    place = Path(mkdtemp(prefix="orchard-", dir=folder))
    session = get_session(Settings.read(root=str(place / "spark")))
    orchard = Orchard(session, place, tally, Random(seed))
    orchestration.project.PROJECT_FOLDER = orchard.project
    orchard.live(steps=20)


def try_files(seed: int, folder: Path, tally: Counter[str]) -> None:
    """Damaged files through the reader alone."""
    del folder
    for number in range(2000):
        judge_file(seed * 2000 + number, tally)


KINDS: dict[str, Callable[[int, Path, Counter[str]], None]] = {
    "files": try_files,
    "copies": try_copies,
    "bronze": try_bronze,
    "arrivals": try_arrivals,
    "kills": try_kills,
    "edits": try_edits,
}


def try_in_process(kind: str, seed: int, folder: Path) -> tuple[bool, Counter[str], str]:
    """Try the cases of a kind and a seed in a new process; dbt grows with each run in one.

    Returns:
        Whether all was well, what was tried, and what the process said.
    """
    arguments = ["--kind", kind, "--seed", str(seed), "--folder", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", *arguments],
        cwd=PROJECT,
        env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")},
        capture_output=True,
        text=True,
        check=False,
    )
    tally = folder / _TALLY
    tried = Counter(json.loads(tally.read_text()) if tally.exists() else {})
    tally.unlink(missing_ok=True)
    return done.returncode == 0, tried, done.stdout + done.stderr


def try_one(kind: str, seed: int, folder: Path) -> None:
    """Try the cases of a kind and a seed; the tally is written into the folder."""
    tally: Counter[str] = Counter()
    publish_what_is_built_without_tests()
    try:
        KINDS[kind](seed, folder, tally)
    finally:
        (folder / _TALLY).write_text(json.dumps(tally))


def soak(minutes: float, first_seed: int, console: Console) -> int:
    """Try cases until the time is up; return the number of differences, 0 or 1."""
    folder = Path(mkdtemp(prefix="soak-"))
    started, total = monotonic(), Counter[str]()
    for seed, kind in ((seed, kind) for seed in count(first_seed) for kind in KINDS):
        if monotonic() - started >= minutes * 60:
            break
        is_well, tried, words = try_in_process(kind, seed, folder)
        total += tried
        console.print(f"{monotonic() - started:5.0f} s  {kind} of seed {seed}: {_listed(tried)}")
        if not is_well:
            console.print(words, markup=False, highlight=False, soft_wrap=True)
            console.print(f"A difference. What it left is in {folder}. To see it again:")
            console.print(f"  .venv/bin/python -m tests.soak --kind {kind} --seed {seed}")
            console.print(f"tried {_listed(total)}: 1 difference")
            return 1
    shutil.rmtree(folder)
    console.print(f"tried {_listed(total)}: no difference")
    return 0


def _listed(tally: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(tally.items()))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long to try")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--kind", choices=KINDS, help="only this kind, only this seed, here")
    parser.add_argument("--folder", type=Path, help="where a kind works; a new one by default")
    given = parser.parse_args()
    if given.kind:
        try_one(given.kind, given.seed, given.folder or Path(mkdtemp(prefix="soak-")))
        return 0
    return soak(given.minutes, given.seed, Console(soft_wrap=True))


if __name__ == "__main__":
    sys.exit(main())
