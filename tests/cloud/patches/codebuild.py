"""CodeBuild builds that build: moto answers that any build has succeeded.

The project's source is a zip in S3; the commands of its buildspec run as `tests/cloud/build.py`
says. A build's folder has the log, and in `pid` the process of the command that runs, for a test
that kills it. `PYTHON` names a ready interpreter: a buildspec need not install one each time.
"""

from __future__ import annotations

import itertools
import sys
from typing import Any

from moto.codebuild.models import CodeBuildBackend
from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult

from tests.cloud.build import Build
from tests.cloud.patching import replace
from tests.cloud.stand_in import StandIn


def apply(stand_in: StandIn) -> None:
    """Let builds run."""
    builds: dict[str, Build] = {}
    numbers: dict[str, itertools.count[int]] = {}

    def start(old: Any) -> Any:
        def start_build(response: CodeBuildResponse) -> ActionResult:
            answer: Any = old(response).result
            shown = answer["build"]
            name = shown["projectName"]
            project = response.codebuild_backend.codebuild_projects[name].project_metadata
            shown["buildNumber"] = next(numbers.setdefault(name, itertools.count(1)))
            build = Build(stand_in, project, shown, _overrides(response))
            build.variables["PYTHON"] = sys.executable
            builds[shown["id"]] = build
            stand_in.in_background(build.run)
            return ActionResult({"build": dict(shown)})

        return start_build

    def describe(old: Any) -> Any:
        def batch_get_builds(backend: CodeBuildBackend, ids: list[str]) -> list[dict[str, Any]]:
            return [builds[build_id].description() for build_id in ids if build_id in builds]

        return batch_get_builds

    def stop(old: Any) -> Any:
        def stop_build(backend: CodeBuildBackend, build_id: str) -> dict[str, Any]:
            builds[build_id].stop()
            return builds[build_id].description()

        return stop_build

    replace(CodeBuildResponse, "start_build", start)
    replace(CodeBuildBackend, "batch_get_builds", describe)
    replace(CodeBuildBackend, "stop_build", stop)


def _overrides(response: CodeBuildResponse) -> dict[str, Any]:
    """What a caller of StartBuild may change of the project."""
    known = {
        "environmentVariablesOverride",
        "sourceLocationOverride",
        "buildspecOverride",
        "timeoutInMinutesOverride",
    }
    asked = {name: response._get_param(name) for name in known}
    return {name: value for name, value in asked.items() if value is not None}
