"""Glue job runs that run: moto's jobs go to SUCCEEDED by being looked at, without any script.

A run downloads the job's script, and the wheels of `--extra-py-files` and
`--additional-python-modules` that are in S3, and runs it as a child process with the arguments that
Glue gives. Its state and its message of failure are what Glue would show. A job of the kind
`glueetl` has Spark, by `launch_glue` of the stand-in; one of the kind `pythonshell` has none.
"""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue.models import FakeJob, FakeJobRun
from moto.glue.responses import GlueResponse

from tests.cloud.patching import replace
from tests.cloud.stand_in import StandIn, end_group, signal_group

ENDED = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"}
DEFAULT_TIMEOUT_MINUTES = 480
# A traceback's end, such as `ingestion.errors.LakehouseError: The …`; Glue drops the module.
EXCEPTION = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?::(.*))?$", re.DOTALL)


def apply(stand_in: StandIn) -> None:
    """Let job runs run."""
    runs: dict[str, JobRun] = {}

    def start(old: Any) -> Any:
        def start_job_run(job: FakeJob, *args: Any, **options: Any) -> str:
            run_id: str = old(job, *args, **options)
            record = next(run for run in job.job_runs if run.job_run_id == run_id)
            run = runs[run_id] = JobRun(stand_in, job, record)
            stand_in.in_background(run.run)
            return run_id

        return start_job_run

    def status(old: Any) -> Any:
        def of(record: FakeJobRun) -> str:
            run = runs.get(record.job_run_id)
            return run.state if run else "STARTING"

        return property(of, lambda record, state: None)

    def describe(old: Any) -> Any:
        def as_dict(record: FakeJobRun) -> dict[str, Any]:
            run = runs.get(record.job_run_id)
            return run.description(old(record)) if run else old(record)

        return as_dict

    replace(FakeJob, "start_job_run", start)
    replace(FakeJobRun, "status", status)
    replace(FakeJobRun, "as_dict", describe)
    GlueResponse.batch_stop_job_run = _stopping(runs)  # type: ignore[attr-defined]


class JobRun:
    """One run of a job: its process, its state, its message."""

    def __init__(self, stand_in: StandIn, job: FakeJob, record: FakeJobRun) -> None:
        self.state = "STARTING"
        self._message: str | None = None
        self._stand_in = stand_in
        self._job = job
        self._record = record
        self._process: subprocess.Popen[Any] | None = None

    def description(self, plain: dict[str, Any]) -> dict[str, Any]:
        """What GetJobRun shows, from what moto would show."""
        shown = plain | {
            "JobRunState": self.state,
            "GlueVersion": self._job.glue_version,
            "ExecutionTime": int((self._record.completed_on - self._record.started_on).seconds),
        }
        if self._message is not None:
            shown["ErrorMessage"] = self._message
        if self.state not in ENDED:
            del shown["CompletedOn"]
        return shown

    def run(self) -> None:
        """Run the script until it has ended."""
        message = self._stand_in.failure_of(self._job.name, self._record.arguments or {})
        try:
            if message is not None:
                self.state = "RUNNING"
                self._end("FAILED", message)
            else:
                self._run_script()
        except Exception as error:
            self._end("FAILED", f"{type(error).__name__}: {error}")

    def stop(self) -> None:
        """End the script at once, and whatever it started."""
        if self.state not in ENDED:
            self._end("STOPPED", None)
            if self._process is not None:
                signal_group(self._process, signal.SIGKILL)

    def _run_script(self) -> None:
        folder = self._stand_in.new_folder("glue-jobs", self._job.name)
        arguments = dict(self._record.arguments or {})
        script = folder / "script.py"
        location = self._job.command["ScriptLocation"]  # type: ignore[index]
        script.write_bytes(self._download(location))
        modules = self._modules(folder, arguments)
        words = ["--JOB_NAME", self._job.name, "--JOB_RUN_ID", self._record.job_run_id]
        for name, value in arguments.items():
            words += [name, str(value)]
        kind = self._job.command["Name"]  # type: ignore[index]
        with_spark = self._stand_in.launch_glue if kind == "glueetl" else None
        command, variables = (with_spark or _plain_python)(script, words)
        with (folder / "output.log").open("wb") as output:
            if self.state in ENDED:
                return
            self._process = self._stand_in.start(
                command,
                cwd=folder,
                env=self._stand_in.environment() | {"PYTHONPATH": str(modules)} | variables,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        (folder / "pid").write_text(str(self._process.pid))
        self.state = "RUNNING"
        self._wait(folder / "output.log")

    def _wait(self, output: Path) -> None:
        assert self._process is not None
        try:
            code = self._process.wait(60 * float(self._record.timeout or DEFAULT_TIMEOUT_MINUTES))
        except subprocess.TimeoutExpired:
            signal_group(self._process, signal.SIGKILL)
            self._end("TIMEOUT", f"Job {self._job.name} timed out")
            return
        finally:
            end_group(self._process)
        text = output.read_text(errors="replace")
        self._end("SUCCEEDED" if code == 0 else "FAILED", failure_message(text) if code else None)

    def _modules(self, folder: Path, arguments: dict[str, str]) -> Path:
        modules = folder / "modules"
        modules.mkdir()
        for name in ("--extra-py-files", "--additional-python-modules"):
            for location in arguments.get(name, "").split(","):
                if location.startswith("s3://"):
                    zipfile.ZipFile(io.BytesIO(self._download(location))).extractall(modules)
        return modules

    def _download(self, location: str) -> bytes:
        bucket, _, key = location.removeprefix("s3://").partition("/")
        body: bytes = self._stand_in.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def _end(self, state: str, message: str | None) -> None:
        if self.state not in ENDED:
            self._record.completed_on = utcnow()
            self._message = message
            self.state = state


def _stopping(runs: dict[str, JobRun]) -> Any:
    def batch_stop_job_run(response: GlueResponse) -> ActionResult:
        name = response._get_param("JobName")
        asked = response._get_param("JobRunIds")
        job = response.glue_backend.get_job(name)
        known = {record.job_run_id for record in job.job_runs}
        for run_id in known.intersection(asked):
            runs[run_id].stop()
        return ActionResult(
            {
                "SuccessfulSubmissions": [
                    {"JobName": name, "JobRunId": run_id} for run_id in asked if run_id in known
                ],
                "Errors": [
                    {"JobName": name, "JobRunId": run_id, "ErrorDetail": _not_found(run_id)}
                    for run_id in asked
                    if run_id not in known
                ],
            }
        )

    return batch_stop_job_run


def failure_message(output: str) -> str:
    """What Glue shows of a failed script: `Exception: message` of its traceback."""
    _, mark, trace = output.rpartition("Traceback (most recent call last):\n")
    lines = trace.splitlines() if mark else []
    for number, line in enumerate(lines):
        if line and not line.startswith((" ", "\t")):
            found = EXCEPTION.match("\n".join(lines[number:]).strip())
            if found:
                name, message = found.groups()
                return name if message is None else f"{name}:{message}"
    return "Command failed with exit code 1"


def _plain_python(script: Path, arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    return [sys.executable, str(script), *arguments], {}


def _not_found(run_id: str) -> dict[str, str]:
    return {"ErrorCode": "EntityNotFoundException", "ErrorMessage": f"JobRun {run_id} not found"}
