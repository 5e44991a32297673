"""Least privilege: a role may do what its work does, on what it does it, and nothing else."""

from __future__ import annotations

import pytest
import yaml

from ingestion.layers import LAYERS
from orchestration.aws.environment import ENVIRONMENTS
from tests.orchestration.aws.cloudformation.grants import (
    granted,
    may,
    role_of,
    roles,
    short,
    statements,
)
from tests.orchestration.aws.cloudformation.stacks import FOLDER, HERE, resources, the
from tests.orchestration.aws.cloudformation.uses import (
    LAMBDAS,
    MACHINES,
    definition,
    tasks,
    used,
    used_by_states,
)

# Prefixes of the bucket that a role reads, and those that it writes.
READS_AND_WRITES = {
    "ingest-job": ("raw scripts bronze ops logs/spark", "bronze ops logs/spark"),
    "dbt-session": ("bronze silver gold ops .work", ".work ops"),
    "dbt-build": (
        "raw scripts bronze silver gold .work ops artifacts",
        "silver gold .work ops artifacts",
    ),
    "explain-failure": ("artifacts", ""),
    "publish-metrics": ("artifacts", ""),
    "mark-loaded": ("artifacts raw", ""),
}
# Databases that Spark looks tables up in, and those that it registers them in: what is published is
# registered by the build alone, once it is.
WORK = ("work_silver", "work_gold")
LOOKS_UP_AND_REGISTERS = {
    "ingest-job": ("bronze ops", "bronze ops"),
    "dbt-session": ("bronze ops work_silver work_gold", "ops work_silver work_gold"),
}
READ, WRITE = {"s3:GetObject"}, {"s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}
LOOK_UP = {"glue:GetTable", "glue:GetTables"}
REGISTER = {"glue:CreateTable", "glue:UpdateTable", "glue:DeleteTable"}
# What an action is done on, whichever role does it.
THINGS = {
    "kms:": {"key"},
    "dynamodb:": {"locks"},
    "sqs:": {"sqs:~-arrivals", "sqs:~-arrivals-dead"},
    "sns:": {"sns:~-notifications"},
    "iam:": {"iam::role/~-dbt-session"},
    "events:": {"events:rule/StepFunctionsGetEventForCodeBuildStartBuildRule"},
    "codebuild:": {"codebuild:project/~-dbt-build"},
    "glue:StartJobRun": {"glue:job/~-ingest"},
    "glue:GetJobRun": {"glue:job/~-ingest"},
    "states:StartExecution": {"states:stateMachine:~-pipeline"},
    "states:ListExecutions": {"states:stateMachine:~-pipeline"},
}
LOG_GROUPS = {
    "ingest-job": "/aws-glue/jobs/~*",
    "dbt-session": "/aws-glue/sessions/*",
    "dbt-build": "/aws/codebuild/~-dbt-build:*",
    **{name: f"/aws/lambda/~-{name}:*" for name in LAMBDAS},
}
# Resources that are more than one thing, or one prefix of the bucket, or one database's tables.
WIDE = {
    "*": "metrics, log deliveries and traces have no resource; the namespace is a condition",
    "glue:session/~-*": "dbt names its session; every name begins with the environment's",
    "glue:database/*": "dbt-glue asks for the list of databases, which is of all or none",
    "logs:log-group:/aws-glue/jobs/~*": "Glue adds the security configuration's name to a group's",
    "logs:log-group:/aws-glue/sessions/*": "groups that all sessions of an account share",
    "states:execution:~-pipeline:*": "any execution may be the lock's holder",
    "states:execution:~-backfill:*": "any execution may be the lock's holder",
}


@pytest.mark.parametrize("name", sorted(roles()))
def test_a_role_may_do_what_its_work_does_and_no_more(name: str) -> None:
    assert {action for action, _ in granted(roles()[name])} == used(name)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_state_machine_may_call_what_its_states_call_and_nothing_else(machine: str) -> None:
    role = role_of(the("dev", "AWS::StepFunctions::StateMachine", machine), "RoleArn")
    own = ("glue:", "codebuild:", "lambda:", "sns:", "states:", "dynamodb:")
    allowed = {grant for grant in granted(role) if grant[0].startswith(own)}
    assert allowed == {(action, short(arn)) for action, arn in used_by_states(machine)}


def prefixes(role: str, actions: set[str]) -> set[str]:
    """Prefixes of the bucket on which a role may do all of some actions, or any of them."""
    on = [{on for done, on in granted(roles()[role]) if done == action} for action in actions]
    assert all(one == on[0] for one in on), role
    return {place.removeprefix("bucket/").removesuffix("/*") for place in on[0]}


@pytest.mark.parametrize("name", sorted(roles()))
def test_a_role_reads_and_writes_its_own_prefixes_of_the_bucket(name: str) -> None:
    reads, writes = READS_AND_WRITES.get(name, ("", ""))
    assert prefixes(name, READ) == set(reads.split())
    assert prefixes(name, WRITE) == set(writes.split())


@pytest.mark.parametrize("name", ["ingest-job", "dbt-session"])
def test_spark_looks_up_the_layers_that_it_reads_and_registers_in_those_that_it_writes(
    name: str,
) -> None:
    role, (reads, writes) = roles()[name], LOOKS_UP_AND_REGISTERS[name]
    deletes = "glue:DeleteTable" in used(name)
    for layer in (*LAYERS, *WORK):
        for action in LOOK_UP | (REGISTER if deletes else REGISTER - {"glue:DeleteTable"}):
            expected = layer in (reads if action in LOOK_UP else writes).split()
            for kind in (f"database/dev_{layer}", f"table/dev_{layer}/orders"):
                assert may(role, action, f"arn:aws:glue:{HERE}:{kind}") == expected, action


def test_the_build_may_keep_the_catalog_in_step() -> None:
    for layer in (*LAYERS, *WORK):
        for action in LOOK_UP | REGISTER | {"glue:GetDatabase"}:
            for kind in (f"database/dev_{layer}", f"table/dev_{layer}/orders"):
                assert may(roles()["dbt-build"], action, f"arn:aws:glue:{HERE}:{kind}"), action


def test_analysts_may_ask_for_what_is_published_and_for_nothing_that_is_not_tested() -> None:
    policy = the("dev", "AWS::IAM::ManagedPolicy")["PolicyDocument"]
    analyst = {"Policies": [{"PolicyDocument": policy}]}
    bucket = the("dev", "AWS::S3::Bucket")["BucketName"]
    for place, expected in (
        *((layer, True) for layer in LAYERS),
        *((database, False) for database in (*WORK, "work_dev_silver")),
        *((".work/run-1/gold", False), ("raw", False), ("scripts", False)),
    ):
        objects = f"arn:aws:s3:::{bucket}/{place}/orders/part"
        assert may(analyst, "s3:GetObject", objects) == expected, place
        for kind in (f"database/dev_{place}", f"table/dev_{place}/orders"):
            assert may(analyst, "glue:GetTable", f"arn:aws:glue:{HERE}:{kind}") == expected, place
    writes = {on for action, on in granted(analyst) if action in WRITE}
    assert writes == {"bucket/athena-results/*"}
    ours = ("s3:", "glue:", "athena:", "kms:")
    assert all(action.startswith(ours) for action, _ in granted(analyst))
    assert not {action for action, _ in granted(analyst)} & REGISTER
    (listing,) = [s for s in policy["Statement"] if s["Action"] == "s3:ListBucket"]
    assert ".work" not in str(listing["Condition"])


@pytest.mark.parametrize("name", sorted(roles()))
def test_a_role_uses_only_what_is_of_its_environment_and_its_own_logs(name: str) -> None:
    allowed = granted(roles()[name])
    for what, things in THINGS.items():
        assert {on for action, on in allowed if action.startswith(what)} <= things, what
    if name not in MACHINES:
        written = {on for action, on in allowed if action.startswith("logs:")}
        assert written == {f"logs:log-group:{LOG_GROUPS[name]}"}


def test_the_build_may_look_whether_a_file_in_quarantine_still_lies_there() -> None:
    assert "list_raw_files(settings.raw" in (FOLDER.parent / "execution.py").read_text()
    (listing,) = [s for s in statements(roles()["dbt-build"]) if s["Action"] == "s3:ListBucket"]
    assert "raw/*" in listing["Condition"]["StringLikeIfExists"]["s3:prefix"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_dbts_session_is_one_that_the_build_may_work_in(environment: str) -> None:
    text = (FOLDER.parents[2] / "profiles" / "profiles.yml").read_text()
    profile = yaml.safe_load(text)["ecommerce_lakehouse"]["outputs"][environment]
    session = profile["glue_session_id"].replace(f"-{environment}-", "-dev-")
    of_sessions = [action for action in used("dbt-build") if action.endswith(("Session", "ment"))]
    assert len(of_sessions) > 5
    for action in of_sessions:
        arn = f"arn:aws:glue:{HERE}:session/{session}"
        assert may(roles()["dbt-build"], action, arn), action


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


def test_the_wide_grants_are_these_each_with_its_reason() -> None:
    wide = set()
    for role in roles().values():
        for action, resource in granted(role):
            assert "*" not in action
            tail = resource.removesuffix("/*")
            is_prefix = tail.startswith(("bucket/", "glue:table/dev_")) and "*" not in tail
            is_one_group = resource.startswith("logs:log-group:/aws/") and resource.endswith(":*")
            if "*" in resource and not is_prefix and not is_one_group:
                wide.add(resource)
    assert wide == set(WIDE)


def test_no_role_has_all_things_but_for_metrics_log_deliveries_and_traces() -> None:
    for role in roles().values():
        on_all = {action for action, resource in granted(role) if resource == "*"}
        assert {action.split(":")[0] for action in on_all} <= {"cloudwatch", "logs", "xray"}
