"""Lambda functions that run: moto runs them in Docker, or (without it) only echoes the event.

The function's real code, from its zip, runs in a child process as `tests/cloud/lambda_runtime.py`
does it. Errors, crashes and time-outs come back as AWS words them, so that a state machine that
catches them by name can be tested.
"""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import uuid
import zipfile
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaFunction

from tests.cloud.patching import replace
from tests.cloud.stand_in import StandIn, end_group, signal_group

RUNTIME = Path(__file__).parents[1] / "lambda_runtime.py"
EXTRA_TRIES_OF_AN_EVENT = 2


def apply(stand_in: StandIn) -> None:
    """Let functions run."""

    def run(old: Any) -> Any:
        def invoke_lambda(function: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
            return call(stand_in, function, event)

        return invoke_lambda

    def invoke(old: Any) -> Any:
        def by_type(function: LambdaFunction, body: Any, headers: Any, answer: Any) -> Any:
            event = json.loads(body or "{}")
            if headers.get("x-amz-invocation-type") == "Event":
                stand_in.in_background(lambda: _until_it_works(stand_in, function, event))
                return b""
            result, failed, _ = call(stand_in, function, event)
            if failed:
                answer["x-amz-function-error"] = "Unhandled"
            return result.encode()

        return by_type

    replace(LambdaFunction, "_invoke_lambda", run)
    replace(LambdaFunction, "invoke", invoke)


def call(stand_in: StandIn, function: LambdaFunction, event: Any) -> tuple[str, bool, str]:
    """Run a function once.

    Returns:
        Its result or its error as JSON, whether it failed, and its log.
    """
    request = str(uuid.uuid4())
    folder = stand_in.new_folder("lambdas", function.function_name)
    zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(folder / "code")
    (folder / "event.json").write_text(json.dumps(event))
    with (folder / "output.log").open("wb") as output:
        process = stand_in.start(
            [sys.executable, str(RUNTIME), str(folder)],
            cwd=folder / "code",
            env=stand_in.environment() | _variables(stand_in, function, request),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        code = process.wait(float(function.timeout))
        error = _exit_error(request, code)
    except subprocess.TimeoutExpired:
        signal_group(process, signal.SIGKILL)
        error = _timeout_error(request, float(function.timeout))
    end_group(process)
    log = (folder / "output.log").read_text(errors="replace")
    if (result := folder / "result.json").exists():
        return result.read_text(), False, log
    if (raised := folder / "error.json").exists():
        return raised.read_text(), True, log
    return error, True, log


def _until_it_works(stand_in: StandIn, function: LambdaFunction, event: Any) -> None:
    for _ in range(1 + EXTRA_TRIES_OF_AN_EVENT):
        if not call(stand_in, function, event)[1]:
            return


def _variables(stand_in: StandIn, function: LambdaFunction, request: str) -> dict[str, str]:
    return dict(function.environment_vars or {}) | {
        "_HANDLER": function.handler,
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "STAND_IN_REQUEST_ID": request,
        "STAND_IN_FUNCTION_ARN": function.function_arn,
        "STAND_IN_TIMEOUT": str(function.timeout),
    }


def _exit_error(request: str, code: int) -> str:
    return json.dumps(
        {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"RequestId: {request} Error: Runtime exited with error: "
            + (f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"),
        }
    )


def _timeout_error(request: str, seconds: float) -> str:
    return json.dumps(
        {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {request} Error: "
            f"Task timed out after {seconds:.2f} seconds",
        }
    )
