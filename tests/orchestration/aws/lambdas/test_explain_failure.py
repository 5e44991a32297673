from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestration.aws.lambdas import explain_failure
from orchestration.aws.lambdas.explain_failure import handler
from orchestration.aws.lambdas.failed_step import Step

ARN = (
    "arn:aws:states:eu-west-1:123456789012:execution:"
    "ecommerce-lakehouse-dev-pipeline:daily-2025-04-01"
)
REDRIVE = f"aws stepfunctions redrive-execution --execution-arn {ARN} --region eu-west-1"
Put = Callable[[str, Any], None]
SetStep = Callable[..., None]

RUN = {
    "JobName": "ecommerce-lakehouse-dev-ingest",
    "Id": "jr_7f",
    "JobRunState": "FAILED",
    "ErrorMessage": "LakehouseError: The raw folder is gone.\nPut it back.",
}
BUILD: dict[str, Any] = {
    "Id": "ecommerce-lakehouse-dev-dbt-build:1",
    "BuildStatus": "FAILED",
    "Logs": {"DeepLink": "https://console/log-of-build"},
    "Phases": [
        {"PhaseType": "INSTALL", "PhaseStatus": "SUCCEEDED", "Contexts": []},
        {
            "PhaseType": "BUILD",
            "PhaseStatus": "FAILED",
            "Contexts": [{"StatusCode": "COMMAND_EXECUTION_ERROR", "Message": "exit status 1"}],
        },
    ],
}
FAILED_TEST = {
    "name": "unique_orders_order_id",
    "kind": "test",
    "table": "silver.orders",
    "message": "Got 3 results, configured to fail if != 0",
    "failures": 3,
}
FAILED_MODEL = {
    "name": "daily_sales",
    "kind": "model",
    "table": "gold.daily_sales",
    "message": "Division by zero",
    "failures": 0,
}


@pytest.fixture(autouse=True)
def step(monkeypatch: pytest.MonkeyPatch) -> SetStep:
    """Set what the history says; test_failed_step.py shows that it is read rightly."""

    def set_to(name: str | None, item: str = "") -> None:
        found = Step(name, item) if name else None
        monkeypatch.setattr(explain_failure, "failed_step", lambda arn: found)

    set_to(None)
    return set_to


def explain(cause: Any, error: str = "States.TaskFailed") -> dict[str, str]:
    text = cause if isinstance(cause, str) else json.dumps(cause)
    event = {"execution_id": ARN, "execution_name": "daily-2025-04-01"}
    return handler(event | {"error": error, "cause": text}, None)


def test_a_failed_job_is_named_with_its_table_its_reason_its_log_and_the_next_command(
    s3: Any, step: SetStep
) -> None:
    step("IngestTable", "orders")
    answer = explain(RUN)
    job = "ecommerce-lakehouse-dev-ingest"
    assert (answer["step"], answer["item"]) == ("IngestTable", "orders")
    assert answer["what"] == f"the Glue job {job} failed (run jr_7f)"
    assert answer["message"].split("\n\n") == [
        "The pipeline of dev failed at IngestTable of orders:"
        f" the Glue job {job} failed (run jr_7f).",
        "Reason: LakehouseError: The raw folder is gone.\nPut it back.",
        "Log: https://eu-west-1.console.aws.amazon.com/gluestudio/home?region=eu-west-1"
        f"#/job/{job}/run/jr_7f",
        "Execution: https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1"
        f"#/v2/executions/details/{ARN}",
        f"Next: {answer['next']}",
    ]
    assert answer["next"].endswith(f":\n  {REDRIVE}")


