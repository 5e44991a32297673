"""Stacks that the tests of the stand-in's CloudFormation make."""

from __future__ import annotations

from typing import Any

import yaml

from tests.cloud.cloud import Cloud

BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "Name"}}}


def template(resources: dict[str, Any], **more: Any) -> str:
    """A template with a parameter `Name`."""
    parts = {"Parameters": {"Name": {"Type": "String"}}, "Resources": resources, **more}
    return yaml.safe_dump(parts, sort_keys=False)


def values(given: dict[str, str]) -> list[dict[str, str]]:
    """Values of parameters as CloudFormation's calls want them."""
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]


def create(cloud: Cloud, name: str, body: str, **given: str) -> str:
    """Make a stack and return its status."""
    cloud.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=body,
        Parameters=values({"Name": name, **given}),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    return status(cloud, name)


def update(cloud: Cloud, name: str, body: str, **given: str) -> str:
    """Update a stack and return its status."""
    cloud.client("cloudformation").update_stack(
        StackName=name,
        TemplateBody=body,
        Parameters=values({"Name": name, **given}),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    return status(cloud, name)


def status(cloud: Cloud, name: str) -> str:
    """A stack's status."""
    found = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return str(found["StackStatus"])


def reasons(cloud: Cloud, name: str) -> dict[str, str]:
    """Logical ids of the resources that failed, and why."""
    events = cloud.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return {
        event["LogicalResourceId"]: event["ResourceStatusReason"]
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
    }


def outputs(cloud: Cloud, name: str) -> dict[str, str]:
    """A stack's outputs."""
    found = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
