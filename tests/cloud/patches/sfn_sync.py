"""Tasks that wait (`.sync`): moto fails each glue:startJobRun.sync, and looks only twice a second.

moto asks every waiting task for the endpoint of a task token, which Glue's has not, so it fails
with "'NoneType' object has no attribute 'interrupt_all'" whatever the job does. Here only a task
that waits for a token has one. The wait ends with the task (time-out, StopExecution, failure of
another branch), and then the job run or build is stopped, as AWS does as well as it can.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback as callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)

from tests.cloud.patching import replace
from tests.cloud.stand_in import StandIn

# A job that takes long is looked at less often: with each look the server asks itself.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0


def apply(stand_in: StandIn) -> None:
    """Let tasks wait without a token."""

    def evaluate(old: Any) -> Any:
        def integration_pattern(task: Any, env: Any, **parts: Any) -> None:
            if task.resource.condition == ResourceCondition.WaitForTaskToken:
                old(task, env=env, **parts)
                return
            submitted = env.stack[-1]
            if task.resource.condition == ResourceCondition.Sync:
                look = task._build_sync_resolver(env=env, **parts)
            else:
                look = task._build_sync2_resolver(env=env, **parts)
            result = _wait(env, look)
            if result is None:
                _stop(stand_in, task.resource.service_name, submitted)
            env.stack.append(result)

        return integration_pattern

    replace(callback.StateTaskServiceCallback, "_eval_integration_pattern", evaluate)


def _wait(env: Any, look: Callable[[], Any]) -> Any:
    pause = FIRST_PAUSE
    while env.is_running():
        if result := look():
            return result
        time.sleep(pause)
        pause = min(pause * 1.3, LONGEST_PAUSE)
    return None


def _stop(stand_in: StandIn, service: str, submitted: dict[str, Any]) -> None:
    if service == "glue":
        stand_in.client("glue").batch_stop_job_run(
            JobName=submitted["JobName"], JobRunIds=[submitted["JobRunId"]]
        )
    elif service == "codebuild":
        stand_in.client("codebuild").stop_build(id=submitted["Build"]["Id"])
