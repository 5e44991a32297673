"""What is said to the person at the keyboard when something fails."""

from __future__ import annotations

import re

# How gRPC writes an error that its caller has not unpacked: the first line says nothing, and the
# details may be lines themselves.
_GRPC_DETAILS = re.compile(r'\n\tdetails = "(.*?)"\n(?:\tdebug_error_string|>)', re.DOTALL)


class LakehouseError(Exception):
    """Something a user can cause and fix: it is shown as two sentences, never as a stack trace.

    Args:
        problem: What is wrong, where (file, table, folder) and by which rule.
        next_step: What to do or to run next.
    """

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(f"{problem}\n{next_step}")
        self.problem = problem
        self.next_step = next_step


def root_cause(error: BaseException) -> str:
    """The innermost `Caused by` of an engine's message or gRPC's details, else its first line."""
    details = _GRPC_DETAILS.search(str(error))
    lines = (details[1] if details else str(error)).splitlines()
    causes = [line for line in lines if line.startswith("Caused by: ")]
    first = next((line for line in lines if line.strip()), type(error).__name__)
    return (causes[-1].removeprefix("Caused by: ") if causes else first).strip()
