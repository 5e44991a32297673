"""What a person sees while a run is at work: the step, the thing in hand, how far, how long."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column

from ingestion.visible import visible
from orchestration.pipeline.dbt import NodeEvent

_DONE_BETWEEN_LINES = 10
_WIDEST_BAR = 24
Step = Callable[[str, int, int], None]

_NODE_WORDS = {"model": "building", "seed": "loading", "test": "testing", "unit": "unit-testing"}

logger = logging.getLogger(__name__)


class Display:
    """Progress on a terminal; silent with `--quiet` and where the output is no terminal."""

    def __init__(self, console: Console, quiet: bool) -> None:
        self._console = console
        self._is_live = console.is_terminal and not quiet

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show one step of a run; its line stays on the screen with the time it took."""
        if not self._is_live:
            yield lambda what, done, total: None
            return
        with new_bar(self._console) as progress:
            task = progress.add_task("", total=None, step=name)
            yield lambda what, done, total: _update(progress, task, what, done, total)
            shown = progress.tasks[0].total or 1
            progress.update(task, description="", completed=shown, total=shown)


class LoggedDisplay(Display):
    """Progress for a log that is read while the run is at work: a line now and then."""

    def __init__(self) -> None:
        super().__init__(Console(), quiet=True)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Log the beginning of a step and each time that some more of it is done."""
        logger.info("%s", name)
        logged = 0

        def log(what: str, done: int, total: int) -> None:
            nonlocal logged
            if done >= logged + _DONE_BETWEEN_LINES or (logged < done == total):
                logged = done
                logger.info("%s: %d of %d, now %s", name, done, total, what or "at its end")

        yield log


def new_bar(console: Console) -> Progress:
    """A line for each step, as wide as the terminal: what is in hand is cut to the rest of it."""
    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.fields[step]:<7}"),
        BarColumn(bar_width=min(_WIDEST_BAR, console.width // 5)),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", style="dim", markup=False, table_column=rest),
        console=console,
        expand=True,
    )


def _update(progress: Progress, task: TaskID, what: str, done: int, total: int) -> None:
    progress.update(task, description=visible(what), completed=done, total=total or None)


class NodeProgress:
    """Turns the events of dbt's threads into one line: what is in hand, how many nodes are done.

    What is shown as done only grows, also where an event does not say how many nodes there are.

    Args:
        step: Shows it.
        is_counted: Show how far it is. A command that is followed by a longer one is not counted.
    """

    def __init__(self, step: Step, *, is_counted: bool = True) -> None:
        self._step = step
        self._is_counted = is_counted
        self._in_hand: dict[str, str] = {}
        self._done = self._total = 0
        self._lock = Lock()

    def __call__(self, event: NodeEvent) -> None:
        """Take one event; what goes wrong here would be a failure of the node."""
        with self._lock:
            if event.is_finished:
                self._in_hand.pop(event.name, None)
                self._done += 1
            else:
                word = _NODE_WORDS.get(event.kind.split("_", maxsplit=1)[0], "running")
                self._in_hand[event.name] = f"{word} {event.name}"
            newest = next(reversed(self._in_hand.values()), "")
            if self._is_counted:
                self._total = max(self._total, event.total)
            # Ephemeral models finish too, though the total leaves them out.
            self._step(newest, min(self._done, self._total), self._total)
