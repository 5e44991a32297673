from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.cloud import Cloud
from tests.cloud.samples import (
    ended,
    ended_run,
    new_function,
    new_job,
    new_machine,
    new_name,
    outcome,
    start,
    task,
)

SUCCEEDS = "pass"
FAILS = "raise ValueError('broken')"
WAITS = "import time; time.sleep(600)"
FAILS_AFTER = """
import time
from pathlib import Path

def wait_for(gate):
    while not Path(gate).exists():
        time.sleep(0.05)
    raise ValueError("broken")

"""


def glue_task(job: str, **more: Any) -> dict[str, Any]:
    return task("glue:startJobRun.sync", {"JobName": job}, **more)


def table(cloud: Cloud) -> str:
    name = new_name("locks")
    cloud.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "lock_name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "lock_name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


# sfn_sync


def test_plain_moto_fails_each_task_that_waits_for_a_job(plain: Cloud) -> None:
    found = outcome(plain, {"Run": glue_task(new_job(plain, SUCCEEDS))})
    assert found["status"] == "FAILED"
    assert "interrupt_all" in found["cause"]


def test_a_task_waits_for_a_job_and_has_its_run_as_result(cloud: Cloud) -> None:
    job = new_job(cloud, SUCCEEDS)
    found = outcome(cloud, {"Run": glue_task(job)})
    run = json.loads(found["output"])
    assert (run["JobName"], run["JobRunState"]) == (job, "SUCCEEDED")


def test_a_task_fails_with_the_run_of_its_job_as_cause(cloud: Cloud) -> None:
    found = outcome(cloud, {"Run": glue_task(new_job(cloud, FAILS))})
    assert found["error"] == "States.TaskFailed"
    assert json.loads(found["cause"])["ErrorMessage"] == "ValueError: broken"


def test_a_retried_task_starts_its_job_again(cloud: Cloud) -> None:
    job = new_job(cloud, SUCCEEDS)
    cloud.fail_next_runs(job, 1, "Error: for once")
    retry = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 1}
    assert outcome(cloud, {"Run": glue_task(job, Retry=[retry])})["status"] == "SUCCEEDED"
    assert len(cloud.client("glue").get_job_runs(JobName=job)["JobRuns"]) == 2


def test_a_task_out_of_time_fails_and_stops_its_job(cloud: Cloud) -> None:
    job = new_job(cloud, WAITS)
    found = outcome(cloud, {"Run": glue_task(job, TimeoutSeconds=1)})
    assert (found["status"], found["error"]) == ("FAILED", "States.Timeout")
    (run,) = cloud.client("glue").get_job_runs(JobName=job)["JobRuns"]
    assert ended_run(cloud, job, run["Id"])["JobRunState"] == "STOPPED"


def test_an_execution_that_is_stopped_stops_its_job(cloud: Cloud) -> None:
    job = new_job(cloud, WAITS)
    execution = start(cloud, new_machine(cloud, {"Run": glue_task(job)}), name=new_name("run"))
    runs = cloud.until(lambda: cloud.client("glue").get_job_runs(JobName=job)["JobRuns"])
    cloud.client("stepfunctions").stop_execution(executionArn=execution)
    assert ended(cloud, execution)["status"] == "ABORTED"
    assert ended_run(cloud, job, runs[0]["Id"])["JobRunState"] == "STOPPED"


# sfn_errors


def branch_that_fails(cloud: Cloud) -> dict[str, Any]:
    branch = {"StartAt": "Run", "States": {"Run": glue_task(new_job(cloud, FAILS))}}
    return {
        "Both": {
            "Type": "Parallel",
            "Branches": [branch],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
            "End": True,
        },
        "Caught": {"Type": "Pass", "OutputPath": "$.Error", "End": True},
    }


def test_plain_moto_lets_an_error_of_a_branch_past_the_catch(plain: Cloud) -> None:
    assert outcome(plain, branch_that_fails(plain))["status"] == "FAILED"


def test_an_error_of_a_branch_is_caught_with_its_name(cloud: Cloud) -> None:
    found = outcome(cloud, branch_that_fails(cloud))
    assert (found["status"], found["output"]) == ("SUCCEEDED", '"States.TaskFailed"')


