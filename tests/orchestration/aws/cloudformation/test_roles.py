from __future__ import annotations

from typing import Any

import pytest

from tests.orchestration.aws.cloudformation.grants import (
    granted,
    listed,
    roles,
    short,
    statements,
)
from tests.orchestration.aws.cloudformation.stacks import ACCOUNT, REGION, resources

SERVICES = {
    "ingest-job": "glue.amazonaws.com",
    "dbt-session": "glue.amazonaws.com",
    "dbt-build": "codebuild.amazonaws.com",
    "pipeline": "states.amazonaws.com",
    "backfill": "states.amazonaws.com",
}


@pytest.mark.parametrize("name", sorted(roles()))
def test_a_role_is_for_one_service(name: str) -> None:
    (statement,) = roles()[name]["AssumeRolePolicyDocument"]["Statement"]
    service = SERVICES.get(name, "lambda.amazonaws.com")
    assert statement["Principal"] == {"Service": service}
    assert statement["Action"] == "sts:AssumeRole"
    # Step Functions and CodeBuild say whose they are when they take a role.
    of_this_account = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    expected = of_this_account if service.startswith(("states", "codebuild")) else None
    assert statement.get("Condition") == expected


def test_the_key_is_used_only_through_the_services_that_keep_what_a_role_works_with() -> None:
    through: dict[str, list[str]] = {}
    for name, role in roles().items():
        for statement in statements(role):
            if any(action.startswith("kms:") for action in listed(statement["Action"])):
                services = statement["Condition"]["StringEquals"]["kms:ViaService"]
                through[name] = [s.removesuffix(f".{REGION}.amazonaws.com") for s in services]
    assert through == {
        "ingest-job": ["s3", "dynamodb"],
        "dbt-session": ["s3"],
        "dbt-build": ["s3"],
        "start-pipeline": ["dynamodb"],
        "explain-failure": ["s3"],
        "publish-metrics": ["s3"],
        "mark-loaded": ["s3"],
        "pipeline": ["dynamodb", "sns"],
        "backfill": ["dynamodb", "sns"],
    }


def condition(name: str, action: str) -> Any:
    """The one condition under which a role may do something."""
    (found,) = [
        statement.get("Condition")
        for statement in statements(roles()[name])
        if action in listed(statement["Action"])
    ]
    return found


def test_metrics_go_to_their_own_namespace() -> None:
    for name, namespace in (("publish-metrics", "EcommerceLakehouse"), ("ingest-job", "Glue")):
        found = condition(name, "cloudwatch:PutMetricData")
        assert found == {"StringEquals": {"cloudwatch:namespace": namespace}}


def test_the_build_lends_its_role_to_glue_alone() -> None:
    found = condition("dbt-build", "iam:PassRole")
    assert found == {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}


def test_a_role_takes_only_its_own_kind_of_lock() -> None:
    equals, like = "ForAllValues:StringEquals", "ForAllValues:StringLike"
    of_executions = {equals: {"dynamodb:LeadingKeys": "pipeline"}}
    for name in ("pipeline", "backfill", "start-pipeline"):
        assert condition(name, "dynamodb:GetItem") == of_executions
    assert condition("ingest-job", "dynamodb:PutItem") == {
        like: {"dynamodb:LeadingKeys": ["ops", "bronze.*"]}
    }


def test_a_role_lists_only_prefixes_that_it_may_read() -> None:
    for name, role in roles().items():
        readable = {
            resource.removeprefix("bucket/")
            for action, resource in granted(role)
            if action == "s3:GetObject"
        }
        for statement in statements(role):
            if "s3:ListBucket" in listed(statement["Action"]):
                ((operator, keys),) = statement["Condition"].items()
                # To look for one missing key has no prefix: it would be forbidden, not missing.
                assert operator == "StringLikeIfExists", name
                for prefix in listed(keys["s3:prefix"]):
                    assert any(r.startswith(prefix.removesuffix("*")) for r in readable), (
                        name,
                        prefix,
                    )


def test_queue_and_topic_let_in_only_what_must_come_in() -> None:
    ((_, queue),) = resources("dev", "AWS::SQS::QueuePolicy")
    ((_, topic),) = resources("dev", "AWS::SNS::TopicPolicy")
    found = [
        (
            statement["Principal"]["Service"],
            statement["Action"],
            [short(arn) for arn in listed(statement["Resource"])],
            statement["Condition"],
        )
        for policy in (queue, topic)
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/ecommerce-lakehouse-dev-"
    assert found == [
        (
            "events.amazonaws.com",
            "sqs:SendMessage",
            ["sqs:~-arrivals", "sqs:~-arrivals-dead"],
            {"ArnEquals": {"aws:SourceArn": [f"{rule}raw-arrivals", f"{rule}daily"]}},
        ),
        (
            "cloudwatch.amazonaws.com",
            "sns:Publish",
            ["sns:~-notifications"],
            {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        ),
    ]
    for policy in (queue, topic):
        (deny,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
