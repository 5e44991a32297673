"""The cause of a failed step as Step Functions hands it on, read into values.

A cause is the JSON of a Glue job run, of a CodeBuild build or of a Lambda's error, or plain text.
Step Functions cuts it at 32,768 characters, so its JSON may lack its end; single fields are then
still found. Services write their field names in capitals or not; here the first letter is small.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

# Fields that are needed, in case the JSON is cut; of a Glue run, a build and a Lambda's error.
_FIELDS = (
    *("jobName", "jobRunState", "errorMessage", "id"),
    *("buildStatus", "deepLink", "startTime", "errorType"),
)
# A number, or a text that may lack its end.
_VALUE = r'(?:"((?:[^"\\]|\\.)*)|(\d+))'


def read_cause(cause: str) -> dict[str, Any]:
    """The fields of a cause, none if it is plain text.

    A build is given as it is, without the `Build` around it.
    """
    try:
        found = _lowered(json.loads(cause))
    except ValueError:
        return _fields_of_cut(cause) if cause.lstrip().startswith("{") else {}
    if not isinstance(found, dict):
        return {}
    inner = found.get("build")
    return inner if isinstance(inner, dict) else found


def time_of(value: object) -> datetime | None:
    """A time as Step Functions gives it, milliseconds since 1970, or as ISO text; else None."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _lowered(inner) for key, inner in value.items()}
    return [_lowered(inner) for inner in value] if isinstance(value, list) else value


def _fields_of_cut(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _FIELDS:
        match = re.search(rf'"(?i:{name[0]}){name[1:]}"\s*:\s*{_VALUE}', text)
        if match:
            quoted, number = match.groups()
            found[name] = int(number) if number else _unquoted(quoted)
    if "deepLink" in found:
        found["logs"] = {"deepLink": found["deepLink"]}
    return found


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text
