"""Deployments into the stand-in cloud; they build on each other, in the order of the file."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from ingestion.errors import LakehouseError
from orchestration.aws.deploy import __main__ as command
from orchestration.aws.deploy.deploy import deploy, deployed_version, notified_address, plan
from orchestration.aws.deploy.package import Package
from orchestration.aws.deploy.progress import Say
from orchestration.aws.deploy.releases import earlier_package, upload
from orchestration.aws.deploy.stacks import Change
from orchestration.aws.environment import STACKS, Environment
from orchestration.project import PROJECT_FOLDER
from tests.cloud.cloud import Cloud
from tests.orchestration.aws.deploy.conftest import ACCOUNT, DEV, Build

BUCKET = "ecommerce-lakehouse-dev-123456789012"
JOB = "ecommerce-lakehouse-dev-ingest"
# The stacks whose resources name the version that they run.
VERSIONED = {"glue-jobs", "dbt-build", "step-lambdas", "step-functions", "triggers"}


@pytest.fixture(scope="module")
def cloud(empty_cloud: Cloud, package: Package) -> Cloud:
    """A cloud to which the project is deployed as dev."""
    all_outcomes(package)
    return empty_cloud


def quiet(stack: str) -> AbstractContextManager[Say]:
    return nullcontext(lambda what: None)


def all_outcomes(
    package: Package, environment: Environment = DEV
) -> dict[str, tuple[Change, ...] | None]:
    outcomes = deploy(environment, package, quiet)
    return {outcome.stack: outcome.changes for outcome in outcomes}


def changed(package: Package) -> dict[str, list[tuple[str, str]]]:
    """Deploy; the stacks that changed, with action and resource."""
    return {
        stack.removeprefix("ecommerce-lakehouse-dev-"): [
            (change.action, change.resource) for change in changes
        ]
        for stack, changes in all_outcomes(package).items()
        if changes
    }


def script_of(cloud: Cloud) -> str:
    job = cloud.client("glue").get_job(JobName=JOB)["Job"]
    return str(job["Command"]["ScriptLocation"])


def with_template(package: Package, folder: Path, name: str, text: str) -> Package:
    """The package as another version, with another template."""
    for path in package.files.values():
        place = folder / path.relative_to(package.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    (folder / "cloudformation" / f"{name}.yaml").write_text(text)
    return Package(folder, folder.name.replace("_", "")[:16])


def test_a_plan_for_an_empty_account_shows_what_can_be_known_and_leaves_nothing(
    empty_cloud: Cloud, package: Package
) -> None:
    first, *others = plan(DEV, package)
    assert first.was_new
    assert Change("Add", "Bucket", "AWS::S3::Bucket", "") in (first.changes or ())
    assert [outcome.changes for outcome in others] == [None] * (len(STACKS) - 1)
    left = empty_cloud.client("cloudformation").list_stacks()["StackSummaries"]
    assert {found["StackStatus"] for found in left} <= {"DELETE_COMPLETE"}
    assert empty_cloud.client("s3").list_buckets()["Buckets"] == []


def test_an_account_without_a_deployment_has_no_version(empty_cloud: Cloud) -> None:
    assert deployed_version(Environment("staging", ACCOUNT)) is None


def test_a_deployment_makes_the_stacks_and_uploads_the_version(
    cloud: Cloud, package: Package
) -> None:
    cloudformation = cloud.client("cloudformation")
    for name in STACKS:
        (stack,) = cloudformation.describe_stacks(StackName=DEV.stack(name))["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
    listed = cloud.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="scripts/")["Contents"]
    folder = f"scripts/{package.version}/"
    assert {found["Key"] for found in listed} == {f"{folder}{name}" for name in package.files}
    assert script_of(cloud) == f"s3://{BUCKET}/{folder}ingest.py"
    assert deployed_version(DEV) == package.version


def test_the_named_queries_are_in_the_workgroup(cloud: Cloud) -> None:
    athena = cloud.client("athena")
    ids = athena.list_named_queries(WorkGroup="ecommerce-lakehouse-dev")["NamedQueryIds"]
    found = [athena.get_named_query(NamedQueryId=found)["NamedQuery"] for found in ids]
    (by_day,) = (query for query in found if query["Name"] == "sales_by_day")
    assert by_day["Database"] == "dev_gold"


def test_a_second_deployment_of_the_same_content_changes_nothing(
    cloud: Cloud, package: Package
) -> None:
    calls = len(cloud.calls())
    assert set(all_outcomes(package).values()) == {()}
    made = set(cloud.calls()[calls:])
    assert ("cloudformation", "ExecuteChangeSet") not in made
    assert ("s3", "PutObject") not in made


def test_a_plan_shows_the_changes_and_makes_none(
    cloud: Cloud, package: Package, project: Path, build: Build
) -> None:
    (project / "orchestration" / "aws" / "glue_scripts" / "ingest.py").write_text("# new\n")
    new = build(project)
    calls = len(cloud.calls())
    planned = {outcome.stack: outcome.changes for outcome in plan(DEV, new)}
    changes = planned[DEV.stack("glue_jobs")] or ()
    assert "IngestJob" in {change.resource for change in changes}
    assert planned[DEV.stack("storage")] == ()
    assert deployed_version(DEV) == package.version
    made = cloud.calls()[calls:]
    assert made.count(("cloudformation", "CreateChangeSet")) == len(STACKS)
    assert made.count(("cloudformation", "DeleteChangeSet")) == len(STACKS)


def test_a_new_version_is_deployed_and_taken_back(
    cloud: Cloud, package: Package, project: Path, build: Build, tmp_path: Path
) -> None:
    (project / "orchestration" / "aws" / "glue_scripts" / "ingest.py").write_text("# new\n")
    new = build(project)
    assert set(changed(new)) == VERSIONED
    assert script_of(cloud) == f"s3://{BUCKET}/scripts/{new.version}/ingest.py"
    assert deployed_version(DEV) == new.version
    (tmp_path / "earlier").mkdir()
    earlier = earlier_package(DEV, package.version, tmp_path / "earlier")
    assert set(changed(earlier)) == VERSIONED
    assert script_of(cloud) == f"s3://{BUCKET}/scripts/{package.version}/ingest.py"
    assert set(all_outcomes(package).values()) == {()}


def test_a_changed_template_changes_its_own_stack_alone(
    cloud: Cloud, package: Package, tmp_path: Path
) -> None:
    text = package.template("monitoring").replace("Period: 300", "Period: 600", 1)
    new = with_template(package, tmp_path / "longer_period", "monitoring", text)
    assert changed(new)["monitoring"] == [("Modify", "PipelineFailed")]
    assert changed(package)["monitoring"] == [("Modify", "PipelineFailed")]


def exporting(package: Package, folder: Path) -> Package:
    """Another version, in which the last stack uses a new export of the first."""
    export = "  Extra:\n    Value: x\n    Export: { Name: ecommerce-lakehouse-dev-Extra }\n"
    storage = package.template("storage").replace("Outputs:\n", f"Outputs:\n{export}", 1)
    old = "AlarmDescription: An execution of the pipeline was stopped by hand"
    text = package.template("monitoring")
    assert old in text
    monitoring = text.replace(old, "AlarmDescription: !ImportValue ecommerce-lakehouse-dev-Extra")
    middle = with_template(package, folder / "middle", "storage", storage)
    return with_template(middle, folder / "exporting", "monitoring", monitoring)


def test_an_export_that_is_new_is_there_for_a_later_stack_and_goes_after_its_use(
    cloud: Cloud, package: Package, tmp_path: Path
) -> None:
    new = exporting(package, tmp_path)
    planned = {outcome.stack: outcome for outcome in plan(DEV, new)}
    assert planned[DEV.stack("storage")].was_needed
    assert planned[DEV.stack("storage")].changes == ()
    assert planned[DEV.stack("monitoring")].changes is None
    assert changed(new)["monitoring"] == [("Modify", "PipelineAborted")]
    # Back again: storage can drop the export only when monitoring has let go of it.
    back = list(deploy(DEV, package, quiet))
    assert [outcome.stack for outcome in back] == [DEV.stack(name) for name in reversed(STACKS)]
    assert back[-1].was_needed
    assert not any(outcome.was_needed for outcome in deploy(DEV, package, quiet))


def address(cloud: Cloud) -> list[str]:
    found = cloud.client("sns").list_subscriptions()["Subscriptions"]
    return [each["Endpoint"] for each in found if each["Protocol"] == "email"]


def test_an_address_to_notify_is_given_once_and_kept_until_it_is_taken_away(
    cloud: Cloud, package: Package, project: Path, build: Build
) -> None:
    assert notified_address(DEV) is None
    list(deploy(DEV, package, quiet, notify="shop@example.org"))
    assert address(cloud) == ["shop@example.org"]
    (project / "orchestration" / "aws" / "glue_scripts" / "ingest.py").write_text("# other\n")
    all_outcomes(build(project))
    all_outcomes(package)
    assert address(cloud) == ["shop@example.org"]
    assert notified_address(DEV) == "shop@example.org"
    list(deploy(DEV, package, quiet, notify=""))
    assert address(cloud) == []


def test_a_failed_resource_is_named_with_its_reason_and_what_was_there_stays(
    cloud: Cloud, package: Package, tmp_path: Path
) -> None:
    bad = "  NoSuchThing:\n    Type: AWS::Events::Rule\n    Properties: { Name: ' ' }\n"
    text = package.template("monitoring").replace("Resources:\n", f"Resources:\n{bad}", 1)
    new = with_template(package, tmp_path / "bad_resource", "monitoring", text)
    with pytest.raises(LakehouseError) as raised:
        all_outcomes(new)
    assert "NoSuchThing" in raised.value.problem
    assert "ecommerce-lakehouse-dev-monitoring" in raised.value.problem
    alarms = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert "ecommerce-lakehouse-dev-pipeline-failed" in {each["AlarmName"] for each in alarms}
    # Those before it have the new version already; the next deployment takes all back.
    all_outcomes(package)
    assert deployed_version(DEV) == package.version


def test_an_upload_that_was_broken_off_is_completed(
    cloud: Cloud, package: Package, tmp_path: Path
) -> None:
    s3 = cloud.client("s3")
    folder = f"scripts/{package.version}"
    for name in ("parameters.json", "lambdas.zip"):
        s3.delete_object(Bucket=BUCKET, Key=f"{folder}/{name}")
    (tmp_path / "none").mkdir()
    with pytest.raises(LakehouseError, match="There is no version"):
        earlier_package(DEV, package.version, tmp_path / "none")
    assert upload(DEV, package) == len(package.files)
    assert upload(DEV, package) == 0
    s3.head_object(Bucket=BUCKET, Key=f"{folder}/lambdas.zip")


def test_an_unknown_version_is_refused_and_those_that_are_there_are_named(
    cloud: Cloud, package: Package, tmp_path: Path
) -> None:
    with pytest.raises(LakehouseError, match="There is no version 0000") as raised:
        earlier_package(DEV, "0000", tmp_path)
    assert package.version in raised.value.next_step


def test_a_version_that_lacks_a_stack_is_refused_with_the_way_to_go_on(
    cloud: Cloud, package: Package, tmp_path: Path
) -> None:
    key = f"scripts/{package.version}/cloudformation/triggers.yaml"
    s3 = cloud.client("s3")
    s3.delete_object(Bucket=BUCKET, Key=key)
    try:
        with pytest.raises(LakehouseError, match=r"no cloudformation/triggers\.yaml") as raised:
            earlier_package(DEV, package.version, tmp_path)
    finally:
        s3.upload_file(str(package.files["cloudformation/triggers.yaml"]), BUCKET, key)
    assert "Between sets of stacks" in raised.value.next_step
    assert "## Between sets of stacks" in (PROJECT_FOLDER / "docs" / "deployment.md").read_text()


def test_before_a_first_deployment_there_is_no_version_to_go_back_to(
    empty_cloud: Cloud, tmp_path: Path
) -> None:
    with pytest.raises(LakehouseError, match="There is no version 0000") as raised:
        earlier_package(Environment("staging", ACCOUNT), "0000", tmp_path)
    assert raised.value.next_step.endswith("none.")


def test_two_environments_live_in_one_account(cloud: Cloud, build: Build, project: Path) -> None:
    staging = Environment("staging", ACCOUNT)
    outcomes = all_outcomes(build(project, staging), staging)
    assert all(outcomes.values())
    names = {found["Name"] for found in cloud.client("s3").list_buckets()["Buckets"]}
    assert names == {BUCKET, "ecommerce-lakehouse-staging-123456789012"}


def test_a_tear_down_in_reverse_order_leaves_the_bucket_with_its_data_and_its_key(
    cloud: Cloud, build: Build, project: Path
) -> None:
    staging = Environment("staging", ACCOUNT)
    package = build(project, staging)
    all_outcomes(package, staging)
    cloudformation = cloud.client("cloudformation")
    named = f"alias/{staging.resource('x').removesuffix('-x')}"
    key = cloud.client("kms").describe_key(KeyId=named)["KeyMetadata"]["KeyId"]
    for name in reversed(STACKS):
        cloudformation.delete_stack(StackName=staging.stack(name))
    assert deployed_version(staging) is None
    listed = cloud.client("s3").list_objects_v2(Bucket=staging.bucket, Prefix="scripts/")
    assert listed["KeyCount"] > 0
    assert cloud.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    with pytest.raises(LakehouseError, match=r"storage is .*Bucket \(AWS::S3::Bucket\) failed: "):
        all_outcomes(package, staging)


def test_the_command_says_what_changed_and_at_which_version_it_is(
    cloud: Cloud,
    package: Package,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "build_package", lambda *_: package)
    command.main(env="dev")
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"Version {package.version} for dev in account {ACCOUNT}."
    assert shown[1:-2] == [f"{DEV.stack(name)}: no change" for name in STACKS]
    assert shown[-2:] == [
        f"dev is at version {package.version}.",
        "Nobody is notified of failures: make deploy ENV=dev NOTIFY=<address> changes that.",
    ]


def test_the_command_shows_a_plan_as_a_table(
    cloud: Cloud,
    package: Package,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = package.template("monitoring").replace("Period: 300", "Period: 600", 1)
    new = with_template(package, tmp_path / "planned_period", "monitoring", text)
    monkeypatch.setattr(command, "build_package", lambda *_: new)
    command.main(env="dev", only_plan=True)
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["modify", "PipelineFailed", "AWS::CloudWatch::Alarm"] in [line[:3] for line in shown]
    assert shown[-1][:3] == ["Nothing", "was", "changed."]


def test_the_command_shows_a_problem_without_a_stack_trace(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        command.main(env="dev", version="0000")
    assert raised.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("failed There is no version 0000 in s3://")
    assert "Traceback" not in error


def test_the_parameters_of_the_version_are_kept_with_it(cloud: Cloud, package: Package) -> None:
    key = f"scripts/{package.version}/parameters.json"
    stored = json.loads(cloud.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert stored["Env"] == "dev"
    assert "Version" not in stored
