from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cloud.cloud import Cloud
from tests.cloud.samples import (
    bodies,
    new_bucket,
    new_function,
    new_machine,
    new_name,
    queue_of,
)


def told_bucket(cloud: Cloud) -> str:
    """Make a bucket that tells EventBridge about its objects."""
    bucket = new_bucket(cloud)
    cloud.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return bucket


def rule_for(cloud: Cloud, bucket: str, target: dict[str, Any]) -> None:
    """Send each new object under raw/ to a target."""
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "raw/"}]}},
    }
    name = new_name("rule")
    cloud.client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    cloud.client("events").put_targets(Rule=name, Targets=[{"Id": "1", **target}])


def put(cloud: Cloud, bucket: str, *keys: str) -> None:
    for key in keys:
        cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")


def executions(cloud: Cloud, machine: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("stepfunctions").list_executions(
        stateMachineArn=machine
    )["executions"]
    return found


def arrive(cloud: Cloud) -> str:
    bucket, machine = told_bucket(cloud), new_machine(cloud, {"Done": {"Type": "Succeed"}})
    rule_for(cloud, bucket, {"Arn": machine, "RoleArn": "arn:aws:iam::123456789012:role/any"})
    put(cloud, bucket, "raw/orders.csv")
    return machine


def test_plain_moto_starts_no_execution_for_an_event(plain: Cloud) -> None:
    machine = arrive(plain)
    with pytest.raises(TimeoutError):
        plain.until(lambda: executions(plain, machine), seconds=2)


def test_an_event_starts_an_execution_with_the_event_as_input(cloud: Cloud) -> None:
    machine = arrive(cloud)
    (execution,) = cloud.until(lambda: executions(cloud, machine))
    found = cloud.client("stepfunctions").describe_execution(executionArn=execution["executionArn"])
    event = json.loads(found["input"])
    assert event["detail"]["object"]["key"] == "raw/orders.csv"
    assert event["detail-type"] == "Object Created"
    assert event["time"].endswith("Z")


def test_events_that_match_alone_come_into_a_queue_each_with_an_id(cloud: Cloud) -> None:
    bucket = told_bucket(cloud)
    url, arn = queue_of(cloud)
    rule_for(cloud, bucket, {"Arn": arn})
    put(cloud, bucket, "silver/x", "raw/a", "raw/b")
    found = cloud.until(lambda: bodies(cloud, url))
    while len(found) < 2:
        found += cloud.until(lambda: bodies(cloud, url))
    assert sorted(event["detail"]["object"]["key"] for event in found) == ["raw/a", "raw/b"]
    assert len({event["id"] for event in found}) == 2


def test_a_target_with_an_input_of_its_own_gets_that(cloud: Cloud) -> None:
    bucket = told_bucket(cloud)
    url, arn = queue_of(cloud)
    rule_for(cloud, bucket, {"Arn": arn, "Input": '{"trigger": "arrivals"}'})
    put(cloud, bucket, "raw/a")
    assert cloud.until(lambda: bodies(cloud, url)) == [{"trigger": "arrivals"}]


def test_a_target_can_get_parts_of_an_event(cloud: Cloud) -> None:
    bucket = told_bucket(cloud)
    url, arn = queue_of(cloud)
    paths = {"key": "$.detail.object.key", "detail": "$.detail.bucket"}
    template = '{"trigger": "arrivals", "key": <key>, "bucket": <detail>}'
    transformer = {"InputPathsMap": paths, "InputTemplate": template}
    rule_for(cloud, bucket, {"Arn": arn, "InputTransformer": transformer})
    put(cloud, bucket, "raw/a")
    expected = {"trigger": "arrivals", "key": "raw/a", "bucket": {"name": bucket}}
    assert cloud.until(lambda: bodies(cloud, url)) == [expected]


def test_an_event_calls_a_function(cloud: Cloud) -> None:
    bucket = told_bucket(cloud)
    url, _ = queue_of(cloud)
    function = new_function(
        cloud,
        f"""
import boto3, json
def handler(event, context):
    key = event["detail"]["object"]["key"]
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps(key))
""",
    )
    arn = cloud.client("lambda").get_function(FunctionName=function)
    rule_for(cloud, bucket, {"Arn": arn["Configuration"]["FunctionArn"]})
    put(cloud, bucket, "raw/a")
    assert cloud.until(lambda: bodies(cloud, url)) == ["raw/a"]


def test_a_rule_with_a_schedule_can_be_fired(cloud: Cloud) -> None:
    url, _ = queue_of(cloud)
    function = new_function(
        cloud,
        f"""
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps(event))
""",
    )
    arn = cloud.client("lambda").get_function(FunctionName=function)
    name = new_name("rule")
    cloud.client("events").put_rule(Name=name, ScheduleExpression="rate(1 day)")
    target = {"Id": "1", "Arn": arn["Configuration"]["FunctionArn"]}
    template = '{"trigger": "schedule", "time": <time>}'
    given = {"InputPathsMap": {"time": "$.time"}, "InputTemplate": template}
    cloud.client("events").put_targets(Rule=name, Targets=[{**target, "InputTransformer": given}])
    cloud.fire(name, datetime(2025, 4, 2, 5, tzinfo=UTC))
    expected = {"trigger": "schedule", "time": "2025-04-02T05:00:00Z"}
    assert cloud.until(lambda: bodies(cloud, url)) == [expected]


def test_a_rule_with_a_schedule_alone_hears_of_no_event(cloud: Cloud) -> None:
    bucket = told_bucket(cloud)
    url, arn = queue_of(cloud)
    name = new_name("rule")
    cloud.client("events").put_rule(Name=name, ScheduleExpression="rate(1 day)")
    cloud.client("events").put_targets(
        Rule=name, Targets=[{"Id": "1", "Arn": arn, "Input": '"by the clock"'}]
    )
    rule_for(cloud, bucket, {"Arn": arn, "Input": '"by an event"'})
    put(cloud, bucket, "raw/a", "raw/b")
    found = cloud.until(lambda: bodies(cloud, url))
    while len(found) < 2:
        found += cloud.until(lambda: bodies(cloud, url))
    assert found == ["by an event", "by an event"]