def test_a_failed_backfill_is_reported_as_one(s3: Any, step: SetStep) -> None:
    step("StartPipeline")
    arn = ARN.replace("-pipeline:", "-backfill:")
    cause = json.dumps({"errorMessage": "x", "errorType": "KeyError"})
    event = {"execution_id": arn, "execution_name": "b", "error": "KeyError", "cause": cause}
    answer = handler(event, None)
    assert answer["message"].startswith("The backfill of dev failed at StartPipeline: KeyError in")
    assert "ecommerce-lakehouse-dev-start-pipeline" in answer["message"]
    assert f"redrive-execution --execution-arn {arn} " in answer["next"]


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("TIMEOUT", "did not end within its time limit"), ("STOPPED", "was stopped")],
)
def test_a_job_that_was_ended_says_how(s3: Any, state: str, outcome: str) -> None:
    answer = explain({"JobName": "ingest", "Id": "jr_1", "JobRunState": state})
    assert answer["what"] == f"the Glue job ingest {outcome} (run jr_1)"
    assert f"Reason: Glue says {state} and no more" in answer["message"]


def test_a_failed_test_is_named_with_its_table_its_rows_and_where_to_see_them(
    put_artifact: Put,
) -> None:
    put_artifact("summary.json", {"run_id": "r-1", "problems": [FAILED_TEST, FAILED_MODEL]})
    answer = explain({"Build": BUILD})
    assert answer["what"] == (
        "the dbt build failed: test unique_orders_order_id of silver.orders and 1 more"
    )
    assert (
        "Reason: - test unique_orders_order_id of silver.orders (3 rows):"
        " Got 3 results, configured to fail if != 0\n"
        "- model daily_sales of gold.daily_sales: Division by zero"
    ) in answer["message"]
    assert "from dev_ops.test_failures where run_id = 'r-1'" in answer["next"]
    assert "Log: https://console/log-of-build" in answer["message"]


def test_in_prod_databases_have_no_prefix(
    put_artifact: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "prod")
    put_artifact("summary.json", {"run_id": "r-1", "problems": [FAILED_TEST]})
    assert " from ops.test_failures " in explain({"Build": BUILD})["next"]


def test_a_failed_model_asks_for_no_look_at_rows(put_artifact: Put) -> None:
    put_artifact("summary.json", {"run_id": "r-1", "problems": [FAILED_MODEL]})
    answer = explain({"Build": BUILD})
    assert answer["what"] == "the dbt build failed: model daily_sales of gold.daily_sales"
    assert "test_failures" not in answer["next"]


def test_what_stopped_the_build_as_a_whole_is_reported_in_its_own_words(put_artifact: Put) -> None:
    stopped = {"name": "build", "kind": "build", "table": None, "message": "No session.\nWait."}
    put_artifact("summary.json", {"run_id": "r-1", "problems": [stopped]})
    answer = explain({"Build": BUILD})
    assert answer["what"] == "the dbt build failed"
    assert "Reason: - No session.\nWait.\n\n" in answer["message"]
    assert answer["next"].startswith("Fix what it names")
    put_artifact("summary.json", {"run_id": "r-1", "problems": [stopped, FAILED_MODEL]})
    assert explain({"Build": BUILD})["what"] == (
        "the dbt build failed: model daily_sales of gold.daily_sales"
    )


def test_of_many_problems_the_first_ten_are_reported(put_artifact: Put) -> None:
    many = [FAILED_TEST | {"name": f"t{number}"} for number in range(13)]
    put_artifact("summary.json", {"run_id": "r-1", "problems": many})
    message = explain({"Build": BUILD})["message"]
    assert "test t9 " in message
    assert "test t10 " not in message
    assert "- and 3 more" in message


@pytest.mark.parametrize("content", [None, "{cut", {"problems": []}])
def test_without_a_summary_the_failed_phase_is_reported(
    s3: Any, content: Any, put_artifact: Put
) -> None:
    if content is not None:
        put_artifact("summary.json", content)
    answer = explain({"Build": BUILD})
    assert answer["what"] == "the dbt build failed"
    assert "Reason: phase BUILD: COMMAND_EXECUTION_ERROR exit status 1" in answer["message"]


