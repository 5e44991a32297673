"""Our pipeline in one process, as `lakehouse run` does it, with the seconds of each phase.

Data flow: lakehouse run -> its own seconds + dbt's run_results.json -> phases

dbt runs several nodes side by side, so the seconds of its nodes add up to more than went by. Here
each moment is shared evenly among the nodes that were at work in it; `dbt` is what is left of the
build: reading the project, planning, recording.

    python -m bench.ours --raw DIR --root DIR --engine sail --tests
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from bench.program import Phases, argument_parser
from ingestion.settings import Engine, Settings
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.results import EXIT_FAILED, EXIT_WELL, RunResult


class Span(NamedTuple):
    """The time from the start to the end of one dbt node."""

    phase: str
    start: float
    end: float


def main() -> int:
    """Run the pipeline and print the seconds of each phase."""
    arguments = _arguments()
    settings = Settings.read(
        root=str(arguments.root),
        raw=str(arguments.raw),
        engine=arguments.engine,
        environment={},
    )
    phases = Phases()
    phases.started()
    result = run(
        settings,
        Display(Console(stderr=True), quiet=True),
        with_ingest=arguments.select is None,
        build_arguments=_build_arguments(arguments),
    )
    for name in ("start", "ingest"):
        phases.add(name, result.seconds.get(name, 0.0))
    _add_build(phases, result, settings.log_folder / "dbt" / "target" / "run_results.json")
    phases.print()
    # Incomplete files, as the sample has them on purpose, are no failure of the run.
    return EXIT_FAILED if result.exit_code == EXIT_FAILED else EXIT_WELL


def _arguments() -> Namespace:
    parser = argument_parser("Our pipeline.")
    parser.add_argument("--engine", choices=list(Engine), default=Engine.SAIL)
    parser.add_argument("--tests", action="store_true", help="run the tests as well")
    parser.add_argument("--day", action="store_true", help="a day's run: no full refresh")
    parser.add_argument("--select", help="no ingestion; build this model alone")
    return parser.parse_args()


def _build_arguments(arguments: Namespace) -> list[str]:
    without_tests = [] if arguments.tests else ["--exclude-resource-type", "test"]
    if arguments.select is not None:
        return [*without_tests, "--select", arguments.select]
    return [*without_tests, *([] if arguments.day else ["--full-refresh"])]


def _add_build(phases: Phases, result: RunResult, run_results: Path) -> None:
    layers = {
        node.name: node.table.split(".")[0]
        for node in result.results
        if node.table and node.kind != "test"
    }
    # A build that could change nothing is left out; the file is an older build's then.
    nodes = json.loads(run_results.read_text())["results"] if result.results else []
    shares = shared_seconds([span for node in nodes for span in _spans(node, layers)])
    for phase in ("silver", "gold", "tests"):
        phases.add(phase, shares.get(phase, 0.0))
    phases.add("dbt", result.seconds.get("build", 0.0) - sum(shares.values()))


def _spans(node: dict[str, Any], layers: dict[str, str]) -> list[Span]:
    """The span of one node of run_results.json; none if it was skipped or is an exposure."""
    kind, _, name = node["unique_id"].split(".")[:3]
    moments = [
        datetime.fromisoformat(step[end]).timestamp()
        for step in node["timing"]
        for end in ("started_at", "completed_at")
    ]
    phase = "tests" if kind == "test" else layers.get(name)
    return [Span(phase, min(moments), max(moments))] if phase and moments else []


def shared_seconds(spans: Sequence[Span]) -> dict[str, float]:
    """Seconds of each phase, where every moment is shared evenly among the spans that cover it."""
    seconds: dict[str, float] = {}
    moments = sorted({moment for span in spans for moment in (span.start, span.end)})
    for start, end in pairwise(moments):
        at_work = [span for span in spans if span.start <= start and span.end >= end]
        for span in at_work:
            seconds[span.phase] = seconds.get(span.phase, 0.0) + (end - start) / len(at_work)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
