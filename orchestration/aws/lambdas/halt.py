"""End a failed execution so that a redrive repairs it.

A redrive runs the state again that failed. Were that a Fail state, it would fail again; here it is
a task, which lets a redriven execution pass, back to the lock and the whole run.
"""

from __future__ import annotations

from typing import Any


class PipelineFailed(Exception):
    """The run failed; the message is the explanation, for whoever opens the execution."""


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Fail unless the execution was redriven since the run failed.

    Args:
        event: `explanation` as `explain_failure` gives it, `redrives_at_failure` and `redrives`,
            the execution's count of redrives then and now.
        context: Of the Lambda; not used.

    Raises:
        PipelineFailed: No redrive since.
    """
    if event["redrives"] > event["redrives_at_failure"]:
        return {"redrives": event["redrives"]}
    raise PipelineFailed(event["explanation"]["message"])
