"""Medians over rounds, and ratios inside a round: what is reported of repeated runs.

A ratio is taken between two runs of the same round, which ran one after the other on the same
machine in the same mood; the median of these is steadier than the ratio of two medians.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from bench.measure import Measurement

Value = Callable[[Measurement], float]


def seconds(run: Measurement) -> float:
    """The usual value: seconds from start to end."""
    return run.seconds


def runs_of(runs: Sequence[Measurement], program: str) -> list[Measurement]:
    """The runs of a program that ended well."""
    return [run for run in runs if run.program == program and run.exit_code == 0]


def median_of(runs: Sequence[Measurement], program: str, value: Value = seconds) -> float | None:
    """Median of a value over the rounds; None if the program never ended well."""
    values = [value(run) for run in runs_of(runs, program)]
    return median(values) if values else None


def ratio_of(
    runs: Sequence[Measurement], program: str, other: str, value: Value = seconds
) -> float | None:
    """Median over the rounds of program / other; None if there is no round with both."""
    others = {run.round: value(run) for run in runs_of(runs, other)}
    ratios = [
        value(run) / others[run.round] for run in runs_of(runs, program) if others.get(run.round)
    ]
    return median(ratios) if ratios else None


def phases_of(runs: Sequence[Measurement], program: str) -> dict[str, float]:
    """Median seconds of each phase; `end` is what passed after the program's last word."""
    mine = runs_of(runs, program)
    names = dict.fromkeys(name for run in mine for name in run.phases)
    phases = {name: median(run.phases.get(name, 0.0) for run in mine) for name in names}
    if phases:
        phases["end"] = median(run.seconds - sum(run.phases.values()) for run in mine)
    return phases
