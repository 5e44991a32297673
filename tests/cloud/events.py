"""What a target of an EventBridge rule is called with."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any


def scheduled_event(rule: str, time: datetime) -> dict[str, Any]:
    """The event of a rule with a schedule, when its time has come."""
    return {
        "version": "0",
        "id": f"{rule}-{time:%Y%m%d%H%M%S}",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "detail": {},
    }


def input_of(target: dict[str, Any], event: dict[str, Any]) -> str:
    """What a target gets of an event: its own `Input`, what its `InputTransformer` makes, or all.

    A placeholder of a template stands for a whole value, which EventBridge writes as JSON; one
    within a text is not supported.
    """
    if "Input" in target:
        return str(target["Input"])
    if transformer := target.get("InputTransformer"):
        values = {
            name: json.dumps(_at(event, path))
            for name, path in transformer.get("InputPathsMap", {}).items()
        }
        made = re.sub(
            r"<([\w.-]+)>", lambda found: values[found.group(1)], transformer["InputTemplate"]
        )
        return json.dumps(json.loads(made))
    return json.dumps(event)


def _at(event: dict[str, Any], path: str) -> Any:
    found: Any = event
    for name in path.removeprefix("$.").split("."):
        found = found[name]
    return found
