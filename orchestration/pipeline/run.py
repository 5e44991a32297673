"""One run: lock the root, ingest, build with dbt, record, and say with which exit code it ended."""

from __future__ import annotations

import logging
import signal
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from ingestion.errors import LakehouseError, root_cause
from ingestion.ingest import ingest
from ingestion.ledger import Batch, ledger_rows
from ingestion.raw_checks import require_raw
from ingestion.session import get_session, lost_session
from ingestion.settings import Settings, available_cores
from orchestration.pipeline.build import build_models, timed
from orchestration.pipeline.progress import Display
from orchestration.pipeline.repair import first_lines, repair, repair_tables
from orchestration.state.history import record_run
from orchestration.state.loaded_rows import differences
from orchestration.state.lock import only_run
from orchestration.state.past_runs import read_ops
from orchestration.state.raw_folder import remember_raw
from orchestration.state.results import FAILED_RUN, RunResult

logger = logging.getLogger(__name__)


def run(
    settings: Settings,
    display: Display,
    *,
    with_ingest: bool = True,
    build_arguments: Sequence[str] | None = (),
    gives_up: bool = False,
) -> RunResult:
    """Run the pipeline, or one half of it.

    Args:
        settings: Where and by which limits.
        display: Where progress is shown.
        with_ingest: Load the raw folder first.
        build_arguments: Build then, with these further arguments of `dbt build`; None for no build.
            Without any, a build that could change nothing is left out.
        gives_up: Go on without rows that are lost with a damaged table and can't be loaded again.

    Raises:
        LakehouseError: What a user can fix stopped the run.
    """
    started_at = datetime.now(UTC)
    result = RunResult(uuid.uuid4().hex, _command(with_ingest, build_arguments))
    if with_ingest:
        require_raw(settings.raw, settings.root)  # reported before Spark has been waited for
    with only_run(settings), engine_failures_explained(settings):
        _look_over(settings, result.run_id, with_ingest=with_ingest, gives_up=gives_up)
        spark = start_engine(settings, display, result)
        with recorded(settings, result, started_at):
            if with_ingest:
                _ingest(spark, settings, display, result, started_at)
            if build_arguments is not None:
                build_models(settings, display, result, build_arguments)
    return result


def _look_over(settings: Settings, run_id: str, *, with_ingest: bool, gives_up: bool) -> None:
    """Name what is damaged, and make it good as far as this run can."""
    if not settings.is_local:
        return
    if with_ingest or gives_up:
        lines = repair(settings, run_id, gives_up=gives_up).lines
    else:
        lines = repair_tables(settings, run_id, gives_up=False).lines
        ledger = ledger_rows(read_ops(settings, "ingested_files"))
        lines += first_lines(
            [f"{one}: `lakehouse repair` loads it" for one in differences(settings, ledger)]
        )
    for line in lines:
        logger.warning("damaged  %s", line)


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
        with suppress(LakehouseError):  # what has failed first is what there is to fix
            record(FAILED_RUN)
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
    remember_raw(settings)


@contextmanager
def engine_failures_explained(settings: Settings) -> Iterator[None]:
    """Let a failure inside the engine leave as one sentence; its stack trace is in a log."""
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise lost_session(str(error)) or LakehouseError(
            f"The engine failed: {root_cause(error)}",
            f"{_logged(settings, error)}If the disk is full or a file was taken away, fix"
            " that; then run again: what was half done is not visible and will be done anew.",
        ) from error


def _logged(settings: Settings, error: Exception) -> str:
    """Keep all words of the engine, which writes no log of its own for each; say where they are."""
    log = settings.log_folder / "engine.log"
    with suppress(OSError):  # a full disk may be what failed
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(str(error), encoding="utf-8")
        return f"All that it said is in {log}. "
    return ""
