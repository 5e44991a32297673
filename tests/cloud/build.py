"""One build of the stand-in's CodeBuild: the commands of a buildspec, run in the build's folder.

As on CodeBuild (buildspec version 0.2): a phase ends with its first failing command; after a failed
`install` or `pre_build` nothing more runs, after a failed `build` still `post_build`; `finally`
always runs; what a command exports and where it changes to holds for those after it.
"""

from __future__ import annotations

import io
import shlex
import signal
import subprocess
import threading
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from tests.cloud.stand_in import ACCOUNT, REGION, StandIn, end_group, signal_group

PHASES = ("install", "pre_build", "build", "post_build")
DEFAULT_TIMEOUT_MINUTES = 60
# Keeps what a command did to its shell for the next one, whichever way the command ends.
KEEP = "trap 'code=$?; export -p > {state}; pwd > {place}; exit $code' EXIT"


class Build:
    """A build from its start to its end.

    Attributes:
        variables: Environment of the commands beside that of any child of the stand-in.
    """

    def __init__(
        self,
        stand_in: StandIn,
        project: dict[str, Any],
        shown: dict[str, Any],
        overrides: dict[str, Any],
    ) -> None:
        self._stand_in = stand_in
        self._folder = stand_in.new_folder("builds", project["name"])
        self._source = self._folder / "src"
        self._location = overrides.get("sourceLocationOverride", project["source"]["location"])
        self._buildspec = overrides.get(
            "buildspecOverride", project["source"].get("buildspec") or "buildspec.yml"
        )
        minutes = overrides.get("timeoutInMinutesOverride", project["timeoutInMinutes"])
        self._deadline = time.monotonic() + 60 * float(minutes or DEFAULT_TIMEOUT_MINUTES)
        self._shown = shown
        self._phases: list[dict[str, Any]] = []
        self._process: subprocess.Popen[Any] | None = None
        self._lock = threading.Lock()
        self.variables = self._own_variables() | _plain_text(
            [
                *project["environment"].get("environmentVariables", []),
                *overrides.get("environmentVariablesOverride", []),
            ]
        )
        shown.update(self._first_description(project, minutes))

    def description(self) -> dict[str, Any]:
        """What BatchGetBuilds shows now."""
        with self._lock:
            return dict(self._shown, phases=[dict(phase) for phase in self._phases])

    def stop(self) -> None:
        """End the build at once."""
        self._end("STOPPED")

    def run(self) -> None:
        """Run the build until it has ended."""
        status = "FAILED"
        if self._phase("DOWNLOAD_SOURCE", self._download):
            spec = self._spec()
            self.variables = _text(spec.get("env", {}).get("variables", {})) | self.variables
            well = True
            for name in PHASES:
                if not well and name != "post_build":
                    continue
                self.variables["CODEBUILD_BUILD_SUCCEEDING"] = str(int(well))
                phase = spec.get("phases", {}).get(name) or {}
                passed = self._phase(name.upper(), lambda phase=phase: self._commands(phase))
                well = well and passed
                if not passed and name in ("install", "pre_build"):
                    break
            status = "SUCCEEDED" if well else "FAILED"
        self._end(status)

    def _phase(self, kind: str, work: Any) -> bool:
        """Run a phase, note its result and its message, and tell whether it succeeded."""
        phase: dict[str, Any] = {"phaseType": kind, "startTime": datetime.now(UTC).timestamp()}
        with self._lock:
            if self._shown["buildComplete"]:
                return False
            self._phases.append(phase)
            self._shown["currentPhase"] = kind
        try:
            message = work()
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
        end = datetime.now(UTC).timestamp()
        status = "SUCCEEDED" if message is None else "FAILED"
        with self._lock:
            phase.setdefault("phaseStatus", status)
            phase["endTime"] = end
            phase["durationInSeconds"] = int(end - phase["startTime"])
            phase.setdefault("contexts", [{"statusCode": "", "message": message or ""}])
            if message is not None and phase["phaseStatus"] == "FAILED":
                phase["contexts"][0]["statusCode"] = "COMMAND_EXECUTION_ERROR"
        return message is None

    def _commands(self, phase: dict[str, Any]) -> str | None:
        message = None
        for command in phase.get("commands", []):
            message = self._command(command)
            if message is not None:
                break
        for command in phase.get("finally", []):
            message = self._command(command) or message
        return message

    def _command(self, command: str) -> str | None:
        """Run one command; tell how it failed, if it did."""
        state, place = self._folder / "exports", self._folder / "place"
        keep = KEEP.format(state=shlex.quote(str(state)), place=shlex.quote(str(place)))
        kept = f". {shlex.quote(str(state))}\n" if state.exists() else ""
        well = f"export CODEBUILD_BUILD_SUCCEEDING={self.variables['CODEBUILD_BUILD_SUCCEEDING']}"
        with self._lock, (self._folder / "output.log").open("ab", buffering=0) as output:
            if self._shown["buildComplete"]:
                return "The build was stopped"
            output.write(f"[Container] Running command {command}\n".encode())
            self._process = self._stand_in.start(
                ["bash", "-c", f"{kept}{well}\n{keep}\n{command}"],
                cwd=place.read_text().strip() if place.exists() else self._source,
                env=self._stand_in.environment() | self.variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        (self._folder / "pid").write_text(str(self._process.pid))
        try:
            code = self._process.wait(max(0, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._end("TIMED_OUT")
            return "Build timed out"
        finally:
            end_group(self._process)
        if code == 0:
            return None
        return f"Error while executing command: {command}. Reason: exit status {code}"

    def _end(self, status: str) -> None:
        with self._lock:
            if self._shown["buildComplete"]:
                return
            self._shown.update(
                buildStatus=status,
                buildComplete=True,
                currentPhase="COMPLETED",
                endTime=datetime.now(UTC).timestamp(),
            )
            if status in ("STOPPED", "TIMED_OUT") and self._phases:
                self._phases[-1]["phaseStatus"] = status
            process = self._process
        if process is not None and process.poll() is None:
            signal_group(process, signal.SIGKILL)

    def _download(self) -> None:
        bucket, _, key = self._location.partition("/")
        body = self._stand_in.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        zipfile.ZipFile(io.BytesIO(body)).extractall(self._source)
        self._spec()

    def _spec(self) -> dict[str, Any]:
        inline = "\n" in self._buildspec
        text = self._buildspec if inline else (self._source / self._buildspec).read_text()
        spec: dict[str, Any] = yaml.safe_load(text)
        return spec

    def _own_variables(self) -> dict[str, str]:
        return {
            "CODEBUILD_BUILD_ID": self._shown["id"],
            "CODEBUILD_BUILD_ARN": self._shown["arn"],
            "CODEBUILD_BUILD_NUMBER": str(self._shown["buildNumber"]),
            "CODEBUILD_SRC_DIR": str(self._source),
            "CODEBUILD_INITIATOR": self._shown["initiator"],
        }

    def _first_description(self, project: dict[str, Any], minutes: Any) -> dict[str, Any]:
        log = self._folder / "output.log"
        return {
            "source": dict(project["source"], location=self._location, buildspec=self._buildspec),
            "environment": project["environment"],
            "timeoutInMinutes": int(minutes or DEFAULT_TIMEOUT_MINUTES),
            "startTime": datetime.now(UTC).timestamp(),
            "logs": {
                "groupName": f"/aws/codebuild/{project['name']}",
                "streamName": self._shown["id"].partition(":")[2],
                "deepLink": log.as_uri(),
                "cloudWatchLogsArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
                f"/aws/codebuild/{project['name']}",
            },
        }


def _plain_text(variables: list[dict[str, str]]) -> dict[str, str]:
    """Variables of a project or a call; the stand-in has no parameter store or secrets for them."""
    other = [named["name"] for named in variables if named.get("type", "PLAINTEXT") != "PLAINTEXT"]
    if other:
        raise NotImplementedError(f"Variables that are not PLAINTEXT: {', '.join(other)}")
    return {named["name"]: named["value"] for named in variables}


def _text(variables: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in variables.items()}


def log_of(build: dict[str, Any]) -> Path:
    """The file with a build's log, from what BatchGetBuilds shows."""
    return Path(build["logs"]["deepLink"].removeprefix("file://"))
