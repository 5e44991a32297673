from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cloud.cloud import Cloud
from tests.orchestration.aws.state_machines.machines import TABLES, Machines

INGEST = ["Ingest", *["IngestTable"] * len(TABLES)]
AFTER = ["Build", "PublishMetrics", "MarkLoaded", "NotifySuccess", "Release", "Done"]
FAILURE = ["NoteFailure", "Explain", "NotifyFailure", "ReleaseAfterFailure", "Halt"]


def test_raw_files_become_tables_step_by_step(machines: Machines) -> None:
    done = machines.run("daily-2025-04-02")
    assert done["status"] == "SUCCEEDED"
    states = machines.states(done["executionArn"])
    assert states[:2] == ["Lock", "Run"]
    assert states[2:6] == INGEST
    assert states[6:] == AFTER
    assert machines.holder() is None
    ((subject, message),) = machines.messages()
    assert subject == "test: the tables are up to date"
    assert message.startswith("Five files were loaded. All of it: s3://")
    place = "-bucket/artifacts/daily-2025-04-02/summary.json. Execution: "
    assert message.endswith(f"{place}{done['executionArn']}")


def test_each_raw_table_has_a_run_of_the_job_all_at_once_and_one_execution(
    machines: Machines,
) -> None:
    machines.gate.touch()
    execution = machines.start("daily-2025-04-03")
    machines.cloud.until(lambda: len(machines.runs()) == len(TABLES))
    machines.gate.unlink()
    assert machines.end_of(execution)["status"] == "SUCCEEDED"
    asked = [run["Arguments"] for run in machines.runs()]
    assert sorted(arguments["--tables"] for arguments in asked) == sorted(TABLES)
    assert {arguments["--batch-id"] for arguments in asked} == {"daily-2025-04-03"}
    assert machines.built.read_text() == "daily-2025-04-03\n"


def test_a_job_that_fails_twice_is_run_a_third_time(machines: Machines, cloud: Cloud) -> None:
    cloud.fail_next_runs(machines.job, 2, "LakehouseError: no memory", "orders")
    done = machines.run("again")
    assert done["status"] == "SUCCEEDED"
    assert [run["JobRunState"] for run in machines.runs("orders")] == [
        "FAILED",
        "FAILED",
        "SUCCEEDED",
    ]
    assert len(machines.runs("products")) == 1


def test_a_job_that_always_fails_is_explained_and_reported_and_ends_the_execution(
    machines: Machines, cloud: Cloud
) -> None:
    cloud.fail_next_runs(machines.job, 3, "LakehouseError: the header is new", "orders")
    failed = machines.run("broken")
    assert failed["status"] == "FAILED"
    states = machines.states(failed["executionArn"])
    assert states[-len(FAILURE) :] == FAILURE
    assert "Build" not in states
    assert machines.holder() is None
    ((subject, message),) = machines.messages()
    assert subject == "failed: States.TaskFailed"
    assert "the header is new" in message
    # The execution itself says it, too.
    assert failed["error"] == "PipelineFailed"
    assert "the header is new" in failed["cause"]


def test_a_redrive_repairs_from_the_lock_on(machines: Machines, cloud: Cloud) -> None:
    cloud.fail_next_runs(machines.job, 3, "LakehouseError: no permission", "orders")
    failed = machines.run("repaired")
    before = machines.states(failed["executionArn"])
    repaired = machines.redrive(failed["executionArn"])
    assert (repaired["status"], repaired["redriveCount"]) == ("SUCCEEDED", 1)
    again = machines.states(failed["executionArn"])[len(before) :]
    assert again[:3] == ["Halt", "Lock", "Run"]
    assert again[-len(AFTER) :] == AFTER
    assert machines.holder() is None


def test_a_redrive_of_what_is_still_broken_fails_again_and_can_be_redriven_again(
    machines: Machines,
) -> None:
    machines.breaks_the_build.touch()
    failed = machines.run("still-broken")
    failed_again = machines.redrive(failed["executionArn"])
    assert (failed_again["status"], failed_again["redriveCount"]) == ("FAILED", 1)
    assert len(machines.messages()) == 2
    machines.breaks_the_build.unlink()
    repaired = machines.redrive(failed["executionArn"])
    assert (repaired["status"], repaired["redriveCount"]) == ("SUCCEEDED", 2)


def test_a_failed_build_is_not_built_again(machines: Machines, cloud: Cloud) -> None:
    machines.breaks_the_build.touch()
    failed = machines.run("a-test-fails")
    assert failed["status"] == "FAILED"
    client = cloud.client("codebuild")
    assert len(client.list_builds_for_project(projectName=f"{machines.name}-build")["ids"]) == 1


def test_throttled_calls_are_made_again(machines: Machines, cloud: Cloud) -> None:
    cloud.throttle("codebuild", "StartBuild", 1)
    cloud.throttle("dynamodb", "PutItem", 1)
    done = machines.run("throttled")
    assert done["status"] == "SUCCEEDED", done


def test_a_lock_that_can_not_be_released_fails_the_execution_which_reports_it_and_can_be_redriven(
    machines: Machines, cloud: Cloud
) -> None:
    cloud.throttle("dynamodb", "DeleteItem", 1000)
    failed = machines.run("kept")
    cloud.throttle("dynamodb", "DeleteItem", 0)
    assert (failed["status"], failed["error"]) == ("FAILED", "PipelineFailed")
    assert machines.states(failed["executionArn"])[-6:] == ["Release", *FAILURE]
    assert "failed: DynamoDB.ThrottlingException" in [subject for subject, _ in machines.messages()]
    assert machines.holder() == failed["executionArn"]
    assert machines.redrive(failed["executionArn"])["status"] == "SUCCEEDED"
    assert machines.holder() is None