def test_a_summary_of_an_earlier_attempt_is_not_taken_for_this_one(put_artifact: Put) -> None:
    put_artifact("summary.json", {"run_id": "r-1", "problems": [FAILED_TEST]})
    later = (datetime.now(UTC) + timedelta(hours=1)).timestamp() * 1000
    assert explain({"Build": BUILD | {"StartTime": later}})["what"] == "the dbt build failed"
    earlier = (datetime.now(UTC) - timedelta(hours=1)).timestamp() * 1000
    assert "unique_orders" in explain({"Build": BUILD | {"StartTime": earlier}})["what"]


def test_a_build_that_was_killed_says_that_it_left_no_summary(s3: Any) -> None:
    answer = explain({"BuildStatus": "TIMED_OUT"})
    assert answer["what"] == "the dbt build did not end within its time limit"
    assert "CodeBuild says TIMED_OUT, and the build left no summary" in answer["message"]


def test_a_lambda_that_failed_is_reported_with_its_log(s3: Any, step: SetStep) -> None:
    step("PublishMetrics")
    cause = {"errorMessage": "summary.json is missing", "errorType": "NoSummary", "stackTrace": []}
    answer = explain(cause, "NoSummary")
    assert answer["what"] == "NoSummary in PublishMetrics"
    assert "Reason: summary.json is missing" in answer["message"]
    function = "$252Faws$252Flambda$252Fecommerce-lakehouse-dev-publish-metrics"
    assert f"log-groups/log-group/{function}" in answer["message"]


@pytest.mark.parametrize(
    ("name", "item", "said"),
    [
        ("Build", "", "Build"),
        ("IngestTable", "orders", "IngestTable of orders"),
        (None, "", "a step"),
    ],
)
def test_a_step_that_took_too_long_is_reported(
    s3: Any, step: SetStep, name: str | None, item: str, said: str
) -> None:
    step(name, item)
    assert explain("", "States.Timeout")["what"] == f"{said} did not end within its time limit"


def test_more_time_needs_a_new_execution_as_a_redrive_keeps_the_limits(s3: Any) -> None:
    answer = explain("", "States.Timeout")["next"]
    more_time, _, again = answer.partition("Else ")
    assert more_time.endswith(
        "give it more time in the state machine, deploy, and start a new execution,"
        " as a redrive keeps the limits that there were.\n"
    )
    assert again.endswith(f":\n  {REDRIVE}")


@pytest.mark.parametrize("cause", ["", "no JSON", "[]", "{", "null"])
def test_an_unknown_cause_is_still_reported(s3: Any, cause: str) -> None:
    answer = explain(cause, "States.Runtime")
    assert answer["what"] == "States.Runtime"
    assert f"Reason: {cause or 'none was given'}" in answer["message"]


def test_a_failure_without_error_and_cause_is_still_reported(s3: Any) -> None:
    answer = handler({"execution_id": ARN, "execution_name": "daily-2025-04-01"}, None)
    assert answer["what"] == "an error without a name"
    assert answer["step"] == "unknown"


def test_a_cause_cut_by_step_functions_is_still_reported(s3: Any) -> None:
    answer = explain(json.dumps(RUN | {"Arguments": {"--x": "y" * 40_000}})[:32_768])
    assert answer["what"].startswith("the Glue job ecommerce-lakehouse-dev-ingest failed")
    assert "The raw folder is gone." in answer["message"]


def test_a_long_reason_is_shortened(s3: Any) -> None:
    message = explain(RUN | {"ErrorMessage": "x" * 30_000})["message"]
    assert len(message) < 4000
    assert "xxx ..." in message


def test_the_subject_is_one_line_of_ascii_that_sns_takes(put_artifact: Put) -> None:
    odd = FAILED_TEST | {"name": "größer\nals " + "x" * 90}
    put_artifact("summary.json", {"run_id": "r-1", "problems": [odd]})
    subject = explain({"Build": BUILD})["subject"]
    assert len(subject) < 100
    assert subject.isascii()
    assert "\n" not in subject
    assert subject.startswith("dev pipeline failed: the dbt build failed: test gr??er als xxx")
    assert subject.endswith("...")
