"""One CloudFormation stack: what would change, by a change set, and carrying it out.

Data flow: template + parameters -> change set -> changes, none if it is up to date -> executed,
followed by its events until the stack is at rest -> the resource that failed, and why
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ingestion.errors import LakehouseError
from orchestration.aws.clients import error_code, explained, new_client

POLL_SECONDS = 2.0
# How CloudFormation says that there is nothing to do.
_NOTHING = ("didn't contain changes", "No updates are to be performed")
# Left behind by a first deployment that failed; it holds nothing and can't be updated.
_USELESS = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
_WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_REVIEW = "REVIEW_IN_PROGRESS"
# The failure of one resource stops the others; theirs is not the reason.
_CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """What a stack is made from.

    Attributes:
        template: `TemplateBody` or `TemplateURL`, with its value.
        parameters: Name to value.
        tags: Name to value, for every resource.
    """

    template: tuple[str, str]
    parameters: dict[str, str]
    tags: dict[str, str]


@dataclass(frozen=True)
class Change:
    """What happens to one resource.

    Attributes:
        action: Add, Modify, Remove, Import or Dynamic.
        resource: Its logical id.
        type: Such as `AWS::S3::Bucket`.
        replacement: CloudFormation's word: True, False or Conditional; empty unless modified.
    """

    action: str
    resource: str
    type: str
    replacement: str


@dataclass(frozen=True)
class ChangeSet:
    """A change set that waits to be executed.

    Attributes:
        stack: Name of the stack.
        arn: Of the change set.
        changes: What it would do; empty if the stack is up to date, and then there is none.
        is_new: The stack is not there yet.
    """

    stack: str
    arn: str
    changes: tuple[Change, ...]
    is_new: bool


def status_of(stack: str) -> str | None:
    """CloudFormation's word for the state of a stack, None if there is none."""
    try:
        found = new_client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error_code(error) == "ValidationError":
            return None
        raise
    return str(found[0]["StackStatus"])


def propose(stack: str, source: Source) -> ChangeSet:
    """Make a change set, and none if nothing would change.

    Raises:
        LakehouseError: The stack is at work, or the template is refused.
    """
    with explained(f"What would change in {stack} can't be found out"):
        cloudformation = new_client("cloudformation")
        status = _ready_status(cloudformation, stack)
        is_new = status in (None, _REVIEW)
        kind, template = source.template
        made = cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=f"deploy-{uuid.uuid4().hex[:12]}",
            ChangeSetType="CREATE" if is_new else "UPDATE",
            Parameters=_pairs(source.parameters, "Parameter"),
            Tags=_pairs(source.tags, ""),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **{kind: template},
        )
        proposed = ChangeSet(stack, made["Id"], (), is_new)
        found = _settled(cloudformation, proposed)
        reason = found.get("StatusReason") or ""
        if found["Status"] == "FAILED":
            withdraw(proposed)
            if any(words in reason for words in _NOTHING):
                return proposed
            raise LakehouseError(
                f"CloudFormation refuses the template of {stack}: {reason}",
                "Correct what it names in orchestration/cloudformation/, then deploy again.",
            )
        changes = tuple(_changes(cloudformation, made["Id"], stack))
    if not changes:
        withdraw(proposed)
    return ChangeSet(stack, made["Id"], changes, is_new)


def withdraw(proposed: ChangeSet) -> None:
    """Delete a change set, with the empty stack that it may have made."""
    cloudformation = new_client("cloudformation")
    cloudformation.delete_change_set(ChangeSetName=proposed.arn, StackName=proposed.stack)
    if proposed.is_new and status_of(proposed.stack) == _REVIEW:
        cloudformation.delete_stack(StackName=proposed.stack)


