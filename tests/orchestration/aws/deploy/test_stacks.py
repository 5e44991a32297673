"""What is done about stacks that are not at rest, and what a plan leaves alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingestion.errors import LakehouseError
from orchestration.aws.deploy.deploy import deploy, plan
from orchestration.aws.deploy.deployed import deployed, status_of
from orchestration.aws.deploy.package import Package
from orchestration.aws.deploy.progress import failure_of
from orchestration.aws.deploy.stacks import Source, execute, propose
from tests.cloud.cloud import Cloud
from tests.orchestration.aws.deploy.conftest import DEV
from tests.orchestration.aws.deploy.test_deploy import quiet

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "a-queue"}}
FULL = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full"}}
BAD = {"Type": "AWS::Events::Rule", "Properties": {"Name": " "}}


def source(*exports: str, **resources: Any) -> Source:
    outputs = {name: {"Value": "x", "Export": {"Name": name}} for name in exports}
    template = {"Resources": resources, "Outputs": outputs}
    return Source(("TemplateBody", json.dumps(template)), {}, {})


def bring(stack: str, wanted: Source) -> None:
    proposed = propose(stack, wanted)
    assert proposed.is_needed
    execute(proposed)


def test_a_change_of_outputs_alone_is_carried_out(empty_cloud: Cloud) -> None:
    bring("outputs", source(Queue=QUEUE))
    proposed = propose("outputs", source("Extra", Queue=QUEUE))
    assert proposed.changes == ()
    execute(proposed)
    found = deployed("outputs")
    assert found is not None
    assert found.outputs == {"Extra"}
    assert not propose("outputs", source("Extra", Queue=QUEUE)).is_needed


def test_what_a_failed_first_deployment_leaves_is_removed_by_a_deployment_and_by_no_plan(
    empty_cloud: Cloud, package: Package
) -> None:
    stack = DEV.stack("storage")
    with pytest.raises(LakehouseError, match=r"Bad .* failed"):
        bring(stack, source(Bad=BAD))
    first, *others = plan(DEV, package)
    assert (first.changes, first.was_new) == (None, True)
    assert {(outcome.changes, outcome.was_new) for outcome in others} == {(None, False)}
    assert status_of(stack) == "ROLLBACK_COMPLETE"
    made = next(deploy(DEV, package, quiet))
    assert made.was_new
    assert status_of(stack) == "CREATE_COMPLETE"


def test_a_stack_that_could_not_be_deleted_is_refused_and_stays(empty_cloud: Cloud) -> None:
    bring("full", source(Bucket=FULL))
    empty_cloud.client("s3").put_object(Bucket="full", Key="a", Body=b"x")
    empty_cloud.client("cloudformation").delete_stack(StackName="full")
    with pytest.raises(LakehouseError, match="full is DELETE_FAILED: it can't be") as raised:
        propose("full", source(Bucket=FULL))
    assert "`aws cloudformation delete-stack --stack-name full`" in raised.value.next_step
    assert status_of("full") == "DELETE_FAILED"


def failed(resource: str, reason: str, status: str = "CREATE_FAILED") -> dict[str, Any]:
    return {
        "LogicalResourceId": resource,
        "ResourceType": "AWS::S3::Bucket",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


def test_the_reason_of_a_failure_is_the_first_and_not_one_that_it_caused() -> None:
    events = [
        failed("Key", "Resource creation initiated", "CREATE_IN_PROGRESS"),
        failed("Topic", "Resource creation cancelled"),
        failed("Bucket", "The name is taken"),
        failed("Queue", "Also bad"),
    ]
    error = failure_of("storage", "ROLLBACK_COMPLETE", events)
    assert error.problem == (
        "storage is ROLLBACK_COMPLETE: Bucket (AWS::S3::Bucket) failed: The name is taken"
    )
    assert error.next_step.startswith("What was there before is in place again. Correct the cause")


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("ROLLBACK_FAILED", "delete-stack"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_a_way_back_that_failed_is_not_reported_as_one_that_went_well(
    status: str, command: str
) -> None:
    error = failure_of("storage", status, [failed("Bucket", "It is full", "DELETE_FAILED")])
    assert error.next_step.startswith("What was there before is not in place again. ")
    assert f"`aws cloudformation {command} --stack-name storage`" in error.next_step
