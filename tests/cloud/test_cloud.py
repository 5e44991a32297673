from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from ingestion.errors import LakehouseError
from tests.cloud.cloud import PROJECT_FOLDER, Cloud
from tests.cloud.gateway import service_and_operation
from tests.cloud.samples import new_job
from tests.cloud.stand_in import signal_group


def child_of(cloud: Cloud) -> str:
    """Start a job that waits and return the id of its process."""
    job = new_job(cloud, "import time; time.sleep(600)")
    cloud.client("glue").start_job_run(JobName=job)
    file = cloud.folder / "glue-jobs" / f"{job}.1" / "pid"
    return str(cloud.until(lambda: file.exists() and file.read_text()))


def lives(pid: str) -> bool:
    return Path(f"/proc/{pid}/cwd").exists()


def test_a_stopped_cloud_leaves_no_process(tmp_path: Path) -> None:
    with Cloud(tmp_path / "cloud") as cloud:
        pid = child_of(cloud)
        assert lives(pid)
    assert not lives(pid)
    cloud.stop()


def test_a_server_that_is_terminated_leaves_no_process(tmp_path: Path) -> None:
    with Cloud(tmp_path / "cloud") as cloud:
        pid = child_of(cloud)
        assert cloud._server is not None
        signal_group(cloud._server, signal.SIGTERM)
        cloud.until(lambda: not lives(pid))
        assert cloud._server.wait(20) == 0


def test_a_cloud_ends_with_the_process_that_started_it_even_if_that_is_killed(
    tmp_path: Path,
) -> None:
    code = "import sys, time; from pathlib import Path; from tests.cloud.cloud import Cloud;"
    code += "cloud = Cloud(Path(sys.argv[1]), plain=True); cloud.start();"
    code += "print(cloud._server.pid, flush=True); time.sleep(600)"
    started = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "cloud")],
        cwd=PROJECT_FOLDER,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    with started.stdout:
        pid = started.stdout.readline().strip()
    assert lives(pid)
    started.kill()
    started.wait()
    Cloud(tmp_path / "none").until(lambda: not lives(pid))


def test_a_cloud_whose_port_is_taken_says_where_to_read_why(tmp_path: Path) -> None:
    with Cloud(tmp_path / "one", plain=True) as one:
        second = Cloud(tmp_path / "two", port=one.port, plain=True)
        with pytest.raises(LakehouseError, match="did not start"):
            second.start()


def test_a_child_process_uses_the_cloud_and_no_other_settings(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "someone")
    monkeypatch.setenv("LAKEHOUSE_ROOT", "/data")
    code = "import boto3, os; print(boto3.client('sts').get_caller_identity()['Account']);"
    code += "print(sorted(n for n in os.environ if n in ('AWS_PROFILE', 'LAKEHOUSE_ROOT')))"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env=cloud.environment,
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == f"{cloud.account}\n[]\n"


def test_throttled_calls_are_refused_as_often_as_asked_and_all_calls_are_noted(
    cloud: Cloud,
) -> None:
    glue = cloud.client("glue")
    before = cloud.calls().count(("glue", "GetDatabases"))
    cloud.throttle("glue", "GetDatabases", 1)
    # The client tries again by itself, so the caller sees nothing of one refusal.
    glue.get_databases()
    assert cloud.calls().count(("glue", "GetDatabases")) == before + 2
    cloud.throttle("cloudformation", "ListExports", 20)
    with pytest.raises(ClientError, match="Throttling"):
        cloud.client("cloudformation").list_exports()
    cloud.throttle("cloudformation", "ListExports", 0)
    cloud.client("cloudformation").list_exports()


def test_an_operation_that_is_not_there_is_no_server_error(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="The stand-in failed") as error:
        cloud.client("glue").get_mapping(Source={"DatabaseName": "a", "TableName": "b"})
    assert error.value.response["ResponseMetadata"]["RetryAttempts"] == 0


@pytest.mark.parametrize(
    ("request_of_it", "call"),
    [
        ({"HTTP_X_AMZ_TARGET": "AWSGlue.GetTable"}, ("glue", "GetTable")),
        ({"PATH_INFO": "/service/CloudWatch/operation/PutMetricData"}, ("glue", "PutMetricData")),
        ({"PATH_INFO": "/bucket/key", "REQUEST_METHOD": "PUT"}, ("glue", "PUT /bucket/key")),
    ],
)
def test_a_call_is_named_by_its_protocol(
    request_of_it: dict[str, str], call: tuple[str, str]
) -> None:
    signed = "AWS4-HMAC-SHA256 Credential=test/20250401/eu-west-1/glue/aws4_request, Signature=x"
    environ = {"PATH_INFO": "/", "REQUEST_METHOD": "POST", "HTTP_AUTHORIZATION": signed}
    assert service_and_operation(environ | request_of_it) == call
