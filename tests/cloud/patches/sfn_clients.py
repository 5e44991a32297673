"""Times in the answers that a state machine gets: moto keeps them as Python's datetime.

A task's answer must be JSON: with a datetime in it (aws-sdk:sfn:describeExecution has two),
DescribeExecution fails with HTTP 500, and so does a Glue run's or a build's failure as a cause. AWS
gives strings, and so does this. Answers also get the first letters of their names in capitals, and
requests the names that the service wants (`ProjectName` for CodeBuild's `projectName`), as AWS does
for every integration; moto does neither.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel
from moto.stepfunctions.parser import models as _loads_all_of_it  # noqa: F401
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from moto.stepfunctions.parser.asl.utils import boto_client

from tests.cloud.patching import replace, replace_everywhere
from tests.cloud.stand_in import StandIn


def apply(stand_in: StandIn) -> None:
    """Translate requests and answers of tasks."""

    def client_for(old: Any) -> Any:
        def boto_client_for(*args: Any, **options: Any) -> Any:
            client = old(*args, **options)
            client.meta.events.register("after-call", _without_datetimes)
            return client

        return boto_client_for

    def request(old: Any) -> Any:
        def normalise(
            task: Any,
            parameters: Any,
            boto_service_name: str | None = None,
            service_action_name: str | None = None,
        ) -> None:
            shape = _operation(task, boto_service_name, service_action_name)
            if shape is not None and shape.input_shape is not None:
                task._to_boto_request(parameters, shape.input_shape)

        return normalise

    def answer(old: Any) -> Any:
        def normalise(
            task: Any,
            response: Any,
            boto_service_name: str | None = None,
            service_action_name: str | None = None,
        ) -> None:
            shape = _operation(task, boto_service_name, service_action_name)
            if shape is not None and shape.output_shape is not None:
                task._from_boto_response(response, shape.output_shape)

        return normalise

    replace_everywhere(boto_client, "boto_client_for", client_for)
    replace(StateTaskService, "_normalise_parameters", request)
    replace(StateTaskService, "_normalise_response", answer)


def _operation(task: Any, service: str | None, action: str | None) -> OperationModel | None:
    name = task._get_boto_service_action(action).replace("_", "")
    return _operations(task._get_boto_service_name(service)).get(name)


@cache
def _operations(service: str) -> dict[str, OperationModel]:
    """Operations of a service by their names in small letters; none if AWS has no such service."""
    session = botocore.session.get_session()
    if service not in session.get_available_services():
        return {}
    model = session.get_service_model(service)
    return {name.lower(): model.operation_model(name) for name in model.operation_names}


def _without_datetimes(parsed: dict[str, Any], **_: Any) -> None:
    for name, value in parsed.items():
        parsed[name] = _as_json(value)


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_json(inner) for inner in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value
