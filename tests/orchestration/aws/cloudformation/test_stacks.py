from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.layers import BUILT_LAYERS, LAYERS
from ingestion.settings import Settings
from orchestration.aws.environment import ENVIRONMENTS, STACKS, Environment
from tests.orchestration.aws.cloudformation.stacks import (
    ACCOUNT,
    FOLDER,
    NAMED,
    PACKAGED,
    load,
    parameters,
    resources,
    stacks,
    the,
)

# The functions that the state machines call.
CALLED = ["~-explain-failure", "~-halt", "~-mark-loaded", "~-publish-metrics"]
# Every resource with the name it has in dev; "~" is the project and environment. Those without a
# name of their own have the logical id.
RESOURCES = {
    "storage": {
        "AWS::KMS::Key": ["Key"],
        "AWS::KMS::Alias": ["alias/~"],
        "AWS::S3::Bucket": [f"~-{ACCOUNT}"],
        "AWS::S3::BucketPolicy": ["BucketPolicy"],
        "AWS::DynamoDB::Table": ["~-locks"],
    },
    "glue_catalog": {
        "AWS::Glue::Database": [
            *("dev_bronze", "dev_gold", "dev_ops", "dev_silver", "dev_work_gold"),
            "dev_work_silver",
        ],
        "AWS::IAM::ManagedPolicy": ["~-analyst"],
        "AWS::Glue::SecurityConfiguration": ["~-security"],
        "AWS::IAM::Role": ["~-dbt-session", "~-ingest-job"],
        "AWS::Athena::WorkGroup": ["~"],
    },
    "notifications": {
        "AWS::SNS::Topic": ["~-notifications"],
        "AWS::SNS::TopicPolicy": ["TopicPolicy"],
        "AWS::SNS::Subscription": ["EmailSubscription"],
    },
    "glue_jobs": {
        "AWS::Glue::Job": ["~-ingest"],
        "AWS::Lambda::Function": ["~-run-glue-job"],
        "AWS::IAM::Role": ["~-run-glue-job"],
        "AWS::Logs::LogGroup": [
            "/aws-glue/jobs/~/error",
            "/aws-glue/jobs/~/output",
            "/aws/lambda/~-run-glue-job",
        ],
    },
    "dbt_build": {
        "AWS::CodeBuild::Project": ["~-dbt-build"],
        "AWS::IAM::Role": ["~-dbt-build"],
        "AWS::Logs::LogGroup": ["/aws/codebuild/~-dbt-build"],
    },
    "step_lambdas": {
        "AWS::Lambda::Function": CALLED,
        "AWS::IAM::Role": CALLED,
        "AWS::Logs::LogGroup": [f"/aws/lambda/{name}" for name in CALLED],
    },
    "step_functions": {
        "AWS::StepFunctions::StateMachine": ["~-backfill", "~-pipeline"],
        "AWS::IAM::Role": ["~-backfill", "~-pipeline"],
        "AWS::Logs::LogGroup": [
            "/aws/vendedlogs/states/~-backfill",
            "/aws/vendedlogs/states/~-pipeline",
        ],
    },
    "triggers": {
        "AWS::Lambda::Function": ["~-start-pipeline"],
        "AWS::IAM::Role": ["~-start-pipeline"],
        "AWS::Logs::LogGroup": ["/aws/lambda/~-start-pipeline"],
        "AWS::SQS::Queue": ["~-arrivals", "~-arrivals-dead"],
        "AWS::SQS::QueuePolicy": ["QueuePolicy"],
        "AWS::Events::Rule": ["~-daily", "~-raw-arrivals"],
        "AWS::Lambda::EventSourceMapping": ["ArrivalsToStartPipeline"],
        "AWS::Lambda::Permission": ["DailyMayStartPipeline"],
    },
    "monitoring": {
        "AWS::CloudWatch::Alarm": [
            "~-backfill-aborted",
            "~-backfill-failed",
            "~-backfill-timed-out",
            "~-dead-arrivals",
            "~-no-success",
            "~-pipeline-aborted",
            "~-pipeline-failed",
            "~-pipeline-timed-out",
        ],
    },
}


