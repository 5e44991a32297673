from __future__ import annotations

import json
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


# sfn_paths


def choice_on(path: str) -> dict[str, Any]:
    return {
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Variable": path, "NumericEquals": 2, "Next": "Right"}],
            "Default": "Wrong",
        },
        "Right": {"Type": "Succeed"},
        "Wrong": {"Type": "Fail"},
    }


GIVEN = {"runs": [{"n": 1, "of it": {"n": 2}}, {"n": 2}]}


def test_plain_moto_gives_a_list_for_a_path_that_names_one_value(plain: Cloud) -> None:
    assert outcome(plain, choice_on("$.runs[1].n"), GIVEN)["status"] == "FAILED"


@pytest.mark.parametrize("path", ["$.runs[1].n", "$.runs[-1].n", "$.runs[0]['of it'].n"])
def test_a_path_that_names_one_value_gives_it(cloud: Cloud, path: str) -> None:
    assert outcome(cloud, choice_on(path), GIVEN)["status"] == "SUCCEEDED"


def test_a_path_to_nothing_is_an_error_and_one_with_a_wildcard_gives_a_list(cloud: Cloud) -> None:
    lost = {"Type": "Pass", "InputPath": "$.runs[2].n", "End": True}
    assert outcome(cloud, {"Lost": lost}, GIVEN)["error"] == "States.Runtime"
    pick = {"Type": "Pass", "InputPath": "$.runs[*].n", "End": True}
    assert json.loads(outcome(cloud, {"Pick": pick}, GIVEN)["output"]) == [1, 2]


# sfn_executions


def test_plain_moto_names_every_execution_none(plain: Cloud) -> None:
    machine = new_machine(plain, {"Done": {"Type": "Succeed"}})
    assert start(plain, machine).endswith(":None")


def test_executions_without_a_name_get_names_of_their_own(cloud: Cloud) -> None:
    machine = new_machine(cloud, {"Done": {"Type": "Succeed"}})
    assert len({start(cloud, machine), start(cloud, machine)}) == 2


def test_the_name_of_an_execution_that_ended_is_taken(cloud: Cloud) -> None:
    machine = new_machine(cloud, {"Done": {"Type": "Succeed"}})
    ended(cloud, start(cloud, machine, name="once"))
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start(cloud, machine, name="once")


def test_plain_moto_can_not_redrive(plain: Cloud) -> None:
    execution = start(plain, new_machine(plain, {"Stop": {"Type": "Fail"}}), name=new_name("run"))
    ended(plain, execution)
    with pytest.raises(ClientError, match="redrive_execution action has not been implemented"):
        plain.client("stepfunctions").redrive_execution(executionArn=execution)


def test_a_redriven_execution_goes_on_where_it_failed_with_what_it_had(cloud: Cloud) -> None:
    function = new_function(
        cloud,
        "def handler(event, context):\n"
        "    if event['redrives'] < 2: raise ValueError(event['redrives'])\n"
        "    return event",
    )
    payload = {"redrives.$": "$$.Execution.RedriveCount", "seen.$": "$.seen"}
    states = {
        "Note": {"Type": "Pass", "Parameters": {"seen.$": "$.given"}, "Next": "Halt"},
        "Halt": task("lambda:invoke", {"FunctionName": function, "Payload": payload}),
    }
    sfn = cloud.client("stepfunctions")
    execution = start(cloud, new_machine(cloud, states), {"given": 7}, name=new_name("run"))
    for redrives in (0, 1):
        found = ended(cloud, execution)
        assert (found["status"], found["redriveCount"]) == ("FAILED", redrives)
        assert found["redriveStatus"] == "REDRIVABLE"
        sfn.redrive_execution(executionArn=execution)
    found = ended(cloud, execution)
    assert (found["status"], found["redriveCount"]) == ("SUCCEEDED", 2)
    assert json.loads(found["output"])["Payload"] == {"redrives": 2, "seen": 7}
    history = sfn.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in history
        if "stateEnteredEventDetails" in event
    ]
    assert entered == ["Note", "Halt", "Halt", "Halt"]
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))


def test_an_execution_that_succeeded_or_runs_is_not_redriven(cloud: Cloud) -> None:
    sfn = cloud.client("stepfunctions")
    done = start(cloud, new_machine(cloud, {"Done": {"Type": "Succeed"}}))
    ended(cloud, done)
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    waiting = start(cloud, new_machine(cloud, {"Wait": wait}))
    for execution in (done, waiting):
        with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
            sfn.redrive_execution(executionArn=execution)