def execute(proposed: ChangeSet, tell: Tell = lambda what: None) -> None:
    """Carry out a change set and wait for its end.

    Args:
        proposed: With changes.
        tell: Called with each event of a resource, in words.

    Raises:
        LakehouseError: A resource failed, so that CloudFormation went back to what was before.
    """
    with explained(f"{proposed.stack} can't be deployed"):
        cloudformation = new_client("cloudformation")
        seen = {event["EventId"] for event in _events(cloudformation, proposed.stack)}
        cloudformation.execute_change_set(ChangeSetName=proposed.arn, StackName=proposed.stack)
        new = _followed(cloudformation, proposed.stack, seen, tell)
        status = status_of(proposed.stack)
        if status not in _WELL:
            raise _failure(proposed.stack, str(status), new)


def _ready_status(cloudformation: Any, stack: str) -> str | None:
    """The status of a stack that can be deployed to; one that is useless is deleted first."""
    status = status_of(stack)
    if status in _USELESS:
        cloudformation.delete_stack(StackName=stack)
        while status_of(stack) not in (None, "DELETE_COMPLETE", "DELETE_FAILED"):
            time.sleep(POLL_SECONDS)
        status = status_of(stack)
    if status == "DELETE_COMPLETE":
        return None
    if status == "UPDATE_ROLLBACK_FAILED":
        raise LakehouseError(
            f"{stack} could not go back to what it was before an update.",
            f"Run `aws cloudformation continue-update-rollback --stack-name {stack}`, then deploy.",
        )
    if status and status != _REVIEW and status.endswith("_IN_PROGRESS"):
        raise LakehouseError(
            f"{stack} is at work: {status}.", "Wait until it is at rest, then deploy again."
        )
    return status


def _settled(cloudformation: Any, proposed: ChangeSet) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = cloudformation.describe_change_set(
            ChangeSetName=proposed.arn, StackName=proposed.stack
        )
        if found["Status"] in ("CREATE_COMPLETE", "FAILED"):
            return found
        time.sleep(POLL_SECONDS)


def _changes(cloudformation: Any, arn: str, stack: str) -> Iterator[Change]:
    page: dict[str, Any] = {"ChangeSetName": arn, "StackName": stack}
    while True:
        found = cloudformation.describe_change_set(**page)
        for change in found.get("Changes", []):
            resource = change["ResourceChange"]
            yield Change(
                resource["Action"],
                resource["LogicalResourceId"],
                resource["ResourceType"],
                str(resource.get("Replacement") or ""),
            )
        if not found.get("NextToken"):
            return
        page["NextToken"] = found["NextToken"]


def _events(cloudformation: Any, stack: str) -> list[dict[str, Any]]:
    """All events of a stack, the oldest first."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    newest_first = [event for page in pages for event in page["StackEvents"]]
    return newest_first[::-1]


def _followed(cloudformation: Any, stack: str, seen: set[str], tell: Tell) -> list[dict[str, Any]]:
    """Tell of events as they come, until the stack is at rest; returns all of them."""
    new: list[dict[str, Any]] = []
    while True:
        status = status_of(stack) or ""
        for event in _events(cloudformation, stack):
            if event["EventId"] not in seen:
                seen.add(event["EventId"])
                new.append(event)
                tell(f"{event['LogicalResourceId']} {_words(event)}")
        # The status is asked for first, so that the last events are not missed.
        if not status.endswith("_IN_PROGRESS"):
            return new
        time.sleep(POLL_SECONDS)


def _words(event: dict[str, Any]) -> str:
    return str(event["ResourceStatus"]).lower().replace("_", " ")


def _failure(stack: str, status: str, events: list[dict[str, Any]]) -> LakehouseError:
    for event in events:
        reason = str(event.get("ResourceStatusReason") or "")
        is_failure = str(event["ResourceStatus"]).endswith("_FAILED")
        if is_failure and not reason.startswith(_CONSEQUENCES):
            problem = f"{event['LogicalResourceId']} ({event['ResourceType']}) failed: {reason}"
            break
    else:
        problem = "no event says why"
    return LakehouseError(
        f"{stack} is {status}: {problem}",
        "What was there before is in place again. Correct the cause, then deploy again; all events:"
        f" aws cloudformation describe-stack-events --stack-name {stack}",
    )


def _pairs(values: dict[str, str], prefix: str) -> list[dict[str, str]]:
    return [{f"{prefix}Key": key, f"{prefix}Value": value} for key, value in values.items()]