@pytest.mark.parametrize("template", STACKS)
def test_a_stack_has_these_resources_by_the_rule_of_names_and_no_other(template: str) -> None:
    stack = stacks("dev", NotificationEmail="shop@example.org")[template]
    found: dict[str, list[str]] = {}
    for logical_id, resource in stack.resources.items():
        kind = resource["Type"]
        name = stack.name(logical_id) if NAMED.get(kind, ("", ""))[0] else logical_id
        found.setdefault(kind, []).append(name.replace("ecommerce-lakehouse-dev", "~"))
    assert {kind: sorted(names) for kind, names in found.items()} == RESOURCES[template]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_name_is_shared_by_two_environments_of_one_account(environment: str) -> None:
    def names(of: str) -> set[str]:
        return {
            stack.name(logical_id)
            for stack in stacks(of).values()
            for logical_id, resource in stack.resources.items()
            if NAMED.get(resource["Type"], ("", ""))[0]
        }

    others = set().union(*(names(other) for other in ENVIRONMENTS if other != environment))
    assert not names(environment) & others


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_bucket_and_databases_are_called_what_python_calls_them(environment: str) -> None:
    expected = Environment(environment, ACCOUNT)
    assert the(environment, "AWS::S3::Bucket")["BucketName"] == expected.bucket
    databases = {
        properties["DatabaseInput"]["Name"]: properties["DatabaseInput"]["LocationUri"]
        for _, properties in resources(environment, "AWS::Glue::Database")
    }
    published = Settings(expected.root, "", database_prefix=expected.database_prefix)
    of_run = replace(published, workspace="run-1")
    assert databases == {
        **{published.database(layer): f"{published.location(layer)}/" for layer in LAYERS},
        **{of_run.database(layer): f"{expected.root}/.work/" for layer in BUILT_LAYERS},
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_stack_imports_only_what_earlier_ones_export_and_every_export_is_of_use(
    environment: str,
) -> None:
    made = stacks(environment)  # a KeyError where an earlier stack does not export it
    exported = set().union(*(stack.exports for stack in made.values()))
    imported = set().union(*(stack.imported for stack in made.values()))
    project = f"ecommerce-lakehouse-{environment}-"
    assert exported - imported == {f"{project}WorkGroupName"}  # for the people who query
    assert all(name.startswith(project) for name in exported)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_parameters_of_an_environment_are_known_to_a_template_and_complete(
    environment: str,
) -> None:
    declared = {name: spec for one in STACKS for name, spec in load(one)["Parameters"].items()}
    given = parameters(environment)
    assert given["Env"] == environment
    assert set(given) <= set(declared)
    without_default = {name for name, spec in declared.items() if "Default" not in spec}
    assert without_default == {"Env", *PACKAGED}
    for name, value in given.items():
        allowed = declared[name].get("AllowedValues")
        assert allowed is None or value in allowed
        assert declared[name]["Type"] == "String" or value.isdecimal()


def test_a_parameter_of_several_templates_is_declared_alike() -> None:
    seen: dict[str, object] = {}
    for template in STACKS:
        for name, spec in load(template)["Parameters"].items():
            assert seen.setdefault(name, spec) == spec


def test_production_keeps_more_than_other_environments() -> None:
    for name in ("KeepReplacedDays", "KeepArtifactsDays", "LogRetentionDays"):
        assert int(parameters("prod")[name]) > max(
            int(parameters(other)[name]) for other in ("dev", "staging")
        )
    assert "ScheduleState" not in parameters("prod")
    assert "AlarmOnSilence" not in parameters("prod")


def test_the_tree_names_no_account() -> None:
    for path in (FOLDER.parent).rglob("*"):
        if path.suffix in (".yaml", ".yml", ".json", ".py"):
            assert not re.search(r"(?<!\d)\d{12}(?!\d)", path.read_text()), path


def test_a_parameters_file_is_plain_text_for_the_command_line() -> None:
    for path in Path(FOLDER / "parameters").iterdir():
        assert path.stem in ENVIRONMENTS
        assert all(isinstance(value, str) for value in json.loads(path.read_text()).values())


@pytest.mark.parametrize("template", STACKS)
def test_no_template_is_too_long_to_be_read(template: str) -> None:
    assert len((FOLDER / f"{template}.yaml").read_text().splitlines()) <= 400


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_raw_table_more_changes_nothing_but_the_list_of_tables(environment: str) -> None:
    def without_list(tables: str) -> str:
        made = stacks(environment, RawTables=tables).values()
        return json.dumps([stack.resources for stack in made]).replace(tables, "the list")

    assert without_list("orders,returns") == without_list("orders")
    assert "orders" not in without_list("these")


def test_the_first_template_fits_into_a_request() -> None:
    # The others are read from the bucket, which this one makes.
    assert (FOLDER / f"{STACKS[0]}.yaml").stat().st_size <= 51_200
