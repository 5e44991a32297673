from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from orchestration.aws.lambdas.failed_step import Step, failed_step

READ = {
    "Type": "Task",
    "Resource": "arn:aws:states:::dynamodb:getItem",
    "Parameters": {"TableName": "none", "Key": {"k": {"S": "x"}}},
}


@pytest.fixture
def states(aws: None) -> Iterator[Any]:
    """Step Functions that really runs its state machines."""
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        yield boto3.client("stepfunctions")


def run(states: Any, machine: dict[str, Any]) -> str:
    """Run a state machine to its end and return the execution's ARN."""
    role = "arn:aws:iam::123456789012:role/machine"
    made = states.create_state_machine(name="m", definition=json.dumps(machine), roleArn=role)
    started = states.start_execution(stateMachineArn=made["stateMachineArn"], name="e")
    arn: str = started["executionArn"]
    while states.describe_execution(executionArn=arn)["status"] == "RUNNING":
        pass
    return arn


def branch(name: str, state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: state | {"End": True}}}


def test_the_step_of_a_branch_that_failed_is_found(states: Any) -> None:
    well = branch("Well", {"Type": "Pass"})
    nested = branch("Both", {"Type": "Parallel", "Branches": [well, branch("Read", READ)]})
    arn = run(states, nested)
    assert states.describe_execution(executionArn=arn)["status"] == "FAILED"
    assert failed_step(arn) == Step("Read")


def test_of_several_failures_the_last_is_found(states: Any) -> None:
    caught = READ | {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Second"}]}
    machine = {"StartAt": "First", "States": {"First": caught, "Second": READ | {"End": True}}}
    machine["States"]["First"]["Next"] = "Second"  # type: ignore[index]
    assert failed_step(run(states, machine)) == Step("Second")


@pytest.mark.parametrize("key", ["table", "date"])
def test_the_table_or_date_of_a_map_whose_step_failed_is_found(states: Any, key: str) -> None:
    read = READ | {"Parameters": {"TableName.$": f"$.{key}", "Key": {"k": {"S": "x"}}}}
    one = branch("Read", read) | {"ProcessorConfig": {"Mode": "INLINE"}}
    each = {
        "Type": "Map",
        "ItemsPath": "$.all",
        "MaxConcurrency": 1,
        "ItemSelector": {f"{key}.$": "$$.Map.Item.Value"},
        "ItemProcessor": one,
    }
    well = {"Type": "Pass", "Result": {"all": ["orders", "none"]}, "Next": "Each"}
    boto3.client("dynamodb").create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
    )
    machine = {"StartAt": "Well", "States": {"Well": well, "Each": each | {"End": True}}}
    found = failed_step(run(states, machine))
    assert found == Step("Read", "none")
    assert str(found) == "Read of none"


def test_an_execution_in_which_no_task_failed_has_none(states: Any) -> None:
    assert failed_step(run(states, branch("Well", {"Type": "Pass"}))) is None


def test_a_history_that_can_not_be_read_is_no_error(states: Any) -> None:
    assert failed_step("arn:aws:states:eu-west-1:123456789012:execution:m:none") is None
