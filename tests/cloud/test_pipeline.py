"""The whole line in the stand-in cloud: deployed and fed as people would do it, and broken.

One story, told by fixtures that build on each other: the sample arrives; then a broken file and a
correction, while a job fails for good; after a redrive a job fails twice and the build is killed;
after another the catalog throttles. At both ends the tables hold what a local run on the same files
holds.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ingestion.settings import Settings
from ingestion.tables import TABLES
from lakehouse.query.engine import ask
from lakehouse.query.output import rows_of
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.delta_reader import connect
from tests.cloud.cloud import PROJECT_FOLDER, Cloud
from tests.cloud.deployment import Deployment
from tests.cloud.mailbox import received, subscribe
from tests.compare import assert_records_add_up, assert_same_values, values_of
from tests.projects import copy_project

ANALYSES = PROJECT_FOLDER / "analyses"
LOG = PROJECT_FOLDER / "target" / "pipeline.log"
HAPPY_PATH = [
    *(
        "Lock",
        "Run",
        "Ingest",
        *["IngestTable"] * len(TABLES),
        "Build",
        "PublishMetrics",
        "MarkLoaded",
        "NotifySuccess",
    ),
    *("Release", "Done"),
]
CORRECTED, BROKEN = "orders/2025-04-05.csv", "orders/2025-04-13.csv.gz"


@dataclass(frozen=True)
class Part:
    """A part of the story: what an execution was like at its end, and what it left.

    Attributes:
        execution: As Step Functions describes it.
        states: Entered, in order.
        messages: That the topic sent since the part before.
    """

    execution: dict[str, Any]
    states: list[str]
    messages: list[str]

    @property
    def status(self) -> str:
        return str(self.execution["status"])


@pytest.fixture(scope="module")
def shop(cloud: Cloud) -> Iterator[Deployment]:
    """The environment dev, with a mailbox at its topic.

    Its executions and their states are left in target/pipeline.log.
    """
    deployment = Deployment(cloud)
    deployment.deploy()
    subscribe(cloud, deployment.topic)
    yield deployment
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text(deployment.log())


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The raw files so far, for the local run that the cloud is compared with."""
    return Path(shutil.copytree(PROJECT_FOLDER / "sample", tmp_path_factory.mktemp("raw") / "raw"))


