from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.cloud import Cloud
from tests.cloud.samples import ended, new_function, new_machine, new_name, outcome, start, task

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
