from __future__ import annotations

import re

import pytest

from orchestration.aws.environment import ENVIRONMENTS
from tests.orchestration.aws.cloudformation.grants import may, role_of, short
from tests.orchestration.aws.cloudformation.stacks import (
    FOLDER,
    HERE,
    PACKAGED,
    load,
    resources,
    the,
)

MACHINES = ("pipeline", "backfill")


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
def test_the_job_loads_raw_tables_with_the_environments_names(environment: str) -> None:
    prefix = "" if environment == "prod" else f"{environment}_"
    bucket = the(environment, "AWS::S3::Bucket")["BucketName"]
    job = the(environment, "AWS::Glue::Job", "ingest")
    arguments = job["DefaultArguments"]
    assert arguments["--root"] == f"s3://{bucket}"
    assert arguments["--lock-table"] == f"ecommerce-lakehouse-{environment}-locks"
    # Which table is the run's to say; without, it loads all.
    assert "--tables" not in arguments
    # Production has none; Glue takes no empty argument.
    assert arguments.get("--database-prefix", "") == prefix
    assert ("--database-prefix" in arguments) == (environment != "prod")
    assert job["Command"]["ScriptLocation"] == f"s3://{bucket}/scripts/v1/ingest.py"
    assert job["SecurityConfiguration"] == f"ecommerce-lakehouse-{environment}-security"
    assert (job["GlueVersion"], job["WorkerType"]) == ("5.1", "G.1X")
    # The state machine retries and says so; Glue's own retries would be hidden from it.
    assert job["MaxRetries"] == 0


def test_a_jobs_role_may_read_its_code_and_use_its_locks_and_table() -> None:
    job = the("dev", "AWS::Glue::Job")
    role = role_of(job, "Role")
    arguments = job["DefaultArguments"]
    wheel, _, modules = arguments["--additional-python-modules"].partition(",")
    for file in (job["Command"]["ScriptLocation"], wheel):
        assert may(role, "s3:GetObject", file.replace("s3://", "arn:aws:s3:::"))
    events = arguments["--spark-event-logs-path"].replace("s3://", "arn:aws:s3:::")
    assert may(role, "s3:PutObject", f"{events}application")
    table = f"arn:aws:dynamodb:{HERE}:table/{arguments['--lock-table']}"
    assert may(role, "dynamodb:PutItem", table)
    assert modules == PACKAGED["PythonModules"]
    assert arguments["--python-modules-installer-option"] == "--no-deps"


def test_jobs_write_delta_with_the_settings_of_dbts_session() -> None:
    profiles = (FOLDER.parents[2] / "profiles" / "profiles.yml").read_text()
    for _, job in resources("dev", "AWS::Glue::Job"):
        for pair in job["DefaultArguments"]["--conf"].split(" --conf "):
            assert pair in profiles


def test_the_job_may_have_a_run_for_each_item_that_a_map_works_on_at_once() -> None:
    (job,) = (found for _, found in resources("dev", "AWS::Glue::Job"))
    # Step Functions' own limit for a map whose items are in its input.
    assert job["ExecutionProperty"]["MaxConcurrentRuns"] == 40
    assert load("step_functions")["Parameters"]["BackfillConcurrency"]["MaxValue"] == 40


def test_the_build_gets_the_bundle_and_the_environments_names() -> None:
    for environment, prefix in (("dev", "dev_"), ("prod", "")):
        project = the(environment, "AWS::CodeBuild::Project")
        bucket = the(environment, "AWS::S3::Bucket")["BucketName"]
        assert project["Source"] == {
            "Type": "S3",
            "Location": f"{bucket}/scripts/v1/dbt_bundle.zip",
            "BuildSpec": "orchestration/aws/buildspec.yml",
        }
        variables = {v["Name"]: v["Value"] for v in project["Environment"]["EnvironmentVariables"]}
        role = f"arn:aws:iam::111122223333:role/ecommerce-lakehouse-{environment}-dbt-session"
        assert variables == {
            "DBT_TARGET": environment,
            "LAKEHOUSE_ROOT": f"s3://{bucket}",
            "LAKEHOUSE_DATABASE_PREFIX": prefix,
            "LAKEHOUSE_GLUE_ROLE_ARN": role,
        }
        assert project["ConcurrentBuildLimit"] == 1


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
        "run-glue-job": {
            "JOB": "ecommerce-lakehouse-dev-ingest",
            "RAW_TABLES": PACKAGED["RawTables"],
        },
        "explain-failure": {"ENVIRONMENT": "dev", "BUCKET": bucket},
        "halt": {},
        "publish-metrics": {"ENVIRONMENT": "dev", "BUCKET": bucket},
        "mark-loaded": {"BUCKET": bucket},
    }
