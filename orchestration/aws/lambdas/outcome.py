"""What an execution that went well did, in words for the people who are notified."""

from __future__ import annotations

from typing import Any

_SHOWN = 10


def outcome_of(summary: dict[str, Any]) -> str:
    """The lines of a message, each with its end.

    Args:
        summary: summary.json of the build.
    """
    files, records, tests = (summary.get(part) or {} for part in ("files", "records", "tests"))
    quarantined = [
        f"{file.get('source_file')} ({file.get('reason')})"
        for file in files.get("quarantined") or []
    ]
    lines = [
        f"Files loaded: {files.get('loaded', 0)}, with {records.get('loaded', 0)} of"
        f" {records.get('read', 0)} records; {records.get('rejected', 0)} records rejected.",
        f"Tests: {tests.get('passed', 0)} passed, {tests.get('warned', 0)} warned.",
        *_listed("In quarantine, to be corrected", quarantined),
        *_listed("Missing", files.get("missing") or []),
    ]
    return "".join(f"{line}\n" for line in lines)


def _listed(title: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = [f"  and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return [f"{title}: {len(names)}", *(f"  {name}" for name in names[:_SHOWN]), *more]
