"""One CloudFormation stack: what would change, by a change set, and carrying it out.

Data flow: template + parameters -> change set -> changes, or none needed -> executed,
followed by its events until the stack is at rest -> the resource that failed, and why
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ingestion.errors import LakehouseError
from orchestration.aws.deploy.deployed import EMPTY, REVIEW, status_of
from orchestration.aws.deploy.progress import (
    WAYS_OUT,
    Say,
    events_of,
    failure_of,
    follow,
    pause,
)
from orchestration.state.aws_clients import explained, new_client

# How CloudFormation says that there is nothing to do.
_NOTHING = ("didn't contain changes", "No updates are to be performed")
_WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@dataclass(frozen=True)
class Source:
    """What a stack is made from.

    Attributes:
        template: `TemplateBody` or `TemplateURL`, with its value.
        parameters: Name to value.
        tags: Name to value, for every resource.
        kept: Parameters that keep the value that the stack has.
    """

    template: tuple[str, str]
    parameters: dict[str, str]
    tags: dict[str, str]
    kept: tuple[str, ...] = ()


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
    """What a change set would do.

    Attributes:
        stack: Name of the stack.
        arn: Of the change set.
        changes: Of resources; none if only the outputs of the stack change.
        is_new: The stack is not there yet.
        is_needed: False if the stack is up to date; then the change set is gone already.
    """

    stack: str
    arn: str
    changes: tuple[Change, ...]
    is_new: bool
    is_needed: bool = True


def propose(stack: str, source: Source) -> ChangeSet:
    """Make a change set, and keep none if the stack is up to date.

    Raises:
        LakehouseError: The stack can't be deployed to, or the template is refused.
    """
    with explained(f"What would change in {stack} can't be found out"):
        cloudformation = new_client("cloudformation")
        status = status_of(stack)
        _require_at_rest(stack, status)
        is_new = status in (None, REVIEW, "DELETE_COMPLETE")
        kind, template = source.template
        kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in source.kept]
        made = cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=f"deploy-{uuid.uuid4().hex[:12]}",
            ChangeSetType="CREATE" if is_new else "UPDATE",
            Parameters=[*_pairs(source.parameters, "Parameter"), *kept],
            Tags=_pairs(source.tags, ""),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **{kind: template},
        )
        proposed = ChangeSet(stack, made["Id"], (), is_new)
        found = _settled(cloudformation, proposed)
        if found["Status"] == "FAILED":
            withdraw(proposed)
            return _needless(proposed, found.get("StatusReason") or "")
        # Complete and without changes is one of outputs alone: the next stack may import them.
        return replace(proposed, changes=tuple(_changes(cloudformation, made["Id"], stack)))


def _needless(proposed: ChangeSet, reason: str) -> ChangeSet:
    if any(words in reason for words in _NOTHING):
        return replace(proposed, is_needed=False)
    raise LakehouseError(
        f"CloudFormation refuses the template of {proposed.stack}: {reason}",
        "Correct what it names in orchestration/aws/cloudformation/, then deploy again.",
    )


def withdraw(proposed: ChangeSet) -> None:
    """Delete a change set, with the empty stack that it may have made."""
    cloudformation = new_client("cloudformation")
    cloudformation.delete_change_set(ChangeSetName=proposed.arn, StackName=proposed.stack)
    if proposed.is_new and status_of(proposed.stack) == REVIEW:
        cloudformation.delete_stack(StackName=proposed.stack)


def execute(proposed: ChangeSet, say: Say = lambda what: None) -> None:
    """Carry out a change set and wait for its end.

    Args:
        proposed: One that is needed.
        say: Called with each event of a resource, in words.

    Raises:
        LakehouseError: A resource failed, so that CloudFormation went back to what was before.
    """
    with explained(f"{proposed.stack} can't be deployed"):
        cloudformation = new_client("cloudformation")
        seen = {event["EventId"] for event in events_of(cloudformation, proposed.stack)}
        cloudformation.execute_change_set(ChangeSetName=proposed.arn, StackName=proposed.stack)
        new = follow(cloudformation, proposed.stack, seen, say)
        status = status_of(proposed.stack)
        if status not in _WELL:
            raise failure_of(proposed.stack, str(status), new)


def remove_empty(stack: str) -> None:
    """Delete what a first deployment that failed has left: a stack without resources.

    Raises:
        LakehouseError: CloudFormation refuses.
    """
    with explained(f"The empty stack {stack} can't be deleted"):
        if status_of(stack) != EMPTY:
            return
        new_client("cloudformation").delete_stack(StackName=stack)
        while status_of(stack) in (EMPTY, "DELETE_IN_PROGRESS"):
            pause()


def _require_at_rest(stack: str, status: str | None) -> None:
    if status in WAYS_OUT:
        raise LakehouseError(
            f"{stack} is {status}: it can't be deployed to.",
            f"{WAYS_OUT[status].format(stack=stack)}; all events:"
            f" aws cloudformation describe-stack-events --stack-name {stack}",
        )
    if status and status != REVIEW and status.endswith("_IN_PROGRESS"):
        raise LakehouseError(
            f"{stack} is at work: {status}.", "Wait until it is at rest, then deploy again."
        )


def _settled(cloudformation: Any, proposed: ChangeSet) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = cloudformation.describe_change_set(
            ChangeSetName=proposed.arn, StackName=proposed.stack
        )
        if found["Status"] in ("CREATE_COMPLETE", "FAILED"):
            return found
        pause()


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


def _pairs(values: dict[str, str], prefix: str) -> list[dict[str, str]]:
    return [{f"{prefix}Key": key, f"{prefix}Value": value} for key, value in values.items()]
