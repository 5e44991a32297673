"""An arrival plan: what lies in the raw folder before each run, and what must come of it.

The expectation is the rule of decision 0039, said without a ledger: what lies there counts, of
paths with equal content the lowest. What lies there no more stays, unless it lies there under
another name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.properties.shop import Content, Fault

State = Mapping[str, Content]


@dataclass(frozen=True)
class Plan:
    """One state of the raw folder for each run, path to content; a path may vanish again."""

    states: tuple[State, ...]

    def loaded(self) -> dict[str, Content]:
        """Path to the content whose records must be in bronze after the last run."""
        expected = Expected()
        for state in self.states:
            expected.arrive(state)
        return expected.loaded

    def effective(self) -> dict[str, Content]:
        """The loaded contents, and an empty one for any other path that says of days.

        An oracle without a memory needs their names, which say for which days files were expected.
        """
        names = {
            path: content.table
            for number, state in enumerate(self.states)
            for path, content in state.items()
            if number == len(self.states) - 1 or not content.is_usable
        }
        empty = {path: Content(table, (), fault=Fault.EMPTY) for path, table in names.items()}
        return empty | self.loaded()

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How hypothesis prints a failing plan: as files, not as objects."""
        printer.text(f"\n{self}")

    def _lines(self) -> Iterator[str]:
        before: State = {}
        for number, state in enumerate(self.states, 1):
            yield f"== run {number} of {len(self.states)}"
            for path in sorted(before.keys() - state.keys()):
                yield f"-- {path} is taken away"
            for path in sorted(path for path in state if before.get(path) != state[path]):
                yield f"-- {path}{' is replaced' if path in before else ''}"
                yield str(state[path])
            before = state


@dataclass
class Expected:
    """What must be in bronze, run after run: path to content."""

    loaded: dict[str, Content] = field(default_factory=dict)

    def arrive(self, state: State) -> None:
        """Take in what lies in the raw folder before one run."""
        there: dict[str, Content] = {}
        for path, content in sorted(state.items()):
            # A list of products that returns to what it was is news, and days without sales are
            # alike: only daily files with records have copies.
            has_copies = content.table != "products" and content.records
            is_copy = has_copies and content in there.values()
            if content.is_usable and not is_copy:
                there[path] = content
        came = {
            content
            for path, content in there.items()
            if self.loaded.get(path) != content and content.records
        }
        usable = {path for path, content in state.items() if content.is_usable}
        kept = {
            path: content
            for path, content in self.loaded.items()
            if path not in usable and content not in came
        }
        self.loaded = kept | there


def write_state(raw: Path, state: State) -> None:
    """Make the raw folder hold exactly these files."""
    for path in raw.glob("*/*"):
        if path.relative_to(raw).as_posix() not in state:
            path.unlink()
    for name, content in state.items():
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_bytes(content.data())
