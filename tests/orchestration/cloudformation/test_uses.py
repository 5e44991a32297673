from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from orchestration.aws.environment import ENVIRONMENTS
from tests.orchestration.cloudformation.grants import granted, may, roles, short
from tests.orchestration.cloudformation.stacks import FOLDER, HERE, resources, the

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


def role_of(properties: dict[str, Any], key: str) -> dict[str, Any]:
    """Properties of the role whose ARN a resource has."""
    return roles()[properties[key].rpartition("ecommerce-lakehouse-dev-")[2]]


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


@pytest.mark.parametrize("machine", MACHINES)
def test_a_definition_and_its_template_name_the_same_substitutions(machine: str) -> None:
    given = the("dev", "AWS::StepFunctions::StateMachine", machine)["DefinitionSubstitutions"]
    text = (FOLDER.parent / "state_machines" / f"{machine}.asl.json").read_text()
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(given)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_state_machine_logs_everything_and_is_traced(machine: str) -> None:
    properties = the("dev", "AWS::StepFunctions::StateMachine", machine)
    logging = properties["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", True)
    (destination,) = logging["Destinations"]
    arn = destination["CloudWatchLogsLogGroup"]["LogGroupArn"]
    assert short(arn) == f"logs:log-group:/aws/vendedlogs/states/~-{machine}:*"
    assert properties["TracingConfiguration"] == {"Enabled": True}
    assert properties["StateMachineType"] == "STANDARD"  # an express one can't be redriven
    assert properties["DefinitionS3Location"]["Key"] == f"scripts/v1/{machine}.asl.json"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_job_loads_its_table_with_the_environments_names(environment: str) -> None:
    prefix = "" if environment == "prod" else f"{environment}_"
    bucket = the(environment, "AWS::S3::Bucket")["BucketName"]
    for table in ("products", "orders", "order_items"):
        job = the(environment, "AWS::Glue::Job", f"ingest-{table.replace('_', '-')}")
        arguments = job["DefaultArguments"]
        assert arguments["--tables"] == table
        assert arguments["--root"] == f"s3://{bucket}"
        assert arguments["--lock-table"] == f"ecommerce-lakehouse-{environment}-locks"
        # Production has none; Glue takes no empty argument.
        assert arguments.get("--database-prefix", "") == prefix
        assert ("--database-prefix" in arguments) == (environment != "prod")
        assert job["Command"]["ScriptLocation"] == f"s3://{bucket}/scripts/v1/ingest.py"
        assert job["SecurityConfiguration"] == f"ecommerce-lakehouse-{environment}-security"
        assert (job["GlueVersion"], job["WorkerType"]) == ("5.1", "G.1X")
        # The state machine retries and says so; Glue's own retries would be hidden from it.
        assert job["MaxRetries"] == 0


def test_a_jobs_role_may_read_its_code_and_use_its_locks_and_table() -> None:
    job = the("dev", "AWS::Glue::Job", "ingest-orders")
    role = role_of(job, "Role")
    arguments = job["DefaultArguments"]
    wheel, _, modules = arguments["--additional-python-modules"].partition(",")
    for file in (job["Command"]["ScriptLocation"], wheel):
        assert may(role, "s3:GetObject", file.replace("s3://", "arn:aws:s3:::"))
    events = arguments["--spark-event-logs-path"].replace("s3://", "arn:aws:s3:::")
    assert may(role, "s3:PutObject", f"{events}application")
    table = f"arn:aws:dynamodb:{HERE}:table/{arguments['--lock-table']}"
    assert may(role, "dynamodb:PutItem", table)
    assert modules
    assert arguments["--python-modules-installer-option"] == "--no-deps"


def test_modules_that_glue_installs_are_of_the_lock() -> None:
    lock = (FOLDER.parents[1] / "uv.lock").read_text()
    arguments = the("dev", "AWS::Glue::Job", "ingest-orders")["DefaultArguments"]
    for module in arguments["--additional-python-modules"].split(",")[1:]:
        name, version = module.split("==")
        assert f'name = "{name}"\nversion = "{version}"\n' in lock


