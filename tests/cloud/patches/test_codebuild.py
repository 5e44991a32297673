from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import yaml

from tests.cloud.build import Build, log_of
from tests.cloud.cloud import Cloud
from tests.cloud.samples import ROLE, ended, new_bucket, new_machine, new_name, start, task, zipped
from tests.cloud.stand_in import StandIn


def new_project(cloud: Cloud, minutes: int = 5, **phases: list[str]) -> str:
    """Make a project whose buildspec has the given commands for its phases."""
    name, bucket = new_name("project"), new_bucket(cloud)
    spec = {
        "version": 0.2,
        "env": {"variables": {"FROM": "spec", "ONLY": "spec"}},
        "phases": {phase: {"commands": commands} for phase, commands in phases.items()},
    }
    source = zipped({"deep/buildspec.yml": yaml.safe_dump(spec), "words.txt": "hello"})
    cloud.client("s3").put_object(Bucket=bucket, Key="source.zip", Body=source)
    cloud.client("codebuild").create_project(
        name=name,
        source={
            "type": "S3",
            "location": f"{bucket}/source.zip",
            "buildspec": "deep/buildspec.yml",
        },
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "any",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [
                {"name": "FROM", "value": "project"},
                {"name": "ALSO", "value": "project"},
            ],
        },
        serviceRole=ROLE,
        timeoutInMinutes=minutes,
    )
    return name


def found_build(cloud: Cloud, build_id: str) -> dict[str, Any]:
    build: dict[str, Any] = cloud.client("codebuild").batch_get_builds(ids=[build_id])["builds"][0]
    return build


def build_of(cloud: Cloud, project: str, **options: Any) -> dict[str, Any]:
    build_id = cloud.client("codebuild").start_build(projectName=project, **options)["build"]["id"]

    def look() -> dict[str, Any] | None:
        build = found_build(cloud, build_id)
        return None if build["buildStatus"] == "IN_PROGRESS" else build

    build = cloud.until(look)
    assert build is not None
    return build


def phases_of(build: dict[str, Any]) -> dict[str, str]:
    return {phase["phaseType"]: phase["phaseStatus"] for phase in build["phases"]}


def test_to_plain_moto_any_build_has_succeeded(plain: Cloud) -> None:
    assert build_of(plain, new_project(plain, build=["false"]))["buildStatus"] == "SUCCEEDED"


def test_a_build_runs_the_commands_of_its_buildspec_in_its_source(cloud: Cloud) -> None:
    project = new_project(
        cloud,
        install=["export KEPT=yes", "cd deep"],
        build=["echo $KEPT $(cat ../words.txt) $FROM $ALSO $ONLY", "test -x $PYTHON"],
    )
    build = build_of(
        cloud, project, environmentVariablesOverride=[{"name": "ALSO", "value": "call"}]
    )
    assert build["buildStatus"] == "SUCCEEDED"
    assert "yes hello project call spec\n" in log_of(build).read_text()
    assert phases_of(build) == {
        "DOWNLOAD_SOURCE": "SUCCEEDED",
        "INSTALL": "SUCCEEDED",
        "PRE_BUILD": "SUCCEEDED",
        "BUILD": "SUCCEEDED",
        "POST_BUILD": "SUCCEEDED",
    }


def test_after_a_failed_build_only_post_build_runs_and_knows_it(cloud: Cloud) -> None:
    project = new_project(
        cloud,
        build=["echo one", "exit 3", "echo two"],
        post_build=["echo well=$CODEBUILD_BUILD_SUCCEEDING"],
    )
    build = build_of(cloud, project)
    log = log_of(build).read_text()
    assert build["buildStatus"] == "FAILED"
    assert "\none\n" in log
    assert "\ntwo\n" not in log
    assert "well=0\n" in log
    (phase,) = [phase for phase in build["phases"] if phase["phaseType"] == "BUILD"]
    assert phase["contexts"][0]["message"] == (
        "Error while executing command: exit 3. Reason: exit status 3"
    )


def test_after_a_failed_install_nothing_runs(cloud: Cloud) -> None:
    build = build_of(cloud, new_project(cloud, install=["false"], post_build=["echo late"]))
    assert build["buildStatus"] == "FAILED"
    assert "late" not in log_of(build).read_text().replace("Running command echo late", "")
    assert "POST_BUILD" not in phases_of(build)


def test_a_build_out_of_time_is_timed_out_and_its_processes_end(
    cloud: Cloud, tmp_path: Path
) -> None:
    name = new_project(cloud, build=["sleep 600 & sleep 600"])
    (project,) = cloud.client("codebuild").batch_get_projects(names=[name])["projects"]
    project["timeoutInMinutes"] = 1 / 60  # a second, where the API knows only minutes
    shown = {"id": "x:1", "arn": "", "buildNumber": 1, "initiator": "", "buildComplete": False}
    build = Build(StandIn(cloud.port, tmp_path), project, shown, {})
    build.run()
    assert build.description()["buildStatus"] == "TIMED_OUT"
    assert phases_of(build.description())["BUILD"] == "TIMED_OUT"
    pid = int((tmp_path / "builds" / f"{name}.1" / "pid").read_text())
    cloud.until(lambda: not _lives(pid))


def test_a_build_is_stopped_and_its_processes_end(cloud: Cloud) -> None:
    codebuild = cloud.client("codebuild")
    project = new_project(cloud, build=["sleep 600 & sleep 600"])
    build_id = codebuild.start_build(projectName=project)["build"]["id"]
    pid = _pid(cloud, project)
    assert codebuild.stop_build(id=build_id)["build"]["buildStatus"] == "STOPPED"
    cloud.until(lambda: not _lives(pid))


def test_a_build_whose_process_is_killed_fails(cloud: Cloud) -> None:
    project = new_project(cloud, build=["sleep 600"])
    build_id = cloud.client("codebuild").start_build(projectName=project)["build"]["id"]
    os.killpg(_pid(cloud, project), signal.SIGKILL)
    cloud.until(lambda: found_build(cloud, build_id)["buildStatus"] == "FAILED")


def test_a_task_waits_for_a_build_and_hands_its_variables_on(cloud: Cloud) -> None:
    project = new_project(cloud, build=["test $NAMED = $ALSO"])

    def run(given: str) -> dict[str, Any]:
        variables = [{"Name": "NAMED", "Value.$": "$.given"}]
        call = task(
            "codebuild:startBuild.sync",
            {"ProjectName": project, "EnvironmentVariablesOverride": variables},
        )
        machine = new_machine(cloud, {"Build": call})
        return ended(cloud, start(cloud, machine, {"given": given}, name=new_name("run")))

    well = run("project")
    assert json.loads(well["output"])["Build"]["BuildStatus"] == "SUCCEEDED"
    failed = run("other")
    assert failed["error"] == "States.TaskFailed"
    assert json.loads(failed["cause"])["Build"]["BuildStatus"] == "FAILED"


def test_plain_moto_knows_no_task_that_builds(plain: Cloud) -> None:
    call = task("codebuild:startBuild.sync", {"ProjectName": "any"})
    found = ended(plain, start(plain, new_machine(plain, {"Build": call}), name=new_name("run")))
    assert found["error"] == "States.Runtime"


def _pid(cloud: Cloud, project: str) -> int:
    file = cloud.folder / "builds" / f"{project}.1" / "pid"
    return int(cloud.until(lambda: file.exists() and file.read_text()) or 0)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
