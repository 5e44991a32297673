"""One call of a Lambda function, in the process that the stand-in starts for it.

    python lambda_runtime.py FOLDER

FOLDER has code/ (the function's zip) and event.json; result.json or error.json is put beside them.
As on Lambda, the code finds itself, the standard library and boto3, and nothing else: a function
that imports another part of this project works on a developer's machine and would fail on AWS.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

GIVEN = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"}


class Context:
    """The parts of Lambda's context object that our functions use."""

    def __init__(self) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.invoked_function_arn = os.environ["STAND_IN_FUNCTION_ARN"]
        self.aws_request_id = os.environ["STAND_IN_REQUEST_ID"]
        self._end = time.monotonic() + float(os.environ["STAND_IN_TIMEOUT"])

    def get_remaining_time_in_millis(self) -> int:
        """What is left until the time-out."""
        return max(0, int((self._end - time.monotonic()) * 1000))


class NotOnLambda:
    """Hides from the code what Lambda would not have."""

    def __init__(self, code: Path) -> None:
        self._own = {found.stem for found in code.iterdir()}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Raise for a module that is not there on Lambda; the others are for the next finder."""
        top = name.partition(".")[0]
        if top not in self._own | GIVEN | sys.stdlib_module_names:
            raise ModuleNotFoundError(f"No module named '{top}'", name=name)
        return None


def main(folder: Path) -> None:
    """Call the handler."""
    code = folder / "code"
    sys.path[0] = str(code)
    sys.meta_path.insert(0, NotOnLambda(code))
    event = json.loads((folder / "event.json").read_text())
    module, _, function = os.environ["_HANDLER"].rpartition(".")
    context = Context()
    try:
        handler = _handler(module, function)
        # json.dumps here, so that a result that is no JSON fails as it does on Lambda.
        result = json.dumps(handler(event, context))
    except Exception as error:
        traceback.print_exc()
        _write(folder / "error.json", json.dumps(_error(error, context)))
    else:
        _write(folder / "result.json", result)


class ImportModuleError(Exception):
    """The module of the handler can't be imported."""


class HandlerNotFound(Exception):
    """The module has no such handler."""


def _handler(module: str, function: str) -> Any:
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise ImportModuleError(f"Unable to import module '{module}': {error}") from error
    if not hasattr(loaded, function):
        raise HandlerNotFound(f"Handler '{function}' missing on module '{module}'")
    return getattr(loaded, function)


def _error(error: Exception, context: Context) -> dict[str, Any]:
    of_runtime = isinstance(error, ImportModuleError | HandlerNotFound)
    return {
        "errorMessage": str(error),
        "errorType": f"Runtime.{type(error).__name__}" if of_runtime else type(error).__name__,
        "requestId": "" if of_runtime else context.aws_request_id,
        "stackTrace": [] if of_runtime else traceback.format_tb(error.__traceback__)[1:],
    }


def _write(file: Path, text: str) -> None:
    # Whole or not at all: the stand-in may kill this process at any time.
    part = file.with_suffix(".part")
    part.write_text(text)
    part.rename(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