@pytest.fixture(scope="module")
def local(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("local")
    settings = Settings.read(root=str(root), raw=str(raw), environment={})
    run(settings, Display(Console(), quiet=True))
    return settings


def told(shop: Deployment, execution: dict[str, Any]) -> Part:
    messages = [mail.message for mail in received(shop.cloud)]
    return Part(execution, shop.states(execution["executionArn"]), messages)


@pytest.fixture(scope="module")
def refused(shop: Deployment, raw: Path) -> Part:
    """Somebody starts a second execution while the one that the arrivals started is at work."""
    shop.upload(raw)
    shop.until(lambda: shop.executions() and "Run" in shop.states(_first_arn(shop)))
    return told(shop, shop.end_of(shop.start("impatient")))


@pytest.fixture(scope="module")
def first(shop: Deployment, refused: Part) -> Part:
    """What the arrivals of the sample started."""
    return told(shop, shop.end_of(_first_arn(shop)))


def _first_arn(shop: Deployment) -> str:
    return str(shop.executions()[0]["executionArn"])


@pytest.fixture(scope="module")
def first_tables(
    shop: Deployment, first: Part, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    return shop.download(tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def stopped(shop: Deployment, first_tables: Settings, raw: Path) -> Part:
    """A file that is broken and one that is corrected arrive; a table's job always fails."""
    header, *lines = (raw / CORRECTED).read_text().splitlines(keepends=True)
    (raw / CORRECTED).write_text(header + "".join(lines[2:]))
    (raw / BROKEN).write_bytes((raw / "orders/2025-04-10.csv.gz").read_bytes()[:-9])
    message = "AccessDenied: no right to read raw/."
    shop.cloud.fail_next_runs(shop.environment.resource("ingest"), 3, message, "order_items")
    before = len(shop.executions())
    shop.upload(raw, [CORRECTED, BROKEN])
    shop.until(lambda: len(shop.executions()) > before)
    return told(shop, shop.end_of(shop.executions()[-1]["executionArn"]))


@pytest.fixture(scope="module")
def killed(shop: Deployment, stopped: Part) -> Part:
    """The execution is redriven. A job fails twice, then works; the build is killed half way."""
    shop.cloud.fail_next_runs(shop.environment.resource("ingest"), 2, "No space left.", "orders")
    builds = set(shop.cloud.folder.glob("builds/*"))
    arn = stopped.execution["executionArn"]
    shop.cloud.client("stepfunctions").redrive_execution(executionArn=arn)
    log = shop.until(lambda: _log_of_new_build(shop, builds))
    assert log
    os.killpg(int((log.parent / "pid").read_text()), signal.SIGKILL)
    return told(shop, shop.end_of(arn))


def _log_of_new_build(shop: Deployment, known: set[Path]) -> Path | None:
    for folder in set(shop.cloud.folder.glob("builds/*")) - known:
        log = folder / "output.log"
        if log.exists() and re.search("build: [2-9][0-9] of", log.read_text()):
            return log
    return None


@pytest.fixture(scope="module")
def rebuilt(shop: Deployment, killed: Part) -> Part:
    """The execution is redriven once more, while the catalog throttles."""
    for operation in ("GetTable", "GetTables", "UpdateTable"):
        shop.cloud.throttle("glue", operation, 2)
    return told(shop, shop.redrive(killed.execution["executionArn"]))


@pytest.fixture(scope="module")
def last_tables(
    shop: Deployment, rebuilt: Part, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    return shop.download(tmp_path_factory.mktemp("last"))


def test_arrivals_start_one_execution_named_for_them(shop: Deployment, first: Part) -> None:
    names = [one["name"] for one in shop.executions()]
    started = [name for name in names if name.startswith("arrivals-")]
    assert first.execution["name"] == started[0]
    assert json.loads(first.execution["input"])["trigger"] == "arrivals"


def test_a_second_execution_is_refused_while_one_runs(refused: Part) -> None:
    assert refused.status == "FAILED"
    assert refused.execution["error"] == "AnotherExecutionRuns"
    assert "Nothing was done" in refused.execution["cause"]
    assert refused.states[-1] == "Refused"


def test_the_execution_goes_through_its_states_in_order(first: Part) -> None:
    assert first.status == "SUCCEEDED", first
    assert first.states == HAPPY_PATH


def runs_for(shop: Deployment, table: str) -> list[dict[str, Any]]:
    """Runs of the job for a table, the oldest first."""
    job = shop.environment.resource("ingest")
    runs = shop.cloud.client("glue").get_job_runs(JobName=job)["JobRuns"]
    chosen = [one for one in runs if one["Arguments"]["--tables"] == table]
    return sorted(chosen, key=lambda one: one["StartedOn"])


def test_the_tables_are_ingested_at_the_same_time(shop: Deployment, first: Part) -> None:
    spans = []
    for table in TABLES:
        of_first = runs_for(shop, table)[0]
        assert of_first["JobRunState"] == "SUCCEEDED"
        spans.append((of_first["StartedOn"], of_first["CompletedOn"]))
    assert max(start for start, _ in spans) < min(end for _, end in spans)


def test_every_value_of_silver_and_gold_is_that_of_a_local_run(
    first_tables: Settings, local: Settings
) -> None:
    expected = values_of(local)
    assert len(expected["gold.daily_sales"]) > 0
    assert_same_values(expected, values_of(first_tables))


@pytest.mark.parametrize(
    "query",
    [
        "select source_file, table_name, status, records_read, records_loaded, records_rejected"
        " from ops.ingested_files order by all",
        "select table_name, source_file, record_number, raw_text, reasons"
        " from ops.rejected_records order by all",
        "select * from ops.missing_files order by all",
    ],
)
def test_jobs_that_ran_side_by_side_recorded_what_one_run_records(
    first_tables: Settings, local: Settings, query: str
) -> None:
    expected = connect(local).execute(query).fetchall()
    assert expected
    assert connect(first_tables).execute(query).fetchall() == expected
    assert_records_add_up(first_tables)


def test_there_is_a_saved_query_for_each_analysis(shop: Deployment) -> None:
    names = {path.stem for path in ANALYSES.glob("*.sql")}
    assert set(shop.saved_queries()) == names


@pytest.mark.parametrize("name", sorted(path.stem for path in ANALYSES.glob("*.sql")))
def test_athena_answers_every_saved_query_as_a_local_query_does(
    shop: Deployment, first_tables: Settings, local: Settings, name: str
) -> None:
    sql = (ANALYSES / f"{name}.sql").read_text()
    expected = list(rows_of(ask(local, sql)))
    _, *answered = shop.answers(shop.saved_queries()[name])
    assert [_read(row, like) for row, like in zip(answered, expected, strict=True)] == expected


def _read(row: tuple[str | None, ...], like: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_value(text, value) for text, value in zip(row, like, strict=True))


def _value(text: str | None, like: Any) -> Any:
    """A text of Athena's as the type of the value that it should be."""
    if text is None or like is None:
        return text
    if isinstance(like, bool):
        return text == "true"
    if isinstance(like, float):
        return like if math.isclose(float(text), like, rel_tol=1e-12) else float(text)
    if isinstance(like, dt.datetime):
        return text
    if isinstance(like, dt.date):
        return dt.date.fromisoformat(text)
    return type(like)(text) if isinstance(like, int | Decimal | str) else text


def test_the_catalog_has_every_column_with_type_and_description(
    shop: Deployment, first: Part
) -> None:
    glue = shop.cloud.client("glue")
    table = glue.get_table(DatabaseName="dev_gold", Name="daily_sales")["Table"]
    columns = {column["Name"]: column for column in table["StorageDescriptor"]["Columns"]}
    assert columns["order_date"]["Type"] == "date"
    assert columns["total_sales"]["Type"] == "decimal(18,2)"
    assert all(column["Comment"] for column in columns.values())
    assert table["Parameters"]["table_type"].upper() == "DELTA"


def test_metrics_say_what_the_build_found(shop: Deployment, first: Part) -> None:
    metrics = shop.cloud.client("cloudwatch").list_metrics(Namespace="EcommerceLakehouse")
    names = {metric["MetricName"] for metric in metrics["Metrics"]}
    assert {"FilesQuarantined", "FilesMissing", "RecordsRejected", "TestsFailed"} <= names


def test_loaded_files_are_tagged_and_no_others(shop: Deployment, first_tables: Settings) -> None:
    rows = connect(first_tables).execute("select source_file, status from ops.ingested_files")
    for name, status in rows.fetchall():
        expected = "loaded" if status == "loaded" else None
        assert shop.state_of(name) == expected, (name, status)


def test_people_are_notified_what_was_done(first: Part, local: Settings) -> None:
    (message,) = first.messages
    query = "select count(*) from ops.ingested_files where status = 'loaded'"
    ((loaded,),) = connect(local).execute(query).fetchall()
    assert f"Files loaded: {loaded}, with " in message
    assert "orders/2025-02-30.csv (impossible_date" in message
    assert "artifacts/arrivals-" in message


def test_a_job_that_keeps_failing_stops_the_execution_and_people_are_notified_why(
    stopped: Part,
) -> None:
    assert stopped.status == "FAILED"
    assert stopped.execution["error"] == "PipelineFailed"
    assert stopped.states[-1] == "Halt"
    (message,) = stopped.messages
    assert "failed at IngestTable of order_items: the Glue job" in message
    assert "no right to read raw/" in message
    assert "redrive-execution" in message


def test_after_a_redrive_a_job_that_fails_twice_is_tried_a_third_time(
    shop: Deployment, killed: Part
) -> None:
    states = [one["JobRunState"] for one in runs_for(shop, "orders")]
    # Those before were of the first execution and of the one that the other table's job stopped.
    assert states[2:5] == ["FAILED", "FAILED", "SUCCEEDED"]
    assert "Build" in killed.states


def test_a_killed_build_stops_the_execution_and_people_are_notified(killed: Part) -> None:
    assert killed.status == "FAILED"
    assert any("build" in text.lower() for text in killed.messages)


def test_a_redrive_finishes_a_killed_build_while_the_catalog_throttles(rebuilt: Part) -> None:
    assert rebuilt.status == "SUCCEEDED", rebuilt
    assert rebuilt.states[-2:] == HAPPY_PATH[-2:]


def test_after_all_of_it_the_tables_hold_what_a_local_run_holds(
    raw: Path, last_tables: Settings, tmp_path: Path
) -> None:
    settings = Settings.read(root=str(tmp_path / "local"), raw=str(raw), environment={})
    run(settings, Display(Console(), quiet=True))
    assert_same_values(values_of(settings), values_of(last_tables))
    status = connect(last_tables).execute(
        "select status from ops.ingested_files where source_file = ?", [BROKEN]
    )
    assert status.fetchall() == [("quarantined",)]


def test_the_catalog_is_in_step_at_the_end(shop: Deployment, last_tables: Settings) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lakehouse"), "catalog", "check", "--target", "dev"],
        env=shop.cloud.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


PLUGIN = PROJECT_FOLDER / "orchestration" / "pipeline" / "dbt_plugin"
WRONG = "tests/dbt/assert_no_department_sells_anything.sql"
PUBLISHED = "select distinct _run_id, count(*) from department_analytics group by _run_id"
# As a person builds by hand, in a folder of the project of one's own.
BUILD = """
import pathlib, sys
import orchestration.project
orchestration.project.PROJECT_FOLDER = pathlib.Path.cwd()
from orchestration.aws.build import main
sys.exit(main(["--target", "dev", "--select", "department_analytics"]))
"""


@dataclass(frozen=True)
class ByHand:
    """Two builds by hand of one table, the first of which has a test that fails.

    Attributes:
        codes: How each ended.
        outputs: What each said.
        answers: What Athena said before, after the first and after the second.
        files: Keys in the bucket below `.work/` after the first and after the second.
    """

    codes: list[int]
    outputs: list[str]
    answers: list[list[tuple[str | None, ...]]]
    files: list[list[str]]


@pytest.fixture(scope="module")
def by_hand(shop: Deployment, first: Part, tmp_path_factory: pytest.TempPathFactory) -> ByHand:
    folder = tmp_path_factory.mktemp("project")
    copy_project(folder)
    (folder / WRONG).write_text("select department from {{ ref('department_analytics') }}")
    found = ByHand([], [], [shop.answers(PUBLISHED)[1:]], [])
    for number in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", BUILD],
            cwd=folder,
            env={
                **shop.cloud.environment,
                "PYTHONPATH": f"{PROJECT_FOLDER}:{PLUGIN}",
                "LAKEHOUSE_ROOT": shop.environment.root,
                "LAKEHOUSE_EXECUTION": "By hand",
                "LAKEHOUSE_GLUE_ROLE_ARN": "arn:aws:iam::123456789012:role/any",
                "CODEBUILD_BUILD_NUMBER": number,
            },
            capture_output=True,
            text=True,
        )
        found.codes.append(done.returncode)
        found.outputs.append(done.stdout + done.stderr)
        found.answers.append(shop.answers(PUBLISHED)[1:])
        found.files.append(shop.keys(".work/"))
        (folder / WRONG).unlink(missing_ok=True)
    return found


def test_a_build_with_a_failing_test_leaves_what_athena_reads_as_it_was(by_hand: ByHand) -> None:
    assert by_hand.codes[0] == 1, by_hand.outputs[0]
    assert "assert_no_department_sells_anything" in by_hand.outputs[0]
    assert by_hand.answers[0] == by_hand.answers[1] != []
    assert any("/gold/department_analytics/_delta_log/" in key for key in by_hand.files[0])


def test_the_next_build_without_one_is_published_and_leaves_no_workspace(by_hand: ByHand) -> None:
    assert by_hand.codes[1] == 2, by_hand.outputs[1]  # a file is in quarantine
    (before,) = by_hand.answers[1]
    assert by_hand.answers[2] == [("By hand-2", before[1])]
    assert by_hand.files[1] == []
