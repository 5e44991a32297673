from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.glue.models import GlueBackend
from moto.moto_api import state_manager

from orchestration.aws.lambdas import run_glue_job
from orchestration.aws.lambdas.run_glue_job import handler
from tests.orchestration.aws.lambdas.conftest import Context

JOB = "ecommerce-lakehouse-dev-ingest"


@pytest.fixture
def glue(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The job; a run goes on each time that somebody looks at it, and is over after some."""
    state_manager.set_transition("glue::job_run", {"progression": "manual", "times": 2})
    monkeypatch.setenv("JOB", JOB)
    monkeypatch.setenv("RAW_TABLES", "products,orders,order_items")
    monkeypatch.setattr(run_glue_job, "_POLL_SECONDS", 0)
    client = boto3.client("glue")
    client.create_job(
        Name=JOB,
        Role="role",
        Command={"Name": "glueetl", "ScriptLocation": "s3://"},
        ExecutionProperty={"MaxConcurrentRuns": 2},
    )
    yield client
    state_manager.unset_transition("glue::job_run")


def arguments_of(glue: Any, answer: dict[str, Any]) -> list[dict[str, str]]:
    """What the runs of an answer were started with."""
    runs = [glue.get_job_run(JobName=JOB, RunId=run["run_id"]) for run in answer["runs"]]
    return [run["JobRun"]["Arguments"] for run in runs]


def test_each_table_has_one_run_of_the_job_with_the_chosen_dates(glue: Any) -> None:
    event = {"tables": ["orders", "order_items"], "dates": ["2025-04-02", "2025-04-01"]}
    answer = handler(event, Context())
    assert [(run["table"], run["job"]) for run in answer["runs"]] == [
        ("orders", JOB),
        ("order_items", JOB),
    ]
    chosen = {"--dates": "2025-04-01,2025-04-02", "--batch-id": "operator-b7c1"}
    assert arguments_of(glue, answer) == [
        {"--tables": "orders"} | chosen,
        {"--tables": "order_items"} | chosen,
    ]


def test_without_dates_the_job_loads_all_that_is_new(glue: Any) -> None:
    answer = handler({"tables": ["orders"]}, Context())
    expected = {"--tables": "orders", "--batch-id": "operator-b7c1"}
    assert arguments_of(glue, answer) == [expected]


def test_it_does_not_wait_unless_asked(glue: Any) -> None:
    (run,) = handler({"tables": ["orders"]}, Context())["runs"]
    assert run["status"] == "STARTING"
    assert run["run_id"]
    assert run["error"] is None


def test_it_waits_for_the_end_when_asked(glue: Any) -> None:
    (run,) = handler({"tables": ["orders"], "wait": True}, Context())["runs"]
    assert run["status"] == "SUCCEEDED"


def test_it_answers_before_its_own_time_is_over(glue: Any) -> None:
    event = {"tables": ["orders"], "wait": True}
    (run,) = handler(event, Context(milliseconds=31_000))["runs"]
    assert run["status"] == "STARTING"


def test_the_error_of_a_failed_run_is_reported(glue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = GlueBackend.get_job_run

    def failed(self: GlueBackend, name: str, run_id: str) -> Any:
        run = found(self, name, run_id)
        as_it_was = run.as_dict
        message = {"JobRunState": "FAILED", "ErrorMessage": "LakehouseError: No bucket."}
        monkeypatch.setattr(run, "as_dict", lambda: as_it_was() | message)
        return run

    monkeypatch.setattr(GlueBackend, "get_job_run", failed)
    (run,) = handler({"tables": ["orders"], "wait": True}, Context())["runs"]
    assert (run["status"], run["error"]) == ("FAILED", "LakehouseError: No bucket.")


@pytest.mark.parametrize("table", ["returns", 1])
def test_no_job_starts_for_a_table_that_is_not_declared(glue: Any, table: Any) -> None:
    message = f"no raw table {table!r}. Choose products, orders, order_items."
    with pytest.raises(ValueError, match=message):
        handler({"tables": ["orders", table]}, Context())
    assert glue.get_job_runs(JobName=JOB)["JobRuns"] == []


def test_a_job_that_has_as_many_runs_as_it_may_is_reported_and_the_others_run(glue: Any) -> None:
    tables = ["products", "orders", "order_items"]
    *started, refused = handler({"tables": tables}, Context())["runs"]
    assert all(run["run_id"] for run in started)
    assert (refused["status"], refused["run_id"]) == ("NOT_STARTED", None)
    limit = "has as many runs as it may; try again when some are over."
    assert refused["error"] == f"The job {JOB} {limit}"


@pytest.mark.parametrize("event", [{}, {"tables": []}, {"tables": "orders"}])
def test_tables_must_be_named(glue: Any, event: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Name the tables"):
        handler(event, Context())


@pytest.mark.parametrize("dates", [["2025-02-30"], ["yesterday"], [20250401], 7])
def test_no_job_starts_for_a_date_that_is_none(glue: Any, dates: Any) -> None:
    with pytest.raises(ValueError, match="Give dates as"):
        handler({"tables": ["orders"], "dates": dates}, Context())
    assert glue.get_job_runs(JobName=JOB)["JobRuns"] == []
