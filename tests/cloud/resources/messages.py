"""Types that tell and watch: SNS, SQS, EventBridge, CloudWatch, its logs."""

from __future__ import annotations

from typing import Any

from tests.cloud.resources.kinds import Kind, Properties, arn, as_update, only, send, text, without
from tests.cloud.stand_in import ACCOUNT, REGION


def _create_topic(sns: Any, properties: Properties, name: str) -> str:
    arguments: Properties = {"Name": name, **only(properties, "Tags")}
    arguments["Attributes"] = without(properties, "TopicName", "Tags", "Subscription")
    topic = str(send(sns, "create_topic", arguments)["TopicArn"])
    for subscription in properties.get("Subscription", []):
        send(sns, "subscribe", {"TopicArn": topic, **subscription})
    return topic


def _set_topic(sns: Any, properties: Properties, topic: str) -> None:
    for name, value in without(properties, "TopicName", "Tags", "Subscription").items():
        sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=text(value))


def _set_topic_policy(sns: Any, properties: Properties, name: str) -> str:
    for topic in properties["Topics"]:
        sns.set_topic_attributes(
            TopicArn=topic,
            AttributeName="Policy",
            AttributeValue=text(properties["PolicyDocument"]),
        )
    return name


def _subscribe(sns: Any, properties: Properties, _: str) -> str:
    arguments = only(properties, "TopicArn", "Protocol", "Endpoint")
    more = without(properties, *arguments)
    answer = send(
        sns, "subscribe", {**arguments, "Attributes": more, "ReturnSubscriptionArn": True}
    )
    return str(answer["SubscriptionArn"])


def _create_queue(sqs: Any, properties: Properties, name: str) -> str:
    arguments: Properties = {"QueueName": name}
    arguments["Attributes"] = without(properties, "QueueName", "Tags")
    if "Tags" in properties:
        arguments["tags"] = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
    send(sqs, "create_queue", arguments)
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"


def _set_queue(sqs: Any, properties: Properties, url: str) -> None:
    attributes = without(properties, "QueueName", "Tags")
    send(sqs, "set_queue_attributes", {"QueueUrl": _known(sqs, url), "Attributes": attributes})


def _known(sqs: Any, url: str) -> str:
    """A queue's URL at the stand-in, where the one on AWS would not lead."""
    return str(sqs.get_queue_url(QueueName=_last(url))["QueueUrl"])


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _set_queue_policy(sqs: Any, properties: Properties, name: str) -> str:
    for url in properties["Queues"]:
        sqs.set_queue_attributes(
            QueueUrl=_known(sqs, url), Attributes={"Policy": text(properties["PolicyDocument"])}
        )
    return name


def _put_rule(events: Any, properties: Properties, name: str) -> str:
    send(events, "put_rule", {**without(properties, "Targets", "Name"), "Name": name})
    found = {target["Id"] for target in events.list_targets_by_rule(Rule=name)["Targets"]}
    targets = properties.get("Targets", [])
    gone = sorted(found - {target["Id"] for target in targets})
    if gone:
        events.remove_targets(Rule=name, Ids=gone)
    if targets:
        send(events, "put_targets", {"Rule": name, "Targets": targets})
    return name


def _delete_rule(events: Any, name: str, _: Properties) -> None:
    targets = [target["Id"] for target in events.list_targets_by_rule(Rule=name)["Targets"]]
    if targets:
        events.remove_targets(Rule=name, Ids=targets)
    events.delete_rule(Name=name)


def _put_alarm(cloudwatch: Any, properties: Properties, name: str) -> str:
    send(cloudwatch, "put_metric_alarm", {**properties, "AlarmName": name})
    return name


def _put_dashboard(cloudwatch: Any, properties: Properties, name: str) -> str:
    send(cloudwatch, "put_dashboard", {**properties, "DashboardName": name})
    return name


def _create_log_group(logs: Any, properties: Properties, name: str) -> str:
    arguments = without(properties, "RetentionInDays", "LogGroupName", "Tags", "DeletionProtection")
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    send(logs, "create_log_group", {**arguments, "logGroupName": name, "tags": tags})
    _set_log_group(logs, properties, name)
    return name


def _set_log_group(logs: Any, properties: Properties, name: str) -> None:
    if "RetentionInDays" in properties:
        logs.put_retention_policy(
            logGroupName=name, retentionInDays=int(properties["RetentionInDays"])
        )


KINDS = [
    Kind(
        type="AWS::SNS::Topic",
        service="sns",
        create=_create_topic,
        update=_set_topic,
        delete=lambda sns, topic, _: sns.delete_topic(TopicArn=topic),
        name="TopicName",
        attributes={
            "TopicArn": lambda _, topic: topic,
            "TopicName": lambda _, topic: topic.rpartition(":")[2],
        },
    ),
    Kind(
        type="AWS::SNS::TopicPolicy",
        service="sns",
        create=_set_topic_policy,
        update=as_update(_set_topic_policy),
        delete=lambda sns, name, _: None,
    ),
    Kind(
        type="AWS::SNS::Subscription",
        service="sns",
        create=_subscribe,
        delete=lambda sns, subscription, _: sns.unsubscribe(SubscriptionArn=subscription),
        attributes={"Arn": lambda _, subscription: subscription},
    ),
    Kind(
        type="AWS::SQS::Queue",
        service="sqs",
        create=_create_queue,
        update=_set_queue,
        delete=lambda sqs, url, _: sqs.delete_queue(QueueUrl=_known(sqs, url)),
        name="QueueName",
        attributes={
            "Arn": lambda _, url: arn("sqs", _last(url)),
            "QueueName": lambda _, url: _last(url),
            "QueueUrl": lambda _, url: url,
        },
    ),
    Kind(
        type="AWS::SQS::QueuePolicy",
        service="sqs",
        create=_set_queue_policy,
        update=as_update(_set_queue_policy),
        delete=lambda sqs, name, _: None,
    ),
    Kind(
        type="AWS::Events::Rule",
        service="events",
        create=_put_rule,
        update=as_update(_put_rule),
        delete=_delete_rule,
        name="Name",
        attributes={"Arn": lambda _, name: arn("events", f"rule/{name}")},
    ),
    Kind(
        type="AWS::CloudWatch::Alarm",
        service="cloudwatch",
        create=_put_alarm,
        update=as_update(_put_alarm),
        delete=lambda watch, name, _: watch.delete_alarms(AlarmNames=[name]),
        name="AlarmName",
        attributes={"Arn": lambda _, name: arn("cloudwatch", f"alarm:{name}")},
    ),
    Kind(
        type="AWS::CloudWatch::Dashboard",
        service="cloudwatch",
        create=_put_dashboard,
        update=as_update(_put_dashboard),
        delete=lambda watch, name, _: watch.delete_dashboards(DashboardNames=[name]),
        name="DashboardName",
    ),
    Kind(
        type="AWS::Logs::LogGroup",
        service="logs",
        create=_create_log_group,
        update=_set_log_group,
        delete=lambda logs, name, _: logs.delete_log_group(logGroupName=name),
        name="LogGroupName",
        attributes={"Arn": lambda _, name: arn("logs", f"log-group:{name}:*")},
    ),
]
