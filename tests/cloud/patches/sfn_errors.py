"""What fails or is stopped within a Parallel or a Map.

Every failed Glue run or build is a `States.TaskFailed`. moto takes the name of a branch's error for
one of the user's, which must not begin with `States.`, and ends the execution with a ValueError,
past every Catch. When an item of an inline Map fails, it lets the other items go on, which AWS
stops; and an execution that is stopped while a Map runs ends as failed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import iteration_worker
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.inline_iteration_component import (  # noqa: E501
    InlineIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped

from tests.cloud.patching import replace
from tests.cloud.stand_in import StandIn


def apply(stand_in: StandIn) -> None:
    """Let Parallel and Map hand on errors of both kinds, and stop what is to stop."""

    def of_both_kinds(old: Any) -> Any:
        def error_name_of(error_name: str | None) -> Any:
            if error_name is not None and error_name.startswith("States."):
                return StatesErrorName.from_name(error_name)
            return old(error_name=error_name)

        return error_name_of

    for module in (branches_decl, iteration_worker):
        replace(module, "CustomErrorName", of_both_kinds)
    replace(InlineIterationComponent, "_eval_body", _stopping_the_other_items)
    replace(Environment, "set_error", _staying_stopped)


def _stopping_the_other_items(old: Any) -> Any:
    def evaluate(component: Any, env: Any) -> None:
        try:
            old(component, env)
        except Exception:
            for item in list(env._frames):
                item.set_stop(stop_date=datetime.now(UTC), cause=None, error=None)
            raise

    return evaluate


def _staying_stopped(old: Any) -> Any:
    def set_error(env: Any, error: Any) -> None:
        if not isinstance(env.program_state(), ProgramStopped):
            old(env, error)

    return set_error
