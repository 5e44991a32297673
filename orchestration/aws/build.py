"""Build silver and gold of an environment by dbt on Glue: what CodeBuild runs, and a person can.

    python -m orchestration.aws.build --target dev

Data flow: workspace -> its tables in the Glue catalog -> dbt build -> check of what was written ->
publication -> ops history -> published tables in the Glue catalog -> artifacts

One build is at work at a time: the execution of the pipeline holds the lock, and CodeBuild refuses
a second build. So the next one finishes a publication that was cut off.

The root is `LAKEHOUSE_ROOT`; the role of the session `LAKEHOUSE_GLUE_ROLE_ARN`; what else is not
known here goes to `dbt build`. Exit codes: 0 all well; 2 built, but something is quarantined or
missing; 1 failed.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from ingestion.errors import LakehouseError
from ingestion.settings import Engine, Settings
from orchestration.aws.artifacts import clear_artifacts, publish, publish_docs, summary_of
from orchestration.aws.catalog import described_tables, sync
from orchestration.aws.environment import ENVIRONMENTS, database_prefix
from orchestration.aws.execution import files_to_mark, read_ledger, report_of
from orchestration.aws.glue_session import GlueSession
from orchestration.aws.time_limit import Stopped, stopped_in_time
from orchestration.aws.verify_writes import checked, expected_of
from orchestration.pipeline.build import build_models
from orchestration.pipeline.dbt import invoke_dbt
from orchestration.pipeline.progress import LoggedDisplay
from orchestration.pipeline.run import recorded
from orchestration.pipeline.summary import print_summary
from orchestration.project.digest import project_digest
from orchestration.state.past_runs import read_ops
from orchestration.state.publications import finish_publication
from orchestration.state.results import EXIT_FAILED, NodeResult, RunResult
from orchestration.state.versions import current_versions
from orchestration.state.workspaces import name_of_run

MINUTES = 110
# With all of bronze what ingestion jobs write, also while a build is at work.
_OF_INGESTION = ("ops.ingested_files", "ops.rejected_records", "ops.missing_files")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One build.

    Attributes:
        settings: Where the lakehouse is.
        target: Of dbt's profile; of the embedded engine where a root is tried out without AWS.
        execution: Name of the execution of the pipeline, the batch of its ingestion.
        run_id: Name of this build; an execution that is redriven has several.
        arguments: For `dbt build`.
    """

    settings: Settings
    target: str
    execution: str
    run_id: str
    arguments: Sequence[str] = ()

    @property
    def is_on_glue(self) -> bool:
        """A Glue session runs the SQL."""
        return self.target in ENVIRONMENTS


def build(job: Job) -> int:
    """Build, check, record, and leave the artifacts; return the exit code.

    Raises:
        LakehouseError: The artifacts can't be written.
    """
    clear_artifacts(job.settings)
    result = RunResult(job.run_id, " ".join(["build", *job.arguments]))
    failure = None
    try:
        with session_ended(job) as cores:
            _build(job, result, cores)
        summary = _summary(job, result)
    except LakehouseError as error:
        failure = f"{error.problem} {error.next_step}"
    except Stopped as stopped:
        failure = str(stopped)
    if failure:
        logger.error(failure)
        summary = summary_of(job.settings, job.execution, result, [], failure)
    else:
        print_summary(Console(width=160), job.settings, result)
    publish(job.settings, job.execution, summary)
    exit_code = EXIT_FAILED if failure else result.exit_code
    if exit_code != EXIT_FAILED:
        publish_docs(job.settings, project_digest(job.settings))
    return exit_code


def _summary(job: Job, result: RunResult) -> dict[str, Any]:
    """Of a build that came to its end."""
    ledger = read_ledger(job.settings)
    to_mark = files_to_mark(ledger, read_ops(job.settings, "runs"), job.execution)
    return summary_of(job.settings, job.execution, result, to_mark, failure=None)


@contextmanager
def session_ended(job: Job) -> Iterator[int | None]:
    """Give the cores of the Glue session and stop it at the end, however that comes."""
    if not job.is_on_glue:
        yield None
        return
    session = GlueSession(job.target)
    try:
        yield session.cores
    finally:
        session.stop()


def _build(job: Job, result: RunResult, cores: int | None) -> None:
    settings = job.settings
    started_at = datetime.now(UTC)
    finish_publication(settings)
    with recorded(settings, result, started_at, cores):
        result.report = report_of(settings, job.execution, read_ledger(settings))
        before = current_versions(settings)
        result.built_from = {
            name: version
            for name, version in before.items()
            if name.startswith("bronze.") or name in _OF_INGESTION
        }
        # As the build is going to: with the workspace in the names of databases.
        built = replace(settings, workspace=name_of_run(job.run_id))
        manifest = invoke_dbt(built, job.run_id, ["parse"], target=job.target)
        expected = expected_of(manifest)

        def verify(written: Settings, result: RunResult) -> list[NodeResult]:
            return checked(written, result.results, expected, before, result.affected_days)

        def register(places: Settings) -> None:
            if job.is_on_glue:
                sync(places, described_tables(manifest, settings.database_prefix))

        arguments = list(job.arguments)
        build_models(settings, LoggedDisplay(), result, arguments, job.target, register, verify)
    register(settings)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one build and return its exit code."""
    logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stdout)
    for package in ("ingestion", "orchestration"):
        logging.getLogger(package).setLevel(logging.INFO)
    arguments, of_dbt = _parse(argv)
    number = os.environ.get("CODEBUILD_BUILD_NUMBER") or uuid.uuid4().hex[:8]
    run_id = f"{arguments.execution}-{number}"
    try:
        settings = _settings(arguments.root, arguments.target)
        job = Job(settings, arguments.target, arguments.execution, run_id, of_dbt)
        at_stop = GlueSession(job.target).stop if job.is_on_glue else lambda: None
        with stopped_in_time(arguments.minutes * 60, at_stop):
            return build(job)
    except (LakehouseError, Stopped) as error:
        logger.error(str(error))
        return EXIT_FAILED


def _settings(root: str | None, target: str) -> Settings:
    """Where the lakehouse of a target is; dbt reads it from the environment.

    Raises:
        LakehouseError: The root of an environment on AWS is a folder.
    """
    engine = Engine.SAIL if target == "sail" else Engine.SPARK  # Glue is a Spark
    settings = Settings.read(root=root, engine=engine)
    if target not in ENVIRONMENTS:
        return settings
    if settings.is_local:
        raise LakehouseError(
            f"The root {settings.root} is a folder, and {target} is an environment on AWS.",
            "Name its bucket with --root or LAKEHOUSE_ROOT, such as s3://ecommerce-lakehouse-dev-1.",
        )
    prefix = database_prefix(target)
    os.environ["LAKEHOUSE_DATABASE_PREFIX"] = prefix
    return replace(settings, database_prefix=prefix)


def _parse(argv: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.aws.build",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--target",
        choices=[*ENVIRONMENTS, "sail", "local"],
        default=os.environ.get("DBT_TARGET"),
        required="DBT_TARGET" not in os.environ,
        help="environment (default: DBT_TARGET); sail or local try it on a folder, without AWS",
    )
    parser.add_argument("--root", help="s3:// prefix of the lakehouse (default: LAKEHOUSE_ROOT)")
    parser.add_argument(
        "--execution",
        default=os.environ.get("LAKEHOUSE_EXECUTION", "by-hand"),
        help="name of the execution of the pipeline (default: LAKEHOUSE_EXECUTION)",
    )
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help="limit (default: %(default)s)"
    )
    return parser.parse_known_args(argv)


if __name__ == "__main__":
    sys.exit(main())
