"""Random crashes: one run of a plan is killed, maybe several times, and then run to its end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import strategies as st

from tests.crashes.commands import Point
from tests.lake import WITHOUT_TESTS
from tests.properties.lakes import Lakes
from tests.properties.plans import Plan
from tests.properties.strategies import among, plans

# About as many as a run makes; a point beyond the last one kills nobody.
WRITES = 300


@dataclass(frozen=True)
class Crashes:
    """A plan of which one run is killed at several points in turn.

    Attributes:
        plan: The arrivals.
        run: Which run, counted from 0.
        points: Where it dies, then where the next try dies.
        with_tests: What that run builds is tested.
    """

    plan: Plan
    run: int
    points: tuple[Point, ...]
    with_tests: bool = False

    def __str__(self) -> str:
        killed, tests = ", then ".join(map(str, self.points)), "out" * (not self.with_tests)
        return f"{self.plan}\n== run {self.run + 1} with{tests} tests: {killed}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"\n{self}")


@st.composite
def crashes(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Crashes:
    """A plan and the places where one of its runs dies."""
    plan = draw(plans(most_runs=3))
    point = st.builds(Point, among(WRITES), st.sampled_from(["crash", "torn"]))
    points = draw(st.lists(point, min_size=1, max_size=2))
    with_tests = draw(st.sampled_from([False, False, True]))
    return Crashes(plan, draw(among(len(plan.states) - 1, 0)), tuple(points), with_tests)


def judge(lakes: Lakes, case: Crashes) -> None:
    """Run a plan with its crashes on a new root and judge its end; the root stays if it is bad.

    Raises:
        AssertionError: Something in the end is not as it should be.
    """
    root = Path(mkdtemp(dir=lakes.folder, prefix="killed-"))
    for number, state in enumerate(case.plan.states):
        is_killed = number == case.run
        for point in case.points if is_killed else ():
            lakes.kill(root, state, point, with_tests=case.with_tests)
        lakes.run(root, state, () if is_killed and case.with_tests else WITHOUT_TESTS)
    lakes.judge_end(root, case.plan)
    lakes.tally["plans with kills"] += 1
    shutil.rmtree(root)
