"""One run: lock the root, ingest, build with dbt, record, and say with which exit code it ended."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from ingestion.errors import LakehouseError, root_cause
from ingestion.files import require_folder
from ingestion.ingest import Report, ingest
from ingestion.ledger import Batch
from ingestion.lock import only_run
from ingestion.session import get_session
from ingestion.settings import Settings, available_cores
from orchestration import dbt
from orchestration.dbt import NodeResult, run_dbt
from orchestration.history import record_run
from orchestration.last_build import Build, project_digest, run_that_built
from orchestration.progress import Display, NodeProgress
from orchestration.seeds import check_seeds
from orchestration.versions import TableVersion, current_versions

EXIT_WELL, EXIT_FAILED, EXIT_INCOMPLETE = 0, 1, 2
# Unit tests prove the formulas on made-up rows, whatever the data: they belong to `make test`.
_BUILD = ("build", "--exclude-resource-type", "unit_test")
# The further arguments with which every model is built and tested.
_WHOLE = ((), ("--full-refresh",))
_STATUS = {EXIT_WELL: "well", EXIT_FAILED: "failed", EXIT_INCOMPLETE: "incomplete"}


@dataclass
class RunResult:
    """What a run did, as far as it came.

    Attributes:
        run_id: In `_run_id` of gold, `batch_id` of bronze and the ops tables.
        command: What was asked for, without the places it was asked for.
        report: What ingestion did, None if it was not asked for.
        results: What became of each dbt node, empty if dbt was not asked for.
        unchanged_since: The run whose tables stay because nothing is new, None if dbt was at work.
        builds: The builds of everything whose outcome the tables are at the end of this run.
        built_from: The versions of tables that others may write to meanwhile, from before dbt read
            them; the run records these in the place of those at its end, so that it does not pass
            for built from what it has not seen.
        seconds: Step to the seconds it took.
    """

    run_id: str
    command: str = "run"
    report: Report | None = None
    results: list[NodeResult] = field(default_factory=list)
    unchanged_since: str | None = None
    builds: list[Build] = field(default_factory=list)
    built_from: dict[str, TableVersion] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

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


def run(
    settings: Settings,
    display: Display,
    *,
    with_ingest: bool = True,
    build_arguments: Sequence[str] | None = (),
) -> RunResult:
    """Run the pipeline, or one half of it.

    Args:
        settings: Where and by which limits.
        display: Where progress is shown.
        with_ingest: Load the raw folder first.
        build_arguments: Build then, with these further arguments of `dbt build`; None for no build.
            Without any, a build that could change nothing is left out.

    Raises:
        LakehouseError: What a user can mend stopped the run.
    """
    started_at = datetime.now(UTC)
    result = RunResult(uuid.uuid4().hex, _command(with_ingest, build_arguments))
    if with_ingest:
        require_folder(settings.raw)  # a wrong one is told before Spark has been waited for
    with only_run(settings), engine_failures_explained(settings):
        spark = start_engine(settings, display, result)
        with recorded(settings, result, started_at):
            if with_ingest:
                _ingest(spark, settings, display, result, started_at)
            if build_arguments is not None:
                build_models(settings, display, result, build_arguments)
    return result


def _command(with_ingest: bool, build_arguments: Sequence[str] | None) -> str:
    if build_arguments is None:
        return "ingest"
    return " ".join(["run" if with_ingest else "build", *build_arguments])


@contextmanager
def recorded(
    settings: Settings, result: RunResult, started_at: datetime, cores: int | None = None
) -> Iterator[None]:
    """Add the run to the history when it ends, also when it failed.

    Args:
        settings: Where the lakehouse is.
        result: Of the run.
        started_at: Its start, UTC.
        cores: That worked for it; None for those of this machine.
    """

    def record(status: str) -> None:
        record_run(
            settings, result, started_at, datetime.now(UTC), status, cores or available_cores()
        )

    try:
        yield
    except (LakehouseError, PySparkException, Py4JError):
        with suppress(LakehouseError):  # what has failed first is what there is to mend
            record(_STATUS[EXIT_FAILED])
        raise
    record(result.status)


def start_engine(settings: Settings, display: Display, result: RunResult) -> SparkSession:
    """Start the engine, or take the one that this process has."""
    with display.step("start") as step, timed(result, "start"):
        step(f"the engine, {settings.engine}", 0, 1)
        spark = get_session(settings)
    # Spark's own handler cancels its jobs first; their failure would hide that it was a person.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return spark


def _ingest(
    spark: SparkSession,
    settings: Settings,
    display: Display,
    result: RunResult,
    started_at: datetime,
) -> None:
    with display.step("ingest") as step, timed(result, "ingest"):
        result.report = ingest(spark, settings, Batch(result.run_id, started_at), progress=step)


def build_models(
    settings: Settings,
    display: Display,
    result: RunResult,
    arguments: Sequence[str],
    target: str | None = None,
) -> None:
    """Build and test with these further arguments; without any only if there is something new.

    Args:
        settings: Where the lakehouse is.
        display: Where progress is shown.
        result: Gets what dbt did.
        arguments: Of `dbt build`.
        target: Of dbt's profile; None for the one of the embedded engine.
    """
    with display.step("build") as step, timed(result, "build"):
        project = project_digest(settings)
        if not arguments:
            versions = current_versions(settings)
            result.unchanged_since = run_that_built(settings, project, versions)
        if result.unchanged_since is None:
            check_seeds(dbt.PROJECT_FOLDER)
            step("reading the models", 0, 0)
            progress = NodeProgress(step)
            command = [*_BUILD, *arguments]
            result.results = run_dbt(settings, result.run_id, command, progress, target)
            if tuple(arguments) in _WHOLE and not any(node.is_bad for node in result.results):
                result.builds = [Build(project, result.run_id, datetime.now(UTC))]


@contextmanager
def timed(result: RunResult, step: str) -> Iterator[None]:
    """Measure a step into the result, also when it fails."""
    started = monotonic()
    try:
        yield
    finally:
        result.seconds[step] = monotonic() - started


@contextmanager
def engine_failures_explained(settings: Settings) -> Iterator[None]:
    """Let a failure inside the engine leave as one sentence; its stack trace is in the log."""
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise LakehouseError(
            f"The engine failed: {root_cause(error)}",
            f"Logs are in {settings.log_folder}. If the disk is full or a file was taken away, mend"
            " that; then run again: what was half done is not visible and will be done anew.",
        ) from error
