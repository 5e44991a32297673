"""The one exception whose message is meant for the person at the keyboard."""

from __future__ import annotations


class LakehouseError(Exception):
    """Something a user can cause and mend: it is shown as two sentences, never as a stack trace.

    Args:
        problem: What is wrong, where (file, table, folder) and by which rule.
        next_step: What to do or to run next.
    """

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(f"{problem}\n{next_step}")
        self.problem = problem
        self.next_step = next_step
