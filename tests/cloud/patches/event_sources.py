"""Lambda functions fed from queues: moto calls the function at once with each message by itself.

As on AWS, a mapping gathers a batch for its window, calls the function once with it, and takes out
of the queue what went well: with `ReportBatchItemFailures` all but the items that the answer names.
The rest comes back after the queue's visibility time-out, and goes to the dead-letter queue after
`maxReceiveCount` tries. Times are scaled down: a second for a minute, and a window ends no sooner
than a second after the last message.
"""

from __future__ import annotations

import json
import time
from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaBackend
from moto.sqs.models import sqs_backends

from tests.cloud.patching import replace
from tests.cloud.stand_in import ACCOUNT, REGION, StandIn

SCALE = 60
QUIET_SECONDS = 1.0
SECONDS_BETWEEN_LOOKS = 0.1


def apply(stand_in: StandIn) -> None:
    """Poll for each mapping of a queue."""

    def create(old: Any) -> Any:
        def create_event_source_mapping(backend: LambdaBackend, spec: Any) -> EventSourceMapping:
            mapping: EventSourceMapping = old(backend, spec)
            if ":sqs:" in mapping.event_source_arn:
                name = mapping.event_source_arn.rpartition(":")[2]
                queue = sqs_backends[ACCOUNT][REGION].get_queue(name)
                queue.lambda_event_source_mappings.pop(mapping.function_arn)
                stand_in.in_background(Poller(stand_in, backend, mapping).run)
            return mapping

        return create_event_source_mapping

    replace(LambdaBackend, "create_event_source_mapping", create)


class Poller:
    """Feeds a function from a queue for as long as the mapping is there."""

    def __init__(
        self, stand_in: StandIn, backend: LambdaBackend, mapping: EventSourceMapping
    ) -> None:
        self._sqs = stand_in.client("sqs")
        self._functions = stand_in.client("lambda")
        self._backend = backend
        self._mapping = mapping
        name = mapping.event_source_arn.rpartition(":")[2]
        self._url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        self._queue = sqs_backends[ACCOUNT][REGION].get_queue(name)

    def run(self) -> None:
        """Gather and hand over, batch by batch."""
        while self._backend.get_event_source_mapping(self._mapping.uuid) is self._mapping:
            batch = self._gather() if self._mapping.enabled else []
            if batch:
                self._hand_over(batch)
            else:
                time.sleep(SECONDS_BETWEEN_LOOKS)

    def _gather(self) -> list[dict[str, Any]]:
        batch = self._receive(self._mapping.batch_size)
        window = int(self._mapping.max_batch_window or 0)
        if not batch or not window:
            return batch
        end = time.monotonic() + window / SCALE
        last = time.monotonic()
        while len(batch) < self._mapping.batch_size:
            more = self._receive(self._mapping.batch_size - len(batch))
            batch += more
            now = time.monotonic()
            if more:
                last = now
            elif now > end and now > last + QUIET_SECONDS:
                break
            else:
                time.sleep(SECONDS_BETWEEN_LOOKS)
        return batch

    def _receive(self, count: int) -> list[dict[str, Any]]:
        if not self._queue._messages:  # asked without a call, as most often there is none
            return []
        answer = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=min(10, count), AttributeNames=["All"]
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def _hand_over(self, batch: list[dict[str, Any]]) -> None:
        answer = self._functions.invoke(
            FunctionName=self._mapping.function_arn,
            Payload=json.dumps({"Records": [self._record(each) for each in batch]}),
        )
        result = answer["Payload"].read()
        failed = {message["MessageId"] for message in batch}
        if "FunctionError" not in answer:
            failed = self._failed(result, failed)
        seconds = int(self._attributes()["VisibilityTimeout"])
        for message in batch:
            handle = {"QueueUrl": self._url, "ReceiptHandle": message["ReceiptHandle"]}
            if message["MessageId"] in failed:
                self._sqs.change_message_visibility(
                    **handle, VisibilityTimeout=max(1, seconds // SCALE)
                )
            else:
                self._sqs.delete_message(**handle)

    def _failed(self, result: bytes, sent: set[str]) -> set[str]:
        """Ids that the function's answer names; all of them if it makes no sense, as on AWS."""
        if "ReportBatchItemFailures" not in (self._mapping.function_response_types or []):
            return set()
        answer = json.loads(result or "null") or {}
        named = {item.get("itemIdentifier") for item in answer.get("batchItemFailures", [])}
        return named if named <= sent else sent

    def _attributes(self) -> dict[str, str]:
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["All"])
        attributes: dict[str, str] = answer["Attributes"]
        return attributes

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._mapping.event_source_arn,
            "awsRegion": REGION,
        }
