"""Builds lakehouses on one engine, in a process of its own.

PySpark picks its classes for one kind of session and keeps them, so a test that compares engines
builds each side here. Several raw folders of one root are runs after one another on that root.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from ingestion.settings import Engine, Settings
from orchestration.pipeline.dbt import run_dbt
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.pipeline.whole_build import WholeBuild
from orchestration.state.results import NodeResult

PROJECT = Path(__file__).parent.parent
UNIT_TESTS = ("test", "--select", "test_type:unit")


def build_on(
    engine: Engine, roots: Mapping[Path, Sequence[Path]], *, with_unit_tests: bool = False
) -> list[str]:
    """Build each root from its raw folders; return what went wrong.

    Args:
        engine: To build on.
        roots: Root to the raw folders of its runs.
        with_unit_tests: Run the unit tests of dbt at the end, on the last root.
    """
    work = {str(root): [str(raw) for raw in raws] for root, raws in roots.items()}
    done = subprocess.run(
        [sys.executable, "-m", "tests.build_on", engine, json.dumps(work), str(with_unit_tests)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines() + (done.stderr.splitlines() if done.returncode else [])


def main(engine: str, work: dict[str, list[str]], with_unit_tests: bool) -> list[NodeResult]:
    """Do the work and return the results of all nodes."""
    # What one engine has built the other builds again; so no run leaves anything as it is.
    setattr(WholeBuild, "unchanged", lambda *_: [])  # noqa: B010 (mypy protects classes)
    results: list[NodeResult] = []
    for root, raws in work.items():
        for raw in raws:
            settings = Settings.read(root=root, raw=raw, engine=engine, environment={})
            done = run(settings, Display(Console(), quiet=True))
            results += done.results
    return results + (run_dbt(settings, "unit-tests", UNIT_TESTS) if with_unit_tests else [])


if __name__ == "__main__":
    for node in main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3] == "True"):
        if node.is_bad:
            sys.stdout.write(f"{node.name}: {node.message}\n")
