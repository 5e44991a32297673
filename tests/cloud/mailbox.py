"""A mailbox at a topic of the stand-in cloud: it keeps what people would get by e-mail."""

from __future__ import annotations

import json
from typing import NamedTuple

from tests.cloud.cloud import Cloud


class Mail(NamedTuple):
    """One notification."""

    subject: str
    message: str


def subscribe(cloud: Cloud, topic: str, mailbox: str = "mailbox") -> None:
    """Let a new mailbox keep what is sent to a topic from now on.

    Args:
        cloud: Where the topic is.
        topic: Its ARN.
        mailbox: A name that is free.
    """
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=mailbox)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    cloud.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=found["Attributes"]["QueueArn"]
    )


def received(cloud: Cloud, mailbox: str = "mailbox") -> list[Mail]:
    """Take all notifications out of a mailbox, the oldest first."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=mailbox)["QueueUrl"]
    found: list[Mail] = []
    while some := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for taken in some:
            body = json.loads(taken["Body"])
            found.append(Mail(body["Subject"], body["Message"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"])
    return found
