"""What each role of an environment really uses, worked out from the code that works in it.

Data flow: definitions of the state machines, calls of clients in Python, and what the services call
by themselves -> the actions of a role
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.orchestration.aws.cloudformation.stacks import FOLDER, HERE, resources, the

MACHINES = ("pipeline", "backfill")
LAMBDAS = tuple(
    function["FunctionName"].removeprefix("ecommerce-lakehouse-dev-")
    for _, function in resources("dev", "AWS::Lambda::Function")
)
AWS, PROJECT = FOLDER.parent, FOLDER.parents[2]
TABLE = f"arn:aws:dynamodb:{HERE}:table/"
# What a state of a kind calls: actions, and the parameter that says on what.
CALLS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "glue:startJobRun.sync": (
        ("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"),
        "JobName",
        f"arn:aws:glue:{HERE}:job/",
    ),
    "codebuild:startBuild.sync": (
        ("codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds"),
        "ProjectName",
        f"arn:aws:codebuild:{HERE}:project/",
    ),
    "lambda:invoke": (("lambda:InvokeFunction",), "FunctionName", ""),
    "sns:publish": (("sns:Publish",), "TopicArn", ""),
    "states:startExecution": (("states:StartExecution",), "StateMachineArn", ""),
    "dynamodb:putItem": (("dynamodb:PutItem",), "TableName", TABLE),
    "dynamodb:getItem": (("dynamodb:GetItem",), "TableName", TABLE),
    "dynamodb:deleteItem": (("dynamodb:DeleteItem",), "TableName", TABLE),
}
# The methods of boto3 that our code calls -> the actions that IAM asks for.
METHODS = {
    "start_execution": ("states:StartExecution",),
    "list_executions": ("states:ListExecutions",),
    "get_execution_history": ("states:GetExecutionHistory",),
    "describe_execution": ("states:DescribeExecution",),
    "get_item": ("dynamodb:GetItem",),
    "put_item": ("dynamodb:PutItem",),
    "delete_item": ("dynamodb:DeleteItem",),
    "get_object": ("s3:GetObject",),
    "head_object": ("s3:GetObject",),
    "get_object_tagging": ("s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
    "put_object_tagging": ("s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
    "put_metric_data": ("cloudwatch:PutMetricData",),
}
_OF_GLUE = (
    *("start_job_run", "get_job_run", "get_session", "stop_session"),
    *("get_database", "get_table", "get_tables", "create_table", "update_table", "delete_table"),
)
METHODS |= {
    name: ("glue:" + "".join(word.capitalize() for word in name.split("_")),) for name in _OF_GLUE
}
# The stack makes the databases, so that a build never has to.
NEVER_CALLED = {"create_database", "update_database"}

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
FILES = {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}
ENCRYPTED = {"kms:Decrypt", "kms:GenerateDataKey"}
# Spark reads and writes files and the catalog; for the databases see glue_catalog.yaml. Its log
# groups are Glue's to make.
SPARK = {
    *(*FILES, "s3:ListBucket", *ENCRYPTED, *LOGS, "logs:CreateLogGroup", "logs:AssociateKmsKey"),
    *("glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:CreateDatabase"),
    *("glue:CreateTable", "glue:UpdateTable"),
}
# Step Functions delivers logs and traces, and hears by a rule of its own that a build has ended.
STATE_MACHINE = {
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery"),
    *("logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy"),
    *("logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    *("xray:GetSamplingRules", "xray:GetSamplingTargets", *ENCRYPTED),
}
END_OF_BUILD = {"events:PutTargets", "events:PutRule", "events:DescribeRule"}
# What services and libraries call beside the calls in our code.
BESIDE = {
    "ingest-job": SPARK | {"cloudwatch:PutMetricData"},
    "dbt-session": SPARK | {"glue:DeleteTable"},
    "dbt-build": {
        *(*FILES, "s3:ListBucket", *ENCRYPTED, *LOGS),
        # CodeBuild fetches its source; dbt-glue lists the databases and works in its session.
        *("s3:GetObjectVersion", "s3:GetBucketLocation", "iam:PassRole", "glue:GetDatabases"),
        *("glue:CreateSession", "glue:GetSession", "glue:DeleteSession", "glue:RunStatement"),
        *("glue:GetStatement", "glue:ListStatements", "glue:CancelStatement"),
    },
    "pipeline": STATE_MACHINE | END_OF_BUILD,
    "backfill": STATE_MACHINE,
    "start-pipeline": {
        # The queue is read, and what failed is left, by the Lambda service.
        *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage"),
        *(*LOGS, "kms:Decrypt"),
    },
    "run-glue-job": LOGS,
    "halt": LOGS,
    # Without the right to list, a missing object counts as forbidden.
    **dict.fromkeys(
        ("explain-failure", "publish-metrics", "mark-loaded"),
        LOGS | {"s3:ListBucket", "kms:Decrypt"},
    ),
}


@cache
def definition(machine: str) -> dict[str, Any]:
    """A state machine's definition with what the template puts into it."""
    found = the("dev", "AWS::StepFunctions::StateMachine", machine)["DefinitionSubstitutions"]
    text = (AWS / "state_machines" / f"{machine}.asl.json").read_text()
    for name, value in found.items():
        text = text.replace(f"${{{name}}}", str(value))
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def tasks(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All tasks, those in branches and maps too."""
    for state in machine["States"].values():
        if state["Type"] == "Task":
            yield state
        for inner in [*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])]:
            yield from tasks(inner)


def used_by_states(machine: str) -> set[tuple[str, str]]:
    """(Action, ARN) of what the states of a machine call."""
    used = set()
    for task in tasks(definition(machine)):
        kind = task["Resource"].removeprefix("arn:aws:states:::")
        if kind == "aws-sdk:sfn:describeExecution":  # of whoever holds the lock
            holders = f"arn:aws:states:{HERE}:execution:ecommerce-lakehouse-dev-"
            used |= {("states:DescribeExecution", f"{holders}{other}:*") for other in MACHINES}
            continue
        actions, parameter, prefix = CALLS[kind]
        used |= {(action, prefix + task["Parameters"][parameter]) for action in actions}
    return used


def code_of(role: str) -> str:
    """The Python code that works in a role and calls AWS itself."""
    if role in LAMBDAS:
        return _lambda_code(role.replace("-", "_"))
    paths: dict[str, list[Path]] = {
        "ingest-job": [PROJECT / "ingestion" / "writer_lock.py"],
        "dbt-build": [*sorted((AWS / "catalog").glob("*.py")), AWS / "glue_session.py"],
    }
    return "\n".join(path.read_text() for path in paths.get(role, []))


def _lambda_code(module: str) -> str:
    """A Lambda's source and that of the modules beside it that it imports."""
    seen: list[str] = []
    waiting = [module]
    while waiting:
        text = (AWS / "lambdas" / f"{waiting.pop()}.py").read_text()
        seen.append(text)
        beside = re.findall(
            r"^from (?:orchestration\.aws\.lambdas\.)?(\w+) import", text, re.MULTILINE
        )
        waiting += [name for name in beside if (AWS / "lambdas" / f"{name}.py").exists()]
    return "\n".join(seen)


def calls_in(code: str) -> set[str]:
    """The methods of boto3's clients that a source calls."""
    client = r"(?:client\(\"\w+\"\)|\b(?:s3|glue|states|cloudwatch|dynamodb|_dynamodb))"
    called = set(re.findall(rf"{client}\.([a-z]+(?:_[a-z]+)+)\(", code))
    pages = set(re.findall(r"\.get_paginator\(\"(\w+)\"\)", code))
    return (called | pages) - {"get_paginator"} - NEVER_CALLED


def used(role: str) -> set[str]:
    """All actions that a role uses.

    Raises:
        KeyError: The code calls a method that `METHODS` does not have.
    """
    actions = {action for method in calls_in(code_of(role)) for action in METHODS[method]}
    if role in MACHINES:
        actions |= {action for action, _ in used_by_states(role)}
    return actions | BESIDE[role]
