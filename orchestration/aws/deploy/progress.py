"""What CloudFormation reports of a stack that is at work: its events, and why it failed.

Data flow: events of resources, as they come -> words for a person -> the first real failure
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ingestion.errors import LakehouseError
from orchestration.aws.deploy.deployed import status_of

POLL_SECONDS = 2.0
# The failure of one resource stops the others; theirs is not the reason.
_CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled")
# What to do about a stack that CloudFormation could not bring to rest; it can't be deployed to.
_DELETE = (
    "Correct what its events name as not deleted, then run"
    " `aws cloudformation delete-stack --stack-name {stack}` and deploy again"
)
WAYS_OUT = {
    "ROLLBACK_FAILED": _DELETE,
    "DELETE_FAILED": _DELETE,
    "UPDATE_ROLLBACK_FAILED": (
        "Correct what its events name as failed, then run"
        " `aws cloudformation continue-update-rollback --stack-name {stack}` and deploy again"
    ),
}
_LOOK = "Look at the stack before you deploy again"
_IS_BACK = ("ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")

Say = Callable[[str], None]


def pause() -> None:
    """Wait until it is worth to look again."""
    time.sleep(POLL_SECONDS)


def events_of(cloudformation: Any, stack: str) -> list[dict[str, Any]]:
    """All events of a stack, the oldest first."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    newest_first = [event for page in pages for event in page["StackEvents"]]
    return newest_first[::-1]


def follow(cloudformation: Any, stack: str, seen: set[str], say: Say) -> list[dict[str, Any]]:
    """Report events as they come, until the stack is at rest; returns all of them."""
    new: list[dict[str, Any]] = []
    while True:
        status = status_of(stack) or ""
        for event in events_of(cloudformation, stack):
            if event["EventId"] not in seen:
                seen.add(event["EventId"])
                new.append(event)
                say(f"{event['LogicalResourceId']} {_words(event)}")
        # The status is asked for first, so that the last events are not missed.
        if not status.endswith("_IN_PROGRESS"):
            return new
        pause()


def _words(event: dict[str, Any]) -> str:
    return str(event["ResourceStatus"]).lower().replace("_", " ")


def failure_of(stack: str, status: str, events: list[dict[str, Any]]) -> LakehouseError:
    """The error for a deployment that went wrong: the resource that failed, why, and what to do.

    Args:
        stack: Its name.
        status: At the end.
        events: Of this deployment, the oldest first.
    """
    for event in events:
        reason = str(event.get("ResourceStatusReason") or "")
        is_failure = str(event["ResourceStatus"]).endswith("_FAILED")
        if is_failure and not reason.startswith(_CONSEQUENCES):
            problem = f"{event['LogicalResourceId']} ({event['ResourceType']}) failed: {reason}"
            break
    else:
        problem = "no event says why"
    all_events = f"aws cloudformation describe-stack-events --stack-name {stack}"
    if status in _IS_BACK:
        what_now = "What was there before is in place again. Correct the cause, then deploy again"
    else:
        what_now = f"What was there before is not in place again. {WAYS_OUT.get(status, _LOOK)}"
    return LakehouseError(
        f"{stack} is {status}: {problem}",
        f"{what_now.format(stack=stack)}; all events: {all_events}",
    )
