from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.cloud import Cloud
from tests.cloud.patches.glue import JobRun, failure_message
from tests.cloud.samples import ended_run, new_bucket, new_job, zipped
from tests.cloud.stand_in import StandIn

WAITS = "import time; time.sleep(600)"


def start(cloud: Cloud, job: str, **arguments: str) -> str:
    named = {f"--{name}": value for name, value in arguments.items()}
    return str(cloud.client("glue").start_job_run(JobName=job, Arguments=named)["JobRunId"])


def run(cloud: Cloud, script: str, **arguments: str) -> tuple[str, str | None]:
    job = new_job(cloud, script)
    ended = ended_run(cloud, job, start(cloud, job, **arguments))
    return ended["JobRunState"], ended.get("ErrorMessage")


def test_to_plain_moto_a_job_succeeds_whatever_its_script_does(plain: Cloud) -> None:
    assert run(plain, "raise SystemExit(1)") == ("SUCCEEDED", None)


def test_a_job_runs_its_script_with_the_arguments_of_the_job_and_of_the_run(cloud: Cloud) -> None:
    bucket = new_bucket(cloud)
    script = f"""
import json, sys, boto3
boto3.client("s3").put_object(Bucket="{bucket}", Key="said", Body=json.dumps(sys.argv[1:]))
"""
    job = new_job(cloud, script, DefaultArguments={"--tables": "orders", "--root": "s3://x"})
    run_id = start(cloud, job, tables="products")
    assert ended_run(cloud, job, run_id)["JobRunState"] == "SUCCEEDED"
    said = json.loads(cloud.client("s3").get_object(Bucket=bucket, Key="said")["Body"].read())
    assert said[:4] == ["--JOB_NAME", job, "--JOB_RUN_ID", run_id]
    assert said[4:] == ["--tables", "products", "--root", "s3://x"]


def test_a_run_whose_script_raises_fails_with_what_it_raised(cloud: Cloud) -> None:
    assert run(cloud, "raise ValueError('no such file\\nput it back')") == (
        "FAILED",
        "ValueError: no such file\nput it back",
    )


def test_a_script_finds_the_modules_of_the_wheels_that_the_run_names(cloud: Cloud) -> None:
    bucket = new_bucket(cloud)
    wheel = zipped({"brought_along.py": "def fails(): raise KeyError('found')"})
    cloud.client("s3").put_object(Bucket=bucket, Key="code.whl", Body=wheel)
    job = new_job(cloud, "import brought_along; brought_along.fails()")
    modules = {"--additional-python-modules": f"filelock==4.2.12,s3://{bucket}/code.whl"}
    run_id = cloud.client("glue").start_job_run(JobName=job, Arguments=modules)["JobRunId"]
    assert ended_run(cloud, job, run_id)["ErrorMessage"] == "KeyError: 'found'"


def test_a_run_that_is_stopped_leaves_no_process(cloud: Cloud) -> None:
    job = new_job(cloud, WAITS)
    run_id = start(cloud, job)
    folder = cloud.folder / "glue-jobs" / f"{job}.1"
    pid = cloud.until(lambda: (folder / "pid").exists() and (folder / "pid").read_text())
    stopped = cloud.client("glue").batch_stop_job_run(JobName=job, JobRunIds=[run_id, "other"])
    assert [run["JobRunId"] for run in stopped["SuccessfulSubmissions"]] == [run_id]
    assert [run["JobRunId"] for run in stopped["Errors"]] == ["other"]
    assert ended_run(cloud, job, run_id)["JobRunState"] == "STOPPED"
    cloud.until(lambda: not Path(f"/proc/{pid}/cwd").exists())


def test_a_job_that_runs_refuses_a_second_run_at_once(cloud: Cloud) -> None:
    job = new_job(cloud, WAITS)
    run_id = start(cloud, job)
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        start(cloud, job)
    cloud.client("glue").batch_stop_job_run(JobName=job, JobRunIds=[run_id])


def test_the_next_runs_can_be_made_to_fail(cloud: Cloud) -> None:
    job = new_job(cloud, "pass")
    cloud.fail_next_runs(job, 1, "LakehouseError: The disk is full.")
    first = ended_run(cloud, job, start(cloud, job))
    second = ended_run(cloud, job, start(cloud, job))
    assert (first["JobRunState"], first["ErrorMessage"]) == (
        "FAILED",
        "LakehouseError: The disk is full.",
    )
    assert second["JobRunState"] == "SUCCEEDED"
    cloud.fail_next_runs(job, 9, "Error: always")
    cloud.fail_next_runs(job, 0)
    assert ended_run(cloud, job, start(cloud, job))["JobRunState"] == "SUCCEEDED"


def test_a_run_out_of_time_is_ended(cloud: Cloud, tmp_path: Path) -> None:
    name = new_job(cloud, WAITS)
    command = cloud.client("glue").get_job(JobName=name)["Job"]["Command"]
    # A second, where the API knows only minutes.
    record: Any = SimpleNamespace(arguments={}, job_run_id="jr_1", timeout=1 / 60)
    job: Any = SimpleNamespace(name=name, command=command)
    run = JobRun(StandIn(cloud.port, tmp_path), job, record)
    run.run()
    assert run.state == "TIMEOUT"
    pid = (tmp_path / "glue-jobs" / f"{name}.1" / "pid").read_text()
    assert not Path(f"/proc/{pid}/cwd").exists()


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("Traceback (most recent call last):\n  File x\nStop\n", "Stop"),
        (
            "Traceback (most recent call last):\n  File x\na.b.Error: one\n\n"
            "During handling of the above exception, another exception occurred:\n\n"
            "Traceback (most recent call last):\n  File y\na.b.Second: two\n",
            "Second: two",
        ),
        ("killed without a word\n", "Command failed with exit code 1"),
    ],
)
def test_the_message_of_a_failed_run_is_the_last_exception(output: str, message: str) -> None:
    assert failure_message(output) == message
