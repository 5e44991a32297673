"""What was spoilt and what the pipeline should make of it: the answer sheet of the generated files.

Data flow: injected defects + totals -> Manifest -> manifest.json, sorted, one defect a line
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse.generate.plan import Plan
from lakehouse.generate.registry import DEFECTS, Outcome

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class Injected:
    """One defect in one place.

    Attributes:
        defect: Name in `DEFECTS`.
        file: Relative to raw/. For a missing day, the file that is not there.
        record_number: 1-based below the header, None for a defect of the file.
        column: The column concerned, several joined by ", ", None where there is no such column.
        value: What a CSV reader finds in the column, None unless exactly one column was changed.
        key: The record's business key before it was spoilt.
        reasons: The stable codes that the pipeline gives, empty where it has no objection.
        repeats: The earlier file with the same content, or with the earlier version of the order.
        waiting_items: Order items that wait because this order or product never reaches silver.
    """

    defect: str
    file: str
    record_number: int | None = None
    column: str | None = None
    value: str | None = None
    key: int | None = None
    reasons: tuple[str, ...] = ()
    repeats: str | None = None
    waiting_items: int = 0

    @property
    def outcome(self) -> Outcome:
        """What becomes of the file, record or row."""
        return DEFECTS[self.defect].outcome

    @property
    def expected(self) -> str:
        """The outcome in words, with its consequence for other tables."""
        text = DEFECTS[self.defect].expected
        if self.reasons:
            text += f": {', '.join(self.reasons)}"
        if self.waiting_items:
            parent = "product" if self.file.startswith("products/") else "order"
            text += f"; {self.waiting_items} of its items wait (unknown_{parent})"
        return text

    def as_json(self) -> dict[str, Any]:
        """The entry as the manifest shows it."""
        return {**vars(self), "outcome": self.outcome, "expected": self.expected}


@dataclass(frozen=True)
class TableTotals:
    """What the pipeline should count for one table after everything was loaded.

    `records` = `rejected` + `bronze`, and `bronze` = `silver` + `superseded` + `silver_rejected` +
    `waiting`. Quarantined and duplicate files are in none of them. `clean` counts the records
    without a defect of their own, which may still wait for a lost parent.
    """

    records: int
    clean: int
    rejected: int
    superseded: int
    silver_rejected: int
    waiting: int

    @property
    def bronze(self) -> int:
        """Rows of the bronze table."""
        return self.records - self.rejected

    @property
    def silver(self) -> int:
        """Rows of the silver table."""
        return self.bronze - self.superseded - self.silver_rejected - self.waiting

    def as_json(self) -> dict[str, int]:
        """The totals, derived ones included."""
        return {**vars(self), "bronze": self.bronze, "silver": self.silver}


@dataclass(frozen=True)
class Manifest:
    """The plan, the expected totals and every injected defect, sorted by file and record.

    Attributes:
        plan: What was asked for.
        files: Number of files by outcome; a `gap` is a file that is not there.
        missing_files: Daily files without rows in bronze: `missing`, `quarantined` or `duplicate`.
        tables: Expected totals by table.
        defects: All injected defects.
    """

    plan: Plan
    files: Mapping[Outcome, int]
    missing_files: Mapping[str, str]
    tables: Mapping[str, TableTotals]
    defects: Sequence[Injected]

    @property
    def counts(self) -> dict[str, int]:
        """Number of injected defects by name, in the order of `DEFECTS`."""
        found = Counter(injected.defect for injected in self.defects)
        return {name: found[name] for name in DEFECTS if found[name]}

    def write(self, raw: Path) -> None:
        """Write manifest.json; line by line, because a large plan has a million defects."""
        plan = {
            **vars(self.plan),
            "first_day": self.plan.first_day.isoformat(),
            "defects": dict(sorted(self.plan.defects.items())),
        }
        head = {
            "plan": plan,
            "files": dict(self.files),
            "missing_files": dict(self.missing_files),
            "tables": {name: totals.as_json() for name, totals in self.tables.items()},
            "counts": self.counts,
        }
        with (raw / MANIFEST_NAME).open("w", encoding="utf-8", newline="\n") as sink:
            sink.write(json.dumps(head, indent=2, ensure_ascii=False).removesuffix("\n}"))
            sink.write(',\n  "defects": [')
            for place, injected in enumerate(self.defects):
                sink.write(",\n    " if place else "\n    ")
                sink.write(json.dumps(injected.as_json(), ensure_ascii=False))
            sink.write("\n  ]\n}\n" if self.defects else "]\n}\n")


def sorted_defects(defects: Sequence[Injected]) -> tuple[Injected, ...]:
    """Order by place, which does not depend on the order in which defects were made."""
    return tuple(sorted(defects, key=lambda it: (it.file, it.record_number or 0, it.defect)))
