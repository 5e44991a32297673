"""Random crashes: one run of a plan is killed, maybe several times, and then run to its end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import strategies as st

from tests.lake import WITHOUT_TESTS
from tests.properties.killed import Point
from tests.properties.lakes import Lakes
from tests.properties.plans import Plan
from tests.properties.strategies import among, plans

# Statements that write in one run; a point beyond the last one kills nobody.
STATEMENTS = 45


@dataclass(frozen=True)
class Crashes:
    """A plan of which one run is killed at several points in turn.

    Attributes:
        plan: The arrivals.
        run: Which run, counted from 0.
        points: Where it dies, then where the next try dies.
        arguments: Of `dbt build`, for that run.
    """

    plan: Plan
    run: int
    points: tuple[Point, ...]
    arguments: tuple[str, ...] = WITHOUT_TESTS

    def __str__(self) -> str:
        killed = ", then ".join(map(str, self.points))
        return f"{self.plan}\n== run {self.run + 1} {self.arguments} is killed {killed}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"\n{self}")


@st.composite
def crashes(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Crashes:
    """A plan and the places where one of its runs dies."""
    plan = draw(plans(most_runs=3))
    moments = st.sampled_from(["within", "after", "before"])
    point = st.builds(Point, moments, st.just("*"), among(STATEMENTS))
    points = draw(st.lists(point, min_size=1, max_size=2))
    arguments = draw(st.sampled_from([WITHOUT_TESTS, WITHOUT_TESTS, ()]))
    return Crashes(plan, draw(among(len(plan.states) - 1, 0)), tuple(points), arguments)


def judge(lakes: Lakes, case: Crashes) -> None:
    """Run a plan with its crashes on a new root and judge its end; the root stays if it is bad.

    Raises:
        AssertionError: Something in the end is not as it should be.
    """
    root = Path(mkdtemp(dir=lakes.folder, prefix="killed-"))
    for number, state in enumerate(case.plan.states):
        is_killed = number == case.run
        for point in case.points if is_killed else ():
            lakes.kill(root, state, point, case.arguments)
        lakes.run(root, state, case.arguments if is_killed else WITHOUT_TESTS)
    lakes.judge_end(root, case.plan)
    lakes.tally["plans with kills"] += 1
    shutil.rmtree(root)
