"""Values as text: numbers with the digits they have, dates and times by ISO 8601."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any


def plain(value: Any) -> str:
    """A value as text; NULL is nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").replace("+00:00", " UTC")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | dict):
        return json_text(value)
    return str(value)


def json_text(value: Any) -> str:
    """A value as JSON that steers no terminal; a decimal is a number with all its digits."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(json_text(item) for item in value)}]"
    if isinstance(value, dict):
        fields = (f"{json_text(str(key))}: {json_text(item)}" for key, item in value.items())
        return f"{{{', '.join(fields)}}}"
    if isinstance(value, float) and value not in (float("inf"), float("-inf")) and value == value:
        return repr(value)
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    # JSON has no sign for times, and none for what is no finite number.
    text = value.isoformat() if isinstance(value, datetime) else plain(value)
    if text.isprintable():
        return json.dumps(text, ensure_ascii=False)
    letters = (json.dumps(c, ensure_ascii=not c.isprintable())[1:-1] for c in text)
    return f'"{"".join(letters)}"'
