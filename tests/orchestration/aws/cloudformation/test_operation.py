from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from orchestration.aws.environment import ENVIRONMENTS
from tests.cloud.events import input_of, scheduled_event
from tests.orchestration.aws.cloudformation.grants import short
from tests.orchestration.aws.cloudformation.stacks import ACCOUNT, HERE, parameters, resources, the
from tests.orchestration.aws.state_machines.definitions import MACHINES, definition

KEY = f"arn:aws:kms:{HERE}:key/the-key"
DEAD = f"arn:aws:sqs:{HERE}:ecommerce-lakehouse-dev-arrivals-dead"
ARRIVALS = f"arn:aws:sqs:{HERE}:ecommerce-lakehouse-dev-arrivals"
STARTER = f"arn:aws:lambda:{HERE}:function:ecommerce-lakehouse-dev-start-pipeline"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_logs_are_kept_for_a_time_and_encrypted(environment: str) -> None:
    for _, group in resources(environment, "AWS::Logs::LogGroup"):
        assert group["RetentionInDays"] == parameters(environment)["LogRetentionDays"]
        assert group["KmsKeyId"] == KEY
        # Else the key's policy would not let the logs use it.
        assert f"ecommerce-lakehouse-{environment}" in group["LogGroupName"]


def test_spark_and_athena_write_with_our_key() -> None:
    encryption = the("dev", "AWS::Glue::SecurityConfiguration")["EncryptionConfiguration"]
    assert encryption == {
        "S3Encryptions": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": KEY}],
        "CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS", "KmsKeyArn": KEY},
        "JobBookmarksEncryption": {"JobBookmarksEncryptionMode": "CSE-KMS", "KmsKeyArn": KEY},
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_athena_reads_so_much_and_no_more_whatever_a_client_asks(environment: str) -> None:
    found = the(environment, "AWS::Athena::WorkGroup")["WorkGroupConfiguration"]
    bucket = the(environment, "AWS::S3::Bucket")["BucketName"]
    assert found == {
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "BytesScannedCutoffPerQuery": parameters(environment)["AthenaScanLimitBytes"],
        "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
        "ResultConfiguration": {
            "ExpectedBucketOwner": ACCOUNT,
            "OutputLocation": f"s3://{bucket}/athena-results/",
            "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": KEY},
        },
    }


def test_a_raw_file_goes_to_the_queue_and_nothing_else_does() -> None:
    rule = the("dev", "AWS::Events::Rule", "raw-arrivals")
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [f"ecommerce-lakehouse-dev-{ACCOUNT}"]},
            "object": {"key": [{"prefix": "raw/"}]},
        },
    }
    (target,) = rule["Targets"]
    assert (target["Arn"], target["DeadLetterConfig"]) == (ARRIVALS, {"Arn": DEAD})