def test_jobs_write_delta_with_the_settings_of_dbts_session() -> None:
    profiles = (FOLDER.parents[1] / "profiles" / "profiles.yml").read_text()
    for _, job in resources("dev", "AWS::Glue::Job"):
        for pair in job["DefaultArguments"]["--conf"].split(" --conf "):
            assert pair in profiles


def test_as_many_dates_are_loaded_at_once_as_the_job_may_run() -> None:
    for environment in ENVIRONMENTS:
        machine = the(environment, "AWS::StepFunctions::StateMachine", "backfill")
        job = the(environment, "AWS::Glue::Job", "ingest-orders")
        concurrency = machine["DefinitionSubstitutions"]["BackfillConcurrency"]
        assert job["ExecutionProperty"]["MaxConcurrentRuns"] == concurrency


def test_the_build_gets_the_bundle_and_the_environments_names() -> None:
    for environment, prefix in (("dev", "dev_"), ("prod", "")):
        project = the(environment, "AWS::CodeBuild::Project")
        bucket = the(environment, "AWS::S3::Bucket")["BucketName"]
        assert project["Source"] == {
            "Type": "S3",
            "Location": f"{bucket}/scripts/v1/dbt_bundle.zip",
            "BuildSpec": "orchestration/buildspec.yml",
        }
        variables = {v["Name"]: v["Value"] for v in project["Environment"]["EnvironmentVariables"]}
        role = f"arn:aws:iam::111122223333:role/ecommerce-lakehouse-{environment}-dbt-session"
        assert variables == {
            "TARGET": environment,
            "DBT_TARGET": environment,
            "LAKEHOUSE_ROOT": f"s3://{bucket}",
            "LAKEHOUSE_DATABASE_PREFIX": prefix,
            "LAKEHOUSE_GLUE_ROLE_ARN": role,
        }
        assert project["ConcurrentBuildLimit"] == 1


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


def test_each_function_has_its_module_its_role_and_its_log() -> None:
    variables = {}
    for _, function in resources("dev", "AWS::Lambda::Function"):
        name = function["FunctionName"].removeprefix("ecommerce-lakehouse-dev-")
        assert function["Handler"] == f"{name.replace('-', '_')}.handler"
        assert function["Runtime"] == "python3.11"
        assert function["Role"].endswith(f":role/{function['FunctionName']}")
        assert function["LoggingConfig"]["LogGroup"] == f"/aws/lambda/{function['FunctionName']}"
        assert function["Code"]["S3Key"] == "scripts/v1/lambdas.zip"
        variables[name] = function.get("Environment", {}).get("Variables", {})
    bucket = the("dev", "AWS::S3::Bucket")["BucketName"]
    assert variables == {
        "start-pipeline": {
            "PIPELINE_ARN": f"arn:aws:states:{HERE}:stateMachine:ecommerce-lakehouse-dev-pipeline",
            "LOCKS_TABLE": "ecommerce-lakehouse-dev-locks",
        },
        "run-glue-job": {"JOB_PREFIX": "ecommerce-lakehouse-dev-ingest-"},
        "explain-failure": {"ENVIRONMENT": "dev", "BUCKET": bucket},
        "halt": {},
        "publish-metrics": {"ENVIRONMENT": "dev", "BUCKET": bucket},
        "mark-loaded": {"BUCKET": bucket},
    }


def code_of(module: str) -> str:
    """A Lambda's source and that of the modules beside it that it imports."""
    folder = FOLDER.parent / "lambdas"
    seen: list[str] = []
    waiting = [module]
    while waiting:
        text = (folder / f"{waiting.pop()}.py").read_text()
        seen.append(text)
        beside = re.findall(r"^from (?:orchestration\.lambdas\.)?(\w+) import", text, re.MULTILINE)
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
