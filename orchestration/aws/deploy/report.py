"""What a deployment prints: a table of changes for each stack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.aws.deploy.deploy import Outcome
from orchestration.aws.deploy.progress import Say
from orchestration.aws.deploy.stacks import Change

_REPLACED = {"True": "replaced", "Conditional": "perhaps replaced"}


@contextmanager
def watched(console: Console, stack: str) -> Iterator[Say]:
    """Show on one line of a terminal what a stack is at; a log file gets a line for each event."""
    if not console.is_terminal:
        yield lambda what: _say(console, f"{stack}: {what}")
        return
    with console.status(f"{stack}: asking for changes") as status:
        yield lambda what: status.update(f"{stack}: {escape(what)}")


def print_outcome(console: Console, outcome: Outcome, *, planned: bool) -> None:
    """Print what changed of a stack, or would."""
    if outcome.changes is None:
        unknown = "to be seen once the stacks before it are deployed"
        if outcome.was_new:
            unknown = "would be made, in the place of the empty stack of a deployment that failed"
        _say(console, f"{outcome.stack}: {unknown}")
        return
    if not outcome.was_needed:
        _say(console, f"{outcome.stack}: no change")
        return
    verb = "would be made" if planned and outcome.was_new else "made"
    if not outcome.was_new:
        verb = "would change" if planned else "changed"
    _say(console, f"{outcome.stack}: {verb}{'' if outcome.changes else ', in its outputs alone'}")
    if outcome.changes:
        console.print(_table(outcome.changes))


def _table(changes: tuple[Change, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2))
    for heading in ("change", "resource", "type", ""):
        table.add_column(heading, overflow="fold")
    for change in sorted(changes, key=lambda each: (each.action, each.resource)):
        replaced = _REPLACED.get(change.replacement, "")
        table.add_row(change.action.lower(), change.resource, change.type, replaced)
    return table


def _say(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False, markup=False)
