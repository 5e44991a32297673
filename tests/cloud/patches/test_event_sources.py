from __future__ import annotations

import json
from typing import Any

from tests.cloud.cloud import Cloud
from tests.cloud.samples import bodies, new_function, queue_of


def reports(url: str, then: str) -> str:
    """Code of a function that tells a queue what came, and then does as given."""
    return f"""
import boto3, json
def handler(event, context):
    come = [record["body"] for record in event["Records"]]
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps(come))
    {then}
"""


def feed(cloud: Cloud, function: str, queue: str, **settings: Any) -> None:
    cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=queue, FunctionName=function, **settings
    )


def send(cloud: Cloud, url: str, *messages: str) -> None:
    for message in messages:
        cloud.client("sqs").send_message(QueueUrl=url, MessageBody=message)


def batches(cloud: Cloud, then: str = "pass") -> list[Any]:
    told, _ = queue_of(cloud)
    url, arn = queue_of(cloud)
    function = new_function(cloud, reports(told, then))
    feed(cloud, function, arn, MaximumBatchingWindowInSeconds=60, BatchSize=10)
    send(cloud, url, "a", "b", "c")
    first: list[Any] = cloud.until(lambda: bodies(cloud, told))
    return first


def test_plain_moto_hands_no_batch_to_a_function(plain: Cloud) -> None:
    told, _ = queue_of(plain)
    url, arn = queue_of(plain)
    feed(plain, new_function(plain, reports(told, "pass")), arn, MaximumBatchingWindowInSeconds=60)
    send(plain, url, "a", "b", "c")
    assert bodies(plain, told) == []


def test_messages_of_a_window_come_in_one_call(cloud: Cloud) -> None:
    (batch,) = batches(cloud)
    assert sorted(batch) == ["a", "b", "c"]


def test_only_the_items_that_an_answer_names_come_again(cloud: Cloud) -> None:
    told, _ = queue_of(cloud)
    url, arn = queue_of(cloud, VisibilityTimeout="60")
    answer = """
    failed = [record["messageId"] for record in event["Records"]
              if record["body"] == "b" and record["attributes"]["ApproximateReceiveCount"] == "1"]
    return {"batchItemFailures": [{"itemIdentifier": item} for item in failed]}
"""
    function = new_function(cloud, reports(told, answer.strip()))
    feed(
        cloud,
        function,
        arn,
        MaximumBatchingWindowInSeconds=60,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    send(cloud, url, "a", "b")
    assert sorted(cloud.until(lambda: bodies(cloud, told))[0]) == ["a", "b"]
    assert cloud.until(lambda: bodies(cloud, told)) == [["b"]]


def test_what_always_fails_ends_in_the_queue_of_the_dead(cloud: Cloud) -> None:
    told, _ = queue_of(cloud)
    dead, dead_arn = queue_of(cloud)
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, arn = queue_of(cloud, VisibilityTimeout="60", RedrivePolicy=policy)
    feed(cloud, new_function(cloud, reports(told, "raise ValueError")), arn)
    send(cloud, url, '"x"')
    assert cloud.until(lambda: bodies(cloud, told)) == [['"x"']]
    assert cloud.until(lambda: bodies(cloud, told)) == [['"x"']]
    assert cloud.until(lambda: bodies(cloud, dead)) == ["x"]
