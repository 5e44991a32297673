"""EventBridge targets: moto delivers to queues alone, and drops an event whose target is another.

A rule on "Object Created" can have a state machine, a Lambda function, a topic, a build or a queue
as its target, with `Input` or `InputTransformer`. moto also sends every event to a rule that has
only a schedule; such a rule is called by no event here, and nothing keeps its times.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule

from tests.cloud.events import input_of
from tests.cloud.patching import replace
from tests.cloud.stand_in import StandIn


def apply(stand_in: StandIn) -> None:
    """Deliver events to targets of more kinds."""

    def send(old: Any) -> Any:
        def send_to_targets(rule: Rule, event: Any, transform_input: bool = True) -> None:
            if rule.state != "ENABLED" or not rule.event_pattern.get_pattern():
                return
            if not rule.event_pattern.matches_event(event):
                return
            message = _as_sent(event)
            for target in rule.targets:
                stand_in.in_background(
                    lambda target=target: deliver(stand_in, target, message)  # type: ignore[misc]
                )

        return send_to_targets

    replace(Rule, "send_to_targets", send)


def deliver(stand_in: StandIn, target: dict[str, Any], event: dict[str, Any]) -> None:
    """Send one event to one target."""
    arn, body = target["Arn"], input_of(target, event)
    service = arn.split(":")[2]
    if service == "sqs":
        queue = stand_in.client("sqs").get_queue_url(QueueName=arn.rpartition(":")[2])
        stand_in.client("sqs").send_message(QueueUrl=queue["QueueUrl"], MessageBody=body)
    elif service == "states":
        stand_in.client("stepfunctions").start_execution(stateMachineArn=arn, input=body)
    elif service == "lambda":
        stand_in.client("lambda").invoke(
            FunctionName=arn, InvocationType="Event", Payload=body.encode()
        )
    elif service == "sns":
        stand_in.client("sns").publish(TopicArn=arn, Message=body)
    elif service == "codebuild":
        stand_in.client("codebuild").start_build(projectName=arn.rpartition("/")[2])
    else:
        raise NotImplementedError(f"A rule's target of the service {service}")


def _as_sent(event: Any) -> dict[str, Any]:
    """The event as a target gets it: with an id, and its time in words."""
    sent = {**event, "id": str(uuid.uuid4())}
    sent.pop("ingestion-time", None)
    if isinstance(sent.get("time"), int | float):
        sent["time"] = datetime.fromtimestamp(sent["time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return sent