def test_arrivals_wait_for_one_another_and_come_back_until_a_backfill_and_more_are_over() -> None:
    queue = the("dev", "AWS::SQS::Queue", "arrivals")
    mapping = the("dev", "AWS::Lambda::EventSourceMapping")
    function = the("dev", "AWS::Lambda::Function", "start-pipeline")
    assert mapping["EventSourceArn"] == ARRIVALS
    assert mapping["FunctionName"] == function["FunctionName"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    window = mapping["MaximumBatchingWindowInSeconds"]
    assert window == 300
    # What AWS asks of a queue that a function reads.
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + window
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == DEAD
    # A backfill, and the execution of the pipeline that it starts.
    longest = sum(definition(machine)["TimeoutSeconds"] for machine in MACHINES)
    retried = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    assert longest < retried < queue["MessageRetentionPeriod"]


def test_what_was_given_up_stays_as_long_as_a_queue_can_keep_it() -> None:
    dead = the("dev", "AWS::SQS::Queue", "arrivals-dead")
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
    for _, queue in resources("dev", "AWS::SQS::Queue"):
        assert queue["SqsManagedSseEnabled"] is True


def test_every_day_the_starter_is_called_and_may_be() -> None:
    rule = the("dev", "AWS::Events::Rule", "daily")
    assert rule["ScheduleExpression"] == "cron(0 5 * * ? *)"
    (target,) = rule["Targets"]
    assert (target["Arn"], target["DeadLetterConfig"]) == (STARTER, {"Arn": DEAD})
    # A call that is repeated after midnight still names the execution for its day.
    event = scheduled_event(rule["Name"], datetime(2025, 4, 2, 23, 59, tzinfo=UTC))
    expected = {"trigger": "schedule", "time": "2025-04-02T23:59:00Z"}
    assert json.loads(input_of(target, event)) == expected
    permission = the("dev", "AWS::Lambda::Permission")
    assert permission == {
        "FunctionName": "ecommerce-lakehouse-dev-start-pipeline",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": f"arn:aws:events:{HERE}:rule/ecommerce-lakehouse-dev-daily",
    }
    starter = the("dev", "AWS::Lambda::Function", "start-pipeline")
    assert starter["DeadLetterConfig"] == {"TargetArn": DEAD}


def test_dev_runs_when_asked_and_the_others_daily() -> None:
    states = {e: the(e, "AWS::Events::Rule", "daily")["State"] for e in ENVIRONMENTS}
    assert states == {"dev": "DISABLED", "staging": "ENABLED", "prod": "ENABLED"}


def test_people_are_notified_by_mail_if_an_address_is_given() -> None:
    assert not list(resources("dev", "AWS::SNS::Subscription"))
    found = the("dev", "AWS::SNS::Subscription", NotificationEmail="shop@example.org")
    topic = f"arn:aws:sns:{HERE}:ecommerce-lakehouse-dev-notifications"
    assert found == {"TopicArn": topic, "Protocol": "email", "Endpoint": "shop@example.org"}
    assert the("dev", "AWS::SNS::Topic")["KmsMasterKeyId"] == KEY


def test_every_alarm_notifies_the_topic() -> None:
    alarms = [alarm for _, alarm in resources("dev", "AWS::CloudWatch::Alarm")]
    assert alarms
    for alarm in alarms:
        assert [short(arn) for arn in alarm["AlarmActions"]] == ["sns:~-notifications"]
        assert alarm["AlarmDescription"]


def test_any_end_but_success_is_an_alarm() -> None:
    for machine in ("pipeline", "backfill"):
        for end, metric in (
            ("failed", "ExecutionsFailed"),
            ("timed-out", "ExecutionsTimedOut"),
            ("aborted", "ExecutionsAborted"),
        ):
            alarm = the("dev", "AWS::CloudWatch::Alarm", f"{machine}-{end}")
            (dimension,) = alarm["Dimensions"]
            arn = f"arn:aws:states:{HERE}:stateMachine:ecommerce-lakehouse-dev-{machine}"
            assert dimension == {"Name": "StateMachineArn", "Value": arn}
            assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/States", metric)
            assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
            assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
            assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_26_hours_without_a_success_are_an_alarm_where_the_pipeline_runs_daily(
    environment: str,
) -> None:
    alarm = the(environment, "AWS::CloudWatch::Alarm", "no-success")
    assert alarm["MetricName"] == "ExecutionsSucceeded"
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 26 * 3600
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"  # no execution at all, no metric at all
    assert alarm["ActionsEnabled"] == ("false" if environment == "dev" else "true")


def test_a_message_that_was_given_up_is_an_alarm() -> None:
    alarm = the("dev", "AWS::CloudWatch::Alarm", "dead-arrivals")
    assert alarm["Namespace"] == "AWS/SQS"
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    (dimension,) = alarm["Dimensions"]
    assert dimension == {"Name": "QueueName", "Value": "ecommerce-lakehouse-dev-arrivals-dead"}
