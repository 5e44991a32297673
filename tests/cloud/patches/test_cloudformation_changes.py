from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.cloud import Cloud
from tests.cloud.samples import new_name
from tests.cloud.stack_samples import BUCKET, reasons, status, template, values

ARCHIVE = {
    "Type": "AWS::S3::Bucket",
    "Properties": {
        "BucketName": {"Fn::Sub": "${Name}-archive"},
        "Tags": [{"Key": "version", "Value": {"Fn::Sub": "v${Version}"}}],
    },
}
PARAMETERS = {"Name": {"Type": "String"}, "Version": {"Type": "String", "Default": "1"}}


def body(**resources: Any) -> str:
    return template(resources, Parameters=PARAMETERS)


def change_set(cloud: Cloud, kind: str, name: str, text: str, **given: str) -> dict[str, Any]:
    cloudformation = cloud.client("cloudformation")
    made = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=new_name("changes"),
        ChangeSetType=kind,
        TemplateBody=text,
        Parameters=values({"Name": name, **given}),
    )
    found: dict[str, Any] = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    return found


def execute(cloud: Cloud, found: dict[str, Any]) -> str:
    cloud.client("cloudformation").execute_change_set(ChangeSetName=found["ChangeSetId"])
    return status(cloud, found["StackName"])


def changes_of(found: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    parts = [change["ResourceChange"] for change in found["Changes"]]
    return [(part["Action"], part["LogicalResourceId"], part.get("Replacement")) for part in parts]


def changes_by_a_parameter(cloud: Cloud) -> list[tuple[str, str, str | None]]:
    name = new_name("stack")
    execute(cloud, change_set(cloud, "CREATE", name, body(Bucket=BUCKET, Archive=ARCHIVE)))
    found = change_set(cloud, "UPDATE", name, body(Bucket=BUCKET, Archive=ARCHIVE), Version="2")
    return changes_of(found)


def test_plain_moto_sees_no_change_by_a_parameter_in_a_sub(plain: Cloud) -> None:
    assert changes_by_a_parameter(plain) == []


def test_a_change_set_names_what_a_parameter_changes(cloud: Cloud) -> None:
    assert changes_by_a_parameter(cloud) == [("Modify", "Archive", "False")]


def test_a_change_set_makes_nothing_until_it_is_executed(cloud: Cloud) -> None:
    name = new_name("stack")
    found = change_set(cloud, "CREATE", name, body(Bucket=BUCKET))
    assert changes_of(found) == [("Add", "Bucket", None)]
    assert status(cloud, name) == "REVIEW_IN_PROGRESS"
    with pytest.raises(ClientError, match="404"):
        cloud.client("s3").head_bucket(Bucket=name)
    assert execute(cloud, found) == "CREATE_COMPLETE"
    cloud.client("s3").head_bucket(Bucket=name)


def test_a_change_set_lists_additions_removals_and_replacements(cloud: Cloud) -> None:
    name = new_name("stack")
    execute(cloud, change_set(cloud, "CREATE", name, body(Bucket=BUCKET, Archive=ARCHIVE)))
    renamed = {**ARCHIVE, "Properties": {"BucketName": {"Fn::Sub": "${Name}-old"}}}
    more = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}}
    found = change_set(cloud, "UPDATE", name, body(Archive=renamed, Queue=more))
    assert changes_of(found) == [
        ("Modify", "Archive", "True"),
        ("Add", "Queue", None),
        ("Remove", "Bucket", None),
    ]
    assert execute(cloud, found) == "UPDATE_COMPLETE"
    assert {bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]} & {
        name,
        f"{name}-archive",
        f"{name}-old",
    } == {f"{name}-old"}


def test_a_change_set_without_changes_has_failed_and_says_why(cloud: Cloud) -> None:
    name = new_name("stack")
    execute(cloud, change_set(cloud, "CREATE", name, body(Bucket=BUCKET)))
    found = change_set(cloud, "UPDATE", name, body(Bucket=BUCKET))
    assert found["Status"] == "FAILED"
    assert found["StatusReason"].startswith("The submitted information didn't contain changes.")


def test_a_change_set_that_fails_rolls_back_and_its_stack_can_only_be_deleted(
    cloud: Cloud,
) -> None:
    name = new_name("stack")
    wrong = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "none-such"}}
    found = change_set(cloud, "CREATE", name, body(Bucket=BUCKET, Wrong=wrong))
    assert execute(cloud, found) == "ROLLBACK_COMPLETE"
    assert set(reasons(cloud, name)) == {"Wrong"}
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state"):
        change_set(cloud, "UPDATE", name, body(Bucket=BUCKET))
    cloud.client("cloudformation").delete_stack(StackName=name)
    found = change_set(cloud, "CREATE", name, body(Bucket=BUCKET))
    assert execute(cloud, found) == "CREATE_COMPLETE"


def test_a_stack_is_not_created_twice(cloud: Cloud) -> None:
    name = new_name("stack")
    execute(cloud, change_set(cloud, "CREATE", name, body(Bucket=BUCKET)))
    with pytest.raises(ClientError, match="already exists"):
        change_set(cloud, "CREATE", name, body(Bucket=BUCKET))
