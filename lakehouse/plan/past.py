"""How long the last runs with the same kind of work have taken.

Data flow: ops.runs + ops.run_steps -> the newest runs that loaded and built as this one would
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ingestion.settings import Settings
from orchestration.state.past_runs import read_ops
from orchestration.state.results import FAILED_RUN

_NEWEST = 3
_COMMAND = "run"


@dataclass(frozen=True)
class TimedRun:
    """A run that came to a good end.

    Attributes:
        run_id: The run.
        files_loaded: Raw files.
        records_loaded: Their records.
        models_built: Models.
        steps: Step to its seconds.
        seconds: Of all steps.
        tests: How many it has run.
    """

    run_id: str
    files_loaded: int
    records_loaded: int
    models_built: int
    steps: Mapping[str, float]
    seconds: float
    tests: int


def runs_alike(settings: Settings, *, loads: bool, builds: bool) -> list[TimedRun]:
    """The newest runs that loaded something, or nothing, and built something, or nothing.

    Args:
        settings: The root.
        loads: The planned run loads files.
        builds: The planned run builds tables.
    """
    steps: dict[str, dict[str, float]] = defaultdict(dict)
    for row in read_ops(settings, "run_steps"):
        steps[row["run_id"]][row["step"]] = row["seconds"]
    rows = [
        row
        for row in read_ops(settings, "runs")
        if str(row["command"]).split()[:1] == [_COMMAND] and row["status"] != FAILED_RUN
        if (row["files_loaded"] > 0) == loads and (row["models_built"] > 0) == builds
    ]
    rows.sort(key=lambda row: row["run_number"], reverse=True)
    return [_timed(row, steps[row["run_id"]]) for row in rows[:_NEWEST]]


def _timed(row: Mapping[str, Any], steps: Mapping[str, float]) -> TimedRun:
    tests = sum(row[f"tests_{outcome}"] for outcome in ("passed", "warned", "failed"))
    return TimedRun(
        *(row["run_id"], row["files_loaded"], row["records_loaded"], row["models_built"]),
        *(steps, sum(steps.values()), tests),
    )


def expected_seconds(runs: Sequence[TimedRun]) -> float | None:
    """The median; None without a run."""
    return median(run.seconds for run in runs) if runs else None
