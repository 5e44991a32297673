from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.cloud import Cloud
from tests.cloud.samples import bodies, new_function, queue_of


def call(cloud: Cloud, code: str, event: Any = None, timeout: int = 10) -> tuple[bool, Any]:
    """Whether the call failed, and the answer."""
    function = new_function(cloud, code, timeout)
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event or {}))
    return "FunctionError" in answer, json.loads(answer["Payload"].read())


ADDS = "def handler(event, context): return event['a'] + 1"


def test_plain_moto_runs_no_function_without_docker(plain: Cloud) -> None:
    function = new_function(plain, ADDS)
    answer = plain.client("lambda").invoke(FunctionName=function, Payload=b'{"a": 1}')
    assert answer["Payload"].read() != b"2"


def test_a_function_runs_its_code_with_event_and_context(cloud: Cloud) -> None:
    assert call(cloud, ADDS, {"a": 1}) == (False, 2)
    code = """
def handler(event, context):
    return [context.function_name in context.invoked_function_arn, len(context.aws_request_id),
            0 < context.get_remaining_time_in_millis() <= 10_000]
"""
    assert call(cloud, code) == (False, [True, 36, True])


def test_an_exception_is_named_in_the_answer(cloud: Cloud) -> None:
    code = "class OddDate(Exception): pass\ndef handler(event, context): raise OddDate('April 31')"
    failed, answer = call(cloud, code)
    assert failed
    assert (answer["errorType"], answer["errorMessage"]) == ("OddDate", "April 31")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import os\ndef handler(event, context): os._exit(3)", "Runtime.ExitError"),
        ("def handler(event, context): return {1}", "TypeError"),
        ("def other(event, context): pass", "Runtime.HandlerNotFound"),
        ("import pandas\ndef handler(event, context): pass", "Runtime.ImportModuleError"),
        ("import ingestion\ndef handler(event, context): pass", "Runtime.ImportModuleError"),
        ("import time\ndef handler(event, context): time.sleep(60)", "Sandbox.Timedout"),
    ],
)
def test_what_stops_a_function_is_named_as_on_aws(cloud: Cloud, code: str, error: str) -> None:
    failed, answer = call(cloud, code, timeout=2)
    assert failed
    assert answer["errorType"] == error


def test_an_event_without_an_answer_is_tried_three_times(cloud: Cloud) -> None:
    url, _ = queue_of(cloud)
    code = f"""
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody="1")
    raise ValueError
"""
    function = new_function(cloud, code)
    cloud.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
    tries = [cloud.until(lambda: bodies(cloud, url)) for _ in range(3)]
    assert tries == [[1], [1], [1]]