def map_of(jobs: list[str]) -> dict[str, Any]:
    """A state that runs jobs at once."""
    run = task("glue:startJobRun.sync", {"JobName.$": "$"})
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Run", "States": {"Run": run}}
    items = {"Type": "Pass", "Result": jobs, "Next": "Each"}
    return {"Items": items, "Each": {"Type": "Map", "ItemProcessor": processor, "End": True}}


def runs_of(cloud: Cloud, job: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = cloud.client("glue").get_job_runs(JobName=job)["JobRuns"]
    return runs


def test_an_item_that_fails_stops_the_other_items_of_its_map(cloud: Cloud, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    waiting = new_job(cloud, WAITS)
    failing = new_job(cloud, f"{FAILS_AFTER}wait_for({str(gate)!r})")
    machine = new_machine(cloud, map_of([waiting, failing]))
    execution = start(cloud, machine, name=new_name("run"))
    (run,) = cloud.until(lambda: runs_of(cloud, waiting))
    gate.touch()
    found = ended(cloud, execution)
    assert (found["status"], found["error"]) == ("FAILED", "States.TaskFailed")
    assert ended_run(cloud, waiting, run["Id"])["JobRunState"] == "STOPPED"


def test_an_execution_that_is_stopped_in_a_map_is_aborted(cloud: Cloud) -> None:
    job = new_job(cloud, WAITS)
    execution = start(cloud, new_machine(cloud, map_of([job])), name=new_name("run"))
    runs = cloud.until(lambda: runs_of(cloud, job))
    cloud.client("stepfunctions").stop_execution(executionArn=execution)
    assert ended(cloud, execution)["status"] == "ABORTED"
    assert ended_run(cloud, job, runs[0]["Id"])["JobRunState"] == "STOPPED"


# sfn_clients


def asks_for_a_job(cloud: Cloud) -> dict[str, Any]:
    return {"Ask": task("aws-sdk:glue:getJob", {"JobName": new_job(cloud, SUCCEEDS)})}


def test_plain_moto_can_not_show_a_result_with_a_time_in_it(plain: Cloud) -> None:
    with pytest.raises(ClientError, match="not JSON serializable"):
        outcome(plain, asks_for_a_job(plain))


def test_a_result_has_times_as_text(cloud: Cloud) -> None:
    result = json.loads(outcome(cloud, asks_for_a_job(cloud))["output"])
    assert result["Job"]["CreatedOn"].endswith("Z")


def test_an_execution_can_ask_about_an_execution_in_names_with_capitals(cloud: Cloud) -> None:
    ask = task("aws-sdk:sfn:describeExecution", {"ExecutionArn.$": "$$.Execution.Id"})
    assert json.loads(outcome(cloud, {"Ask": ask})["output"])["Status"] == "RUNNING"


def test_a_refused_condition_of_dynamodb_has_the_name_that_aws_gives_it(cloud: Cloud) -> None:
    name = table(cloud)
    put = {
        "TableName": name,
        "Item": {"lock_name": {"S": "pipeline"}, "holder": {"S.$": "$$.Execution.Id"}},
        "ConditionExpression": "attribute_not_exists(lock_name)",
    }
    assert outcome(cloud, {"Lock": task("dynamodb:putItem", put)})["status"] == "SUCCEEDED"
    found = outcome(cloud, {"Lock": task("dynamodb:putItem", put)})
    assert found["error"] == "DynamoDB.ConditionalCheckFailedException"


def test_an_exception_of_a_function_is_the_name_of_the_error(cloud: Cloud) -> None:
    function = new_function(
        cloud, "class Halted(Exception): pass\ndef handler(event, context): raise Halted('no')"
    )
    call = task("lambda:invoke", {"FunctionName": function, "Payload": {}})
    found = outcome(cloud, {"Call": call})
    assert found["error"] == "Halted"
    assert json.loads(found["cause"])["errorMessage"] == "no"


def test_an_execution_can_start_another(cloud: Cloud) -> None:
    other = new_machine(cloud, {"Done": {"Type": "Succeed"}})
    call = task("states:startExecution", {"StateMachineArn": other, "Input": {"a": 1}})
    found = outcome(cloud, {"Call": call})
    started = json.loads(found["output"])["ExecutionArn"]
    assert ended(cloud, started)["input"] == '{"a":1}'
