"""Runs arrival plans through the real pipeline, and judges what is there in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from ingestion.settings import Settings
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.results import EXIT_FAILED, EXIT_INCOMPLETE
from tests.compare import assert_equals_oracle, assert_rows_add_up, assert_same_values, values_of
from tests.crashes.commands import DIED, Point, run_command
from tests.lake import WITHOUT_TESTS
from tests.properties.plans import Plan, State, write_state


@dataclass
class Lakes:
    """Lakehouses of one case each, below a folder of their own.

    Attributes:
        folder: Where they are.
        tally: How many plans, runs and so on were tried, for people.
    """

    folder: Path
    tally: Counter[str]

    def settings(self, root: Path) -> Settings:
        """Settings of a root, whatever the environment says."""
        return Settings.read(root=str(root), raw=str(root / "raw"), environment={})

    def run(self, root: Path, state: State, arguments: Sequence[str] = WITHOUT_TESTS) -> None:
        """Run the pipeline on this state of the raw folder, with these arguments of `dbt build`.

        Raises:
            AssertionError: A model or a test failed.
        """
        settings = self.settings(root)
        write_state(root / "raw", state)
        result = run(settings, Display(Console(), quiet=True), build_arguments=arguments)
        failed = [f"{node.name}: {node.message}" for node in result.results if node.is_bad]
        assert result.exit_code != EXIT_FAILED, failed
        self.tally["runs"] += 1

    def kill(self, root: Path, state: State, point: Point, *, with_tests: bool = False) -> None:
        """Run in another process, which dies at a point if it comes so far.

        Raises:
            AssertionError: It ended by itself, and badly.
        """
        write_state(root / "raw", state)
        ending = run_command(root, "run", point=point, with_tests=with_tests)
        assert ending.code in (DIED, 0, EXIT_INCOMPLETE), ending.words
        self.tally["kills"] += ending.code == DIED

    def judge(self, plan: Plan) -> None:
        """Run the whole plan on a new root and judge its end.

        Raises:
            AssertionError: Something in the end is not as it should be.
        """
        with TemporaryDirectory(dir=self.folder) as folder:
            for state in plan.states:
                self.run(Path(folder), state)
            self.judge_end(Path(folder), plan)
        self.tally["plans"] += 1

    def judge_end(self, root: Path, plan: Plan) -> None:
        """Compare a root on which all runs of the plan are done with what must be there.

        Raises:
            AssertionError: It is not there, or a full refresh gives other values.
        """
        settings = self.settings(root)
        write_state(root / "effective", plan.effective())
        assert_equals_oracle(settings, root / "effective")
        assert_rows_add_up(settings)
        before = values_of(settings)
        self.run(root, plan.states[-1], ("--full-refresh", *WITHOUT_TESTS))
        assert_same_values(before, values_of(settings))
        self.tally["full refreshes"] += 1
