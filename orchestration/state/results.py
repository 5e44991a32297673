"""What a run did, as plain values: its nodes, its builds, its exit code."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from orchestration.state.versions import TableVersion

if TYPE_CHECKING:
    from ingestion.ingest import Report

# Name of a raw table, or `departments`, to its days, sorted.
AffectedDays = dict[str, list[date]]

EXIT_WELL, EXIT_FAILED, EXIT_INCOMPLETE = 0, 1, 2
_STATUS = {EXIT_WELL: "well", EXIT_FAILED: "failed", EXIT_INCOMPLETE: "incomplete"}
FAILED_RUN = _STATUS[EXIT_FAILED]
# What dbt calls the outcome of a test; what was skipped has none.
PASSED, WARNED, FAILED = ("pass",), ("warn",), ("fail", "error", "runtime error")
# Ours: not run again, as it has passed on the same tables.
UNCHANGED = "unchanged"
_OUTCOMES = (PASSED, WARNED, FAILED)


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node.

    Attributes:
        name: Name of the model, seed or test.
        kind: `model`, `seed`, `snapshot`, `test` or `unit_test`.
        table: `<layer>.<table>` it builds or tests, None for a test of several.
        status: dbt's word: success, pass, warn, fail, error or skipped.
        failures: Failing rows of a test.
        seconds: Time it took.
        message: dbt's or the engine's message, without the engine's plan and stack trace.
        file: Path of its source below the project.
    """

    name: str
    kind: str
    table: str | None
    status: str
    failures: int
    seconds: float
    message: str
    file: str

    @property
    def is_bad(self) -> bool:
        """It makes the run a failed one."""
        return self.status in FAILED

    @property
    def is_test(self) -> bool:
        """It builds nothing."""
        return self.kind in ("test", "unit_test")


@dataclass(frozen=True)
class NodeInputs:
    """What a table was built from by a build of everything, or what a test passed on.

    Attributes:
        node: dbt's unique id, such as `model.ecommerce_lakehouse.orders`.
        kind: As of a `NodeResult`.
        table: `<layer>.<table>` it builds or tests, None for a test of several.
        files: Its source below the project, and those of the ephemeral models that it reads.
        fingerprint: Of all that decides it beside the tables that it reads.
        reads: `<layer>.<table>` of these tables, sorted.
    """

    node: str
    kind: str
    table: str | None
    files: tuple[str, ...]
    fingerprint: str
    reads: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the model, seed or test."""
        return self.node.split(".")[2]

    @property
    def is_test(self) -> bool:
        """It builds nothing."""
        return self.kind == "test"


@dataclass(frozen=True)
class Tests:
    """How many tests had which outcome."""

    passed: int
    warned: int
    failed: int

    @classmethod
    def among(cls, results: Iterable[NodeResult]) -> Tests:
        """Count the tests of some results."""
        states = [result.status for result in results if result.is_test]
        return cls(*(sum(state in outcome for state in states) for outcome in _OUTCOMES))


@dataclass(frozen=True)
class Totals:
    """What a run did, in counts: columns of `ops.runs`, in their order."""

    files_loaded: int
    files_quarantined: int
    files_missing: int
    records_read: int
    records_loaded: int
    records_rejected: int
    models_built: int
    tests_passed: int
    tests_warned: int
    tests_failed: int


@dataclass(frozen=True)
class Build:
    """A build of every model.

    Attributes:
        project: What it was made by, a `project_digest`; None unless everything was built, and
            every test passed.
        run_id: The run that did it.
        built_at: End of the build, UTC.
        silver_fingerprint: Of the SQL that silver was built by; None in records of older versions.
        limits: The limits of that SQL, as JSON.
    """

    project: str | None
    run_id: str
    built_at: datetime
    silver_fingerprint: str | None = None
    limits: str | None = None


@dataclass
class RunResult:
    """What a run did, as far as it came.

    Attributes:
        run_id: In `_run_id` of gold, `batch_id` of bronze and the ops tables.
        command: What was asked for, without the places it was asked for.
        report: What ingestion did, None if it was not asked for.
        results: What became of each dbt node, empty if dbt was not asked for.
        unchanged_since: The run whose tables stay because nothing is new, None if dbt was at work.
        unchanged: Tables that were not built and tests that were not run, as all they depend on is
            what it was when they were.
        inputs: Of a build of everything, what each table and each passed test depends on.
        builds: The builds of everything whose outcome the tables are at the end of this run.
        affected_days: Raw table to the days of silver that the build replaced; None for all days.
        built_from: The versions of tables that others may write to meanwhile, from before dbt read
            them; the run records these in the place of those at its end, so that it does not pass
            for built from what it has not seen.
        workspace: Where silver and gold of this run are if they were not published.
        untested: Tests that what was built reaches and that were left out.
        published: The tables that were moved by publishing.
        seconds: Step to the seconds it took.
    """

    run_id: str
    command: str = "run"
    report: Report | None = None
    results: list[NodeResult] = field(default_factory=list)
    unchanged_since: str | None = None
    unchanged: list[NodeInputs] = field(default_factory=list)
    inputs: list[NodeInputs] = field(default_factory=list)
    builds: list[Build] = field(default_factory=list)
    affected_days: AffectedDays | None = None
    built_from: dict[str, TableVersion] = field(default_factory=dict)
    workspace: str | None = None
    untested: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def totals(self) -> Totals:
        """The counts; zeros for a half that was not asked for."""
        report = self.report
        rows = report.rows if report else []
        tests = Tests.among(self.results)
        return Totals(
            files_loaded=len(report.loaded) if report else 0,
            files_quarantined=len(report.quarantined) if report else 0,
            files_missing=len(report.missing) if report else 0,
            records_read=sum(row.records_read for row in rows),
            records_loaded=sum(row.records_loaded for row in rows),
            records_rejected=sum(row.records_rejected for row in rows),
            models_built=sum(
                node.kind == "model" and node.status == "success" for node in self.results
            ),
            tests_passed=tests.passed,
            tests_warned=tests.warned,
            tests_failed=tests.failed,
        )

    @property
    def status(self) -> str:
        """`well`, `incomplete` or `failed`."""
        return _STATUS[self.exit_code]

    @property
    def exit_code(self) -> int:
        """0 all well; 2 finished, but something is quarantined or missing; 1 a node failed."""
        if any(result.is_bad for result in self.results):
            return EXIT_FAILED
        if self.report is not None and not self.report.is_complete:
            return EXIT_INCOMPLETE
        return EXIT_WELL


def days_to_json(days: AffectedDays) -> str:
    """Days as `{"orders": ["2025-04-01"]}`."""
    return json.dumps({name: [str(day) for day in found] for name, found in days.items()})
