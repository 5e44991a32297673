"""An arrival plan: what lies in the raw folder before each run, and what must come of it.

The expectation is the rule of decision 0007, said without a ledger: of each path the newest usable
content counts, an older one that comes again does not, and of paths with equal content the lowest.
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
        """The loaded contents, and an empty one for any other path that a file ever had.

        An oracle without a memory needs their names, which say for which days files were expected.
        """
        empty = {
            path: Content(content.table, (), fault=Fault.EMPTY)
            for state in self.states
            for path, content in state.items()
        }
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
    """What must be in bronze, run after run.

    Attributes:
        loaded: Path to the content in bronze.
        current: Path to the newest usable content that lay there.
        older: Path to contents that a newer one has replaced.
    """

    loaded: dict[str, Content] = field(default_factory=dict)
    current: dict[str, Content] = field(default_factory=dict)
    older: dict[str, set[Content]] = field(default_factory=dict)

    def arrive(self, state: State) -> None:
        """Take in what lies in the raw folder before one run."""
        for path, content in state.items():
            is_known = content in self.older.setdefault(path, set())
            if content.is_usable and not is_known and content != self.current.get(path):
                if path in self.current:
                    self.older[path].add(self.current[path])
                self.current[path] = content
        readable = {
            path: content
            for path, content in self.current.items()
            if content in (state.get(path), self.loaded.get(path))
        }
        # A list of products that returns to what it was is news, and days without sales are alike:
        # only daily files with records have copies.
        lowest: dict[object, str] = {}
        for path in sorted(readable):
            content = readable[path]
            has_copies = content.table != "products" and content.records
            lowest.setdefault(content if has_copies else path, path)
        self.loaded = {path: readable[path] for path in lowest.values()}


def write_state(raw: Path, state: State) -> None:
    """Make the raw folder hold exactly these files."""
    for path in raw.glob("*/*"):
        if path.relative_to(raw).as_posix() not in state:
            path.unlink()
    for name, content in state.items():
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_bytes(content.data())
