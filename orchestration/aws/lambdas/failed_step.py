"""Which step of an execution failed, read from its history."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

_LOGGER = logging.getLogger(__name__)
# Enough to get from a failure back to the state it was in, whatever other branches did meanwhile.
_EVENTS = 1000
_FAILURES = ("TaskFailed", "TaskTimedOut", "TaskSubmitFailed", "TaskStartFailed")


@dataclass(frozen=True)
class Step:
    """A step of an execution.

    Attributes:
        name: Of its state.
        item: The table or date that it works on, where a map runs the state for each; else empty.
    """

    name: str
    item: str = ""

    def __str__(self) -> str:
        return f"{self.name} of {self.item}" if self.item else self.name


def failed_step(execution_arn: str) -> Step | None:
    """The step in which a task failed last; None if the history does not say.

    The explanation of a failure must not fail itself, so an unreadable history is no error.
    """
    states: Any = boto3.client("stepfunctions")
    try:
        history = states.get_execution_history(
            executionArn=execution_arn,
            reverseOrder=True,
            maxResults=_EVENTS,
        )
    except (BotoCoreError, ClientError) as error:
        _LOGGER.warning("the history of %s can't be read: %s", execution_arn, error)
        return None
    return _step_of({event["id"]: event for event in history["events"]})


def _step_of(by_id: dict[int, dict[str, Any]]) -> Step | None:
    failures = [number for number, event in by_id.items() if event["type"] in _FAILURES]
    event = by_id[max(failures)] if failures else None
    while event is not None:
        if "stateEnteredEventDetails" in event:
            entered = event["stateEnteredEventDetails"]
            return Step(str(entered["name"]), _item_in(entered.get("input", "")))
        event = by_id.get(event.get("previousEventId", 0))
    return None


def _item_in(text: str) -> str:
    """What the maps of the state machines hand to each of their steps."""
    try:
        found = json.loads(text)
    except ValueError:
        return ""
    return str(found.get("table") or found.get("date") or "") if isinstance(found, dict) else ""