def test_a_failure_without_an_explanation_is_reported_and_releases_the_lock_all_the_same(
    cloud: Cloud, tmp_path: Path
) -> None:
    machines = Machines(cloud, "unexplained", tmp_path, explains=False)
    machines.breaks_the_build.touch()
    failed = machines.run("unexplained")
    assert failed["status"] == "FAILED"
    assert machines.states(failed["executionArn"])[-5:] == [
        "Explain",
        "ExplainInBrief",
        "NotifyFailure",
        "ReleaseAfterFailure",
        "Halt",
    ]
    ((subject, message),) = machines.messages()
    assert subject == "test: the execution failed, and so did its explanation"
    assert message.startswith(f"{failed['executionArn']} failed with States.TaskFailed:")
    assert machines.holder() is None


def test_a_second_execution_is_refused_while_one_runs(machines: Machines) -> None:
    machines.gate.touch()
    first = machines.start("first")
    machines.cloud.until(machines.holder)
    refused = machines.run("second")
    assert (refused["status"], refused["error"]) == ("FAILED", "AnotherExecutionRuns")
    assert refused["cause"].startswith(f"{first} is at work")
    assert machines.states(refused["executionArn"])[-1] == "Refused"
    assert machines.holder() == first
    backfill = machines.run("third", "backfill", dates=["2025-04-01"])
    assert backfill["error"] == "AnotherExecutionRuns"
    machines.gate.unlink()
    assert machines.end_of(first)["status"] == "SUCCEEDED"
    assert machines.run("fourth")["status"] == "SUCCEEDED"


@pytest.mark.parametrize("trigger", ["arrivals", "schedule", "backfill"])
def test_what_nobody_started_by_hand_waits_for_its_turn(machines: Machines, trigger: str) -> None:
    machines.gate.touch()
    first = machines.start("first")
    machines.cloud.until(machines.holder)
    second = machines.start("second", trigger=trigger)
    machines.cloud.until(lambda: "WaitForTurn" in machines.states(second))
    assert machines.holder() == first
    machines.gate.unlink()
    assert machines.end_of(first)["status"] == "SUCCEEDED"
    assert machines.end_of(second)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("kind", ["stopped", "unknown", "no execution"])
def test_the_lock_of_an_execution_that_is_gone_is_taken_over(
    machines: Machines, cloud: Cloud, kind: str
) -> None:
    gone = f"{machines.arns['pipeline'].replace('stateMachine', 'execution')}:gone"
    if kind == "stopped":
        machines.gate.touch()
        gone = machines.start("gone")
        machines.cloud.until(machines.holder)
        cloud.client("stepfunctions").stop_execution(executionArn=gone)
        assert machines.end_of(gone)["status"] == "ABORTED"
        machines.gate.unlink()
    machines.hold("by hand" if kind == "no execution" else gone)
    done = machines.run("next")
    assert done["status"] == "SUCCEEDED"
    assert "TakeOver" in machines.states(done["executionArn"])
    assert machines.holder() is None


def test_one_who_lost_the_lock_releases_nothing(machines: Machines) -> None:
    machines.gate.touch()
    first = machines.start("slow")
    machines.cloud.until(machines.holder)
    machines.hold("somebody else")
    machines.gate.unlink()
    assert machines.end_of(first)["status"] == "SUCCEEDED"
    assert machines.holder() == "somebody else"


def test_a_backfill_loads_each_date_and_then_starts_the_pipeline(machines: Machines) -> None:
    dates = ["2025-04-01", "2025-04-02", "2025-04-03"]
    done = machines.run("april", "backfill", dates=dates)
    assert done["status"] == "SUCCEEDED"
    pipeline = f"{machines.arns['pipeline'].replace('stateMachine', 'execution')}:april"
    assert machines.end_of(pipeline)["status"] == "SUCCEEDED"
    asked = [run["Arguments"] for run in machines.runs()]
    chosen = [arguments for arguments in asked if "--dates" in arguments]
    assert sorted(arguments["--dates"] for arguments in chosen) == dates
    # Without tables, a run loads the files of all.
    assert all("--tables" not in arguments for arguments in chosen)
    assert {arguments["--batch-id"] for arguments in asked} == {"april"}
    assert len(asked) == len(dates) + len(TABLES)  # the pipeline's own, too


@pytest.mark.parametrize("given", [{"trigger": "manual"}, {"dates": []}])
def test_a_backfill_without_dates_says_how_to_start_it(
    machines: Machines, given: dict[str, Any]
) -> None:
    failed = machines.run("no-dates", "backfill", **given)
    assert (failed["status"], failed["error"]) == ("FAILED", "NoDates")
    assert '{"dates": ["2025-04-01"]}' in failed["cause"]
    assert machines.holder() is None


def test_a_failed_backfill_can_be_redriven(machines: Machines, cloud: Cloud) -> None:
    cloud.fail_next_runs(machines.job, 3, "LakehouseError: no such file")
    failed = machines.run("may", "backfill", dates=["2025-05-01"])
    assert (failed["status"], failed["error"]) == ("FAILED", "PipelineFailed")
    assert machines.redrive(failed["executionArn"])["status"] == "SUCCEEDED"
