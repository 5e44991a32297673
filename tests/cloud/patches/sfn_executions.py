"""Executions: names for those started without one, and RedriveExecution with `RedriveCount`.

moto ends the ARN of an execution without a name with "None", so that a second one is refused, and
knows no redrive. Here an execution that failed, was stopped or timed out starts again at the state
where it ended, with that state's input, the same ARN and history, and a RedriveCount of one more. A
failed Parallel or Map starts again as a whole; AWS repeats its failed branches alone.
"""

from __future__ import annotations

import copy
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from tests.cloud.patching import replace
from tests.cloud.stand_in import StandIn

REDRIVABLE = {"FAILED", "ABORTED", "TIMED_OUT"}


class ExecutionNotRedrivable(AWSError):
    """AWS's refusal."""

    TYPE = "ExecutionNotRedrivable"
    STATUS = 400


def apply(stand_in: StandIn) -> None:
    """Name executions, count redrives, and redrive."""
    replace(StepFunctionsParserBackend, "start_execution", _with_a_name)
    replace(ExecutionWorker, "_get_evaluation_environment", _with_redrive_count)
    replace(CommonStateField, "_eval_body", _noting_where_it_is)
    replace(StepFunctionResponse, "describe_execution", _showing_redrives)
    StepFunctionResponse.redrive_execution = _redrive_execution  # type: ignore[attr-defined]


def _with_a_name(old: Any) -> Any:
    def start_execution(
        backend: Any, state_machine_arn: str, name: str | None = None, *args: Any, **options: Any
    ) -> Any:
        return old(backend, state_machine_arn, name or str(uuid.uuid4()), *args, **options)

    return start_execution


def _with_redrive_count(old: Any) -> Any:
    def environment(worker: Any) -> Any:
        env = old(worker)
        data = env.states.context_object.context_object_data["Execution"]
        data["StartTime"] = data["StartTime"].isoformat()
        data["RedriveCount"] = redrive_count(worker._execution_communication.execution)
        return env

    return environment


def _noting_where_it_is(old: Any) -> Any:
    def evaluate(state: Any, env: Any) -> Any:
        if not env.is_frame():
            env.at_state = (state.name, copy.deepcopy(env.states.get_input()))
        return old(state, env)

    return evaluate


def redrive_count(execution: Any) -> int:
    """How often an execution was redriven."""
    return getattr(execution, "redrive_count", 0)


class _Redrive(ExecutionWorker):
    """Goes on with an execution where it ended."""

    def __init__(self, execution: Any) -> None:
        ended = execution.exec_worker
        super().__init__(
            evaluation_details=ended._evaluation_details,
            exec_comm=ended._execution_communication,
            cloud_watch_logging_session=None,
            activity_store=ended._activity_store,
        )
        self._ended = ended.env
        self._count = redrive_count(execution)

    def _execution_logic(self) -> None:
        state, state_input = self._ended.at_state
        program: Any = self._get_evaluation_entrypoint()
        program.start_at = StartAt(state)
        env: Any = self._get_evaluation_environment()
        env.states.reset(input_value=state_input)
        env.event_manager = self._ended.event_manager
        env.variable_store = self._ended.variable_store
        self.env = env
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=HistoryEventType.ExecutionRedriven,
            event_details={"executionRedrivenEventDetails": {"redriveCount": self._count}},
        )
        program.eval(env)
        self._execution_communication.terminated()


def _redrive_execution(response: StepFunctionResponse) -> ActionResult:
    arn = response._get_param("executionArn")
    execution: Any = response.stepfunction_backend.describe_execution(arn)
    if execution.status not in REDRIVABLE:
        raise ExecutionNotRedrivable(
            f"Execution is {execution.status}, it must be FAILED, ABORTED or TIMED_OUT: '{arn}'"
        )
    now = datetime.now(UTC)
    execution.redrive_count = redrive_count(execution) + 1
    execution.redrive_date = now
    execution.stop_date = execution.error = execution.cause = None
    execution.exec_status = ExecutionStatus.RUNNING
    execution.exec_worker = _Redrive(execution)
    execution.exec_worker.start()
    return ActionResult({"redriveDate": now})


def _showing_redrives(old: Any) -> Any:
    def describe_execution(response: StepFunctionResponse) -> ActionResult:
        shown: Any = old(response).result
        execution: Any = response.stepfunction_backend.describe_execution(shown["executionArn"])
        shown["redriveCount"] = redrive_count(execution)
        can = execution.status in REDRIVABLE
        shown["redriveStatus"] = "REDRIVABLE" if can else "NOT_REDRIVABLE"
        if "output" in shown:
            # moto shows an output that is text without quotes, which is no JSON.
            shown["output"] = json.dumps(execution.output)
        if redrive_count(execution):
            shown["redriveDate"] = execution.redrive_date
        if execution.stop_date is not None:
            shown["stopDate"] = execution.stop_date
        return ActionResult(shown)

    return describe_execution
