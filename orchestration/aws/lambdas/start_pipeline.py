"""Start the pipeline: for raw files that arrived, on schedule, or by hand.

Data flow: SQS batch of S3 events -> raw files -> one execution, named for the set of file versions

Arrivals are never lost: while an execution runs, their messages go back to the queue.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

import boto3
from botocore.exceptions import ClientError

_LOGGER = logging.getLogger(__name__)
_LOGGER.setLevel(logging.INFO)
_RAW = "raw/"
# As in ingestion/files.py: notes that may lie beside the table folders.
_NOTES = frozenset({"README.md", "manifest.json"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LOCK = {"lock_name": {"S": "pipeline"}}


@dataclass(frozen=True, order=True)
class Arrival:
    """One version of an object below raw/."""

    key: str
    version: str

    @property
    def is_data(self) -> bool:
        """Whether ingestion would look at it: neither hidden, nor a note, nor a folder's mark."""
        name = self.key.removeprefix(_RAW)
        is_hidden = any(part.startswith((".", "_")) for part in name.split("/"))
        is_raw = self.key.startswith(_RAW) and not self.key.endswith("/")
        return is_raw and not is_hidden and name not in _NOTES


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Start one execution of the pipeline, unless one runs.

    Args:
        event: A batch of SQS messages, each an EventBridge event of S3; or `{"trigger": ..}` with
            the `time` of a scheduled event.
        context: Of the Lambda; the request's id names an execution that was asked for by hand.

    Returns:
        For a batch the messages that have to come again; else the execution's name and whether it
        was started.
    """
    if "Records" in event:
        return {"batchItemFailures": [{"itemIdentifier": i} for i in _start_for(event["Records"])]}
    trigger = str(event.get("trigger", "manual"))
    name = (
        f"daily-{_day(event)}" if trigger == "schedule" else f"{trigger}-{context.aws_request_id}"
    )
    started = not _is_busy() and _start(name, trigger)
    return {"execution": name, "started": started}


def _start_for(records: list[dict[str, Any]]) -> list[str]:
    """Start an execution for these messages and return the ids of those that must come again."""
    unreadable = []
    waiting: dict[str, Arrival] = {}
    for record in records:
        arrival = _arrival(record["body"])
        if arrival is None:
            _LOGGER.error("message %s is no event of S3: %s", record["messageId"], record["body"])
            unreadable.append(record["messageId"])
        elif arrival.is_data:
            waiting[record["messageId"]] = arrival
    if not waiting:
        return unreadable
    if _is_busy():
        _LOGGER.info("an execution runs; %d arrivals wait in the queue", len(waiting))
        return [*unreadable, *waiting]
    _start(execution_name(waiting.values()), "arrivals")
    return unreadable


def _arrival(body: str) -> Arrival | None:
    try:
        found = json.loads(body)["detail"]["object"]
        # Without versioning, the content distinguishes the versions.
        version = found.get("version-id") or found.get("etag") or ""
        return Arrival(unquote_plus(found["key"]), str(version))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def execution_name(arrivals: Iterable[Arrival]) -> str:
    """Name an execution for what arrived: the same file versions, in any order, the same name."""
    versions = sorted(set(arrivals))
    days = [day for arrival in versions for day in _DATE.findall(arrival.key)]
    listed = json.dumps([[arrival.key, arrival.version] for arrival in versions])
    digest = hashlib.sha256(listed.encode()).hexdigest()[:16]
    return f"arrivals-{max(days, default='none')}-{digest}"


def _day(event: dict[str, Any]) -> str:
    found = _DATE.match(str(event.get("time", "")))
    return found.group() if found else datetime.now(UTC).date().isoformat()


def _is_busy() -> bool:
    """Whether an execution of the pipeline runs, or a backfill, which holds the same lock."""
    states = boto3.client("stepfunctions")
    running = states.list_executions(
        stateMachineArn=os.environ["PIPELINE_ARN"], statusFilter="RUNNING", maxResults=1
    )
    if running["executions"]:
        return True
    lock = boto3.client("dynamodb").get_item(
        TableName=os.environ["LOCKS_TABLE"], Key=_LOCK, ConsistentRead=True
    )
    if "Item" not in lock:
        return False
    try:
        holder = states.describe_execution(executionArn=lock["Item"]["holder"]["S"])
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ExecutionDoesNotExist", "InvalidArn"):
            return False
        raise
    return str(holder["status"]) == "RUNNING"


def _start(name: str, trigger: str) -> bool:
    """Start an execution; one of this name has been started for the same reason before."""
    states = boto3.client("stepfunctions")
    try:
        states.start_execution(
            stateMachineArn=os.environ["PIPELINE_ARN"],
            name=name,
            input=json.dumps({"trigger": trigger}),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
        _LOGGER.info("%s was started before", name)
        return False
    _LOGGER.info("started %s", name)
    return True
