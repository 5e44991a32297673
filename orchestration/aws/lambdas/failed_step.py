"""Which step of an execution failed, read from its history."""

from __future__ import annotations

import logging
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

_LOGGER = logging.getLogger(__name__)
# Enough to get from a failure back to the state it was in, whatever other branches did meanwhile.
_EVENTS = 1000
_FAILURES = ("TaskFailed", "TaskTimedOut", "TaskSubmitFailed", "TaskStartFailed")


def failed_step(execution_arn: str) -> str | None:
    """Name of the state in which a task failed last; None if the history does not tell.

    The explanation of a failure must not fail itself, so an unreadable history is no error.
    """
    states: Any = boto3.client("stepfunctions")
    try:
        history = states.get_execution_history(
            executionArn=execution_arn,
            reverseOrder=True,
            maxResults=_EVENTS,
            includeExecutionData=False,
        )
    except (BotoCoreError, ClientError) as error:
        _LOGGER.warning("the history of %s can't be read: %s", execution_arn, error)
        return None
    return _step_of({event["id"]: event for event in history["events"]})


def _step_of(by_id: dict[int, dict[str, Any]]) -> str | None:
    failures = [number for number, event in by_id.items() if event["type"] in _FAILURES]
    event = by_id[max(failures)] if failures else None
    while event is not None:
        if "stateEnteredEventDetails" in event:
            return str(event["stateEnteredEventDetails"]["name"])
        event = by_id.get(event.get("previousEventId", 0))
    return None
