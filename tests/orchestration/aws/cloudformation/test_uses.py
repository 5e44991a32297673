from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ingestion.layers import LAYERS
from orchestration.aws.environment import ENVIRONMENTS
from tests.orchestration.aws.cloudformation.grants import granted, may, role_of, roles, statements
from tests.orchestration.aws.cloudformation.stacks import FOLDER, HERE, resources, the

MACHINES = ("pipeline", "backfill")
JOB = f"arn:aws:glue:{HERE}:job/"
TABLE = f"arn:aws:dynamodb:{HERE}:table/"
# What a state of a kind calls: actions, and the parameter that says on what.
CALLS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "glue:startJobRun.sync": (
        ("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"),
        "JobName",
        JOB,
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
# What dbt-glue calls on its session.
SESSION_METHODS = (
    *("create_session", "get_session", "delete_session", "run_statement", "get_statement"),
    *("list_statements", "cancel_statement"),
)
# The methods of boto3 that a Lambda's code calls -> the actions that IAM asks for.
METHODS = {
    "start_execution": ("states:StartExecution",),
    "list_executions": ("states:ListExecutions",),
    "get_execution_history": ("states:GetExecutionHistory",),
    "describe_execution": ("states:DescribeExecution",),
    "get_item": ("dynamodb:GetItem",),
    "start_job_run": ("glue:StartJobRun",),
    "get_job_run": ("glue:GetJobRun",),
    "get_object": ("s3:GetObject",),
    "head_object": ("s3:GetObject",),
    "get_object_tagging": ("s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
    "put_object_tagging": ("s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
    "put_metric_data": ("cloudwatch:PutMetricData",),
}


def definition(machine: str) -> dict[str, Any]:
    """A state machine's definition with what the template puts into it."""
    found = the("dev", "AWS::StepFunctions::StateMachine", machine)["DefinitionSubstitutions"]
    text = (FOLDER.parent / "state_machines" / f"{machine}.asl.json").read_text()
    for name, value in found.items():
        text = text.replace(f"${{{name}}}", str(value))
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def tasks(states: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All tasks, those in branches and maps too."""
    for state in states["States"].values():
        if state["Type"] == "Task":
            yield state
        for inner in [*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])]:
            yield from tasks(inner)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_state_machine_may_do_what_its_states_do_on_what_they_do_it(machine: str) -> None:
    role = role_of(the("dev", "AWS::StepFunctions::StateMachine", machine), "RoleArn")
    used = set()
    for task in tasks(definition(machine)):
        kind = task["Resource"].removeprefix("arn:aws:states:::")
        if kind == "aws-sdk:sfn:describeExecution":
            for other in MACHINES:  # whoever holds the lock
                holder = f"arn:aws:states:{HERE}:execution:ecommerce-lakehouse-dev-{other}:daily"
                assert may(role, "states:DescribeExecution", holder)
            used.add("states:DescribeExecution")
            continue
        actions, parameter, prefix = CALLS[kind]
        for action in actions:
            assert may(role, action, prefix + task["Parameters"][parameter]), (action, task)
            used.add(action)
    # And its services' actions on nothing that no state uses; the rule of builds is CodeBuild's.
    allowed = {action for action, _ in granted(role)}
    own = ("glue:", "codebuild:", "lambda:", "sns:", "states:", "dynamodb:")
    assert {action for action in allowed if action.startswith(own)} == used


def test_waiting_and_building_end_before_the_state_machine_gives_up() -> None:
    project = the("dev", "AWS::CodeBuild::Project")
    (build,) = [t for t in tasks(definition("pipeline")) if "codebuild" in t["Resource"]]
    minutes = project["TimeoutInMinutes"] + project["QueuedTimeoutInMinutes"]
    assert minutes * 60 <= build["TimeoutSeconds"]


def test_a_called_function_ends_before_the_state_machine_gives_up() -> None:
    timeouts = {
        f"arn:aws:lambda:{HERE}:function:{function['FunctionName']}": function["Timeout"]
        for _, function in resources("dev", "AWS::Lambda::Function")
    }
    for machine in MACHINES:
        for task in tasks(definition(machine)):
            if "lambda:invoke" in task["Resource"]:
                assert timeouts[task["Parameters"]["FunctionName"]] < task["TimeoutSeconds"]


def code_of(module: str) -> str:
    """A Lambda's source and that of the modules beside it that it imports."""
    folder = FOLDER.parent / "lambdas"
    seen: list[str] = []
    waiting = [module]
    while waiting:
        text = (folder / f"{waiting.pop()}.py").read_text()
        seen.append(text)
        beside = re.findall(
            r"^from (?:orchestration\.aws\.lambdas\.)?(\w+) import", text, re.MULTILINE
        )
        waiting += [name for name in beside if (folder / f"{name}.py").exists()]
    return "\n".join(seen)


@pytest.mark.parametrize(
    "function", [f["FunctionName"] for _, f in resources("dev", "AWS::Lambda::Function")]
)
def test_a_function_may_make_the_calls_that_its_code_makes(function: str) -> None:
    name = function.removeprefix("ecommerce-lakehouse-dev-")
    code = code_of(name.replace("-", "_"))
    actions = {action for action, _ in granted(roles()[name])}
    called = {method for method in METHODS if re.search(rf"\.{method}\(", code)}
    needed = {action for method in called for action in METHODS[method]}
    assert needed <= actions
    # Besides: log, use the key, tell missing from forbidden, take and leave messages.
    given = ("logs:", "kms:", "s3:ListBucket", "sqs:")
    assert {action for action in actions if not action.startswith(given)} == needed
    # No call of a client is missing in METHODS.
    known = r"(?:client\(\"\w+\"\)|\b(?:s3|glue|states|cloudwatch|dynamodb))\.(\w+)\("
    assert set(re.findall(known, code)) <= set(METHODS)


def test_the_build_may_keep_the_catalogue_in_step() -> None:
    folder = FOLDER.parent / "catalog"
    code = "\n".join(path.read_text() for path in folder.glob("*.py"))
    called = set(re.findall(r"\bglue\.([a-z]+_[a-z]+)\(", code))
    called |= set(re.findall(r"\bglue\.get_paginator\(\"(\w+)\"\)", code))
    # The stack makes the databases, so that a build never has to.
    called -= {"get_paginator", "create_database", "update_database"}
    assert "update_table" in called
    build = roles()["dbt-build"]
    for method in called:
        action = "glue:" + "".join(word.capitalize() for word in method.split("_"))
        for layer in LAYERS:
            assert may(build, action, f"arn:aws:glue:{HERE}:database/dev_{layer}"), action
            assert may(build, action, f"arn:aws:glue:{HERE}:table/dev_{layer}/orders"), action


def test_the_build_reads_every_layer_and_writes_only_history_and_artifacts() -> None:
    build = roles()["dbt-build"]
    bucket = f"arn:aws:s3:::{the('dev', 'AWS::S3::Bucket')['BucketName']}"
    for layer in LAYERS:
        assert may(build, "s3:GetObject", f"{bucket}/{layer}/orders/_delta_log/0.json")
    places = ("raw", *LAYERS, "artifacts", "scripts")
    writable = [name for name in places if may(build, "s3:PutObject", f"{bucket}/{name}/x")]
    assert writable == ["ops", "artifacts"]


def test_the_build_may_look_whether_a_file_in_quarantine_still_lies_there() -> None:
    assert "list_raw_files(settings.raw" in (FOLDER.parent / "execution.py").read_text()
    bucket = f"arn:aws:s3:::{the('dev', 'AWS::S3::Bucket')['BucketName']}"
    assert may(roles()["dbt-build"], "s3:GetObject", f"{bucket}/raw/orders/2025-04-01.csv")
    (listing,) = [s for s in statements(roles()["dbt-build"]) if s["Action"] == "s3:ListBucket"]
    assert "raw/*" in listing["Condition"]["StringLikeIfExists"]["s3:prefix"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_dbts_session_is_one_that_the_build_may_work_in(environment: str) -> None:
    text = (FOLDER.parents[2] / "profiles" / "profiles.yml").read_text()
    profile = yaml.safe_load(text)["ecommerce_lakehouse"]["outputs"][environment]
    session = profile["glue_session_id"].replace(f"-{environment}-", "-dev-")
    build = roles()["dbt-build"]
    code = (FOLDER.parent / "glue_session.py").read_text()
    for method in {*re.findall(r"\bglue\.([a-z]+_[a-z]+)\(", code), *SESSION_METHODS}:
        action = "glue:" + "".join(word.capitalize() for word in method.split("_"))
        assert may(build, action, f"arn:aws:glue:{HERE}:session/{session}"), action
