"""The cases of tests/corpus/: a file and what is right for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ingestion.tables import TABLES, Table

FOLDER = Path(__file__).parents[1] / "corpus"


@dataclass(frozen=True)
class Case:
    """A file and its expected outcome; README.md of the folder explains the keys.

    Attributes:
        path: The file.
        day: That it gets in a root where all cases lie together.
    """

    path: Path
    day: date
    about: str
    table: str
    rows: list[list[str]] = field(default_factory=list)
    rejected: dict[str, dict[str, str]] = field(default_factory=dict)
    fault: str | None = None
    says: str = ""
    trace: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.name.partition(".")[0]

    @property
    def source_file(self) -> str:
        ending = self.path.name.partition(".")[2]
        return f"{self.table}/{self.day.isoformat()}.{ending}"

    @property
    def declared(self) -> Table:
        return TABLES[self.table]

    @property
    def reasons(self) -> dict[int, list[str]]:
        """Record number to its codes, sorted."""
        return {int(number): sorted(codes) for number, codes in self.rejected.items()}


def cases() -> list[Case]:
    """All of them, each with a day of its own."""
    found = []
    for number, outcome in enumerate(sorted(FOLDER.glob("*.json"))):
        (path,) = (path for path in FOLDER.glob(f"{outcome.stem}.csv*"))
        day = date(2025, 1, 1) + timedelta(days=number)
        expected: dict[str, Any] = json.loads(outcome.read_text())
        found.append(Case(path, day, **expected))
    return found
