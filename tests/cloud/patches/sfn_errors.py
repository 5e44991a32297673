"""A branch that fails with `States.*`: moto's Parallel and Map crash on it.

Every failed Glue run or build is a `States.TaskFailed`. moto takes the name of a branch's error for
one of the user's, which must not begin with `States.`, and ends the execution with a ValueError,
past every Catch.
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import iteration_worker
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl

from tests.cloud.patching import replace
from tests.cloud.stand_in import StandIn


def apply(stand_in: StandIn) -> None:
    """Let Parallel and Map hand on errors of both kinds."""

    def of_both_kinds(old: Any) -> Any:
        def error_name_of(error_name: str | None) -> Any:
            if error_name is not None and error_name.startswith("States."):
                return StatesErrorName.from_name(error_name)
            return old(error_name=error_name)

        return error_name_of

    for module in (branches_decl, iteration_worker):
        replace(module, "CustomErrorName", of_both_kinds)
