"""codebuild:startBuild(.sync) as a task: moto's state machines know no CodeBuild."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_factory as factory,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from tests.cloud.patching import replace_everywhere
from tests.cloud.stand_in import StandIn


def apply(stand_in: StandIn) -> None:
    """Add the integration."""

    def known(old: Any) -> Any:
        def state_task_service_for(service_name: str) -> Any:
            if service_name == "codebuild":
                return CodeBuildTask()
            return old(service_name=service_name)

        return state_task_service_for

    replace_everywhere(factory, "state_task_service_for", known)


class CodeBuildTask(StateTaskServiceCallback):
    """A task that starts a build, and waits for it as `.sync`."""

    def __init__(self) -> None:
        patterns: Any = {ResourceCondition.Sync}
        super().__init__(supported_integration_patterns=patterns)

    def _get_supported_parameters(self) -> set[str] | None:
        parameters = {
            "ProjectName",
            "EnvironmentVariablesOverride",
            "SourceLocationOverride",
            "SourceVersion",
            "BuildspecOverride",
            "TimeoutInMinutesOverride",
        }
        return parameters if self.resource.api_action.lower() == "startbuild" else None

    def _eval_service_task(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        codebuild = _codebuild(resource_runtime_part, state_credentials)
        env.stack.append({"build": codebuild.start_build(**normalised_parameters)["build"]})

    def _build_sync_resolver(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> Callable[[], Any]:
        codebuild = _codebuild(resource_runtime_part, state_credentials)
        build_id = env.stack.pop()["Build"]["Id"]

        def look() -> Any:
            build = {"build": codebuild.batch_get_builds(ids=[build_id])["builds"][0]}
            self._normalise_response(build)
            status = build["Build"]["BuildStatus"]
            if status == "IN_PROGRESS":
                return None
            if status == "SUCCEEDED":
                return build
            failed = StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed)
            raise FailureEventException(self._failure(env, failed, to_json_str(build)))

        return look

    def _from_error(self, env: Any, ex: Exception) -> FailureEvent:
        if isinstance(ex, ClientError):
            error = ex.response["Error"]
            return self._failure(
                env, CustomErrorName(f"CodeBuild.{error['Code']}"), error["Message"]
            )
        return super()._from_error(env=env, ex=ex)

    def _failure(self, env: Any, error: ErrorName, cause: str) -> FailureEvent:
        details: Any = {
            "taskFailedEventDetails": {
                "resource": self._get_sfn_resource(),
                "resourceType": self._get_sfn_resource_type(),
                "error": error.error_name,
                "cause": cause,
            }
        }
        return FailureEvent(
            env=env,
            error_name=error,
            event_type=HistoryEventType.TaskFailed,
            event_details=details,
        )


def _codebuild(resource_runtime_part: Any, state_credentials: Any) -> Any:
    return boto_client.boto_client_for(
        service="codebuild",
        region=resource_runtime_part.region,
        state_credentials=state_credentials,
    )
