"""What a test gets of one run of the generator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lakehouse.generate import Injected, Manifest, Outcome

from .judge import Place, Verdict, judge


@dataclass(frozen=True)
class Made:
    """The folder and the manifest, with the views that tests ask for."""

    raw: Path
    manifest: Manifest

    @property
    def files(self) -> dict[str, bytes]:
        """Every data file by its relative path."""
        return {
            str(file.relative_to(self.raw)): file.read_bytes()
            for file in sorted(self.raw.rglob("*"))
            if file.is_file() and file.name != "manifest.json"
        }

    @property
    def loadable(self) -> list[str]:
        """The files that the manifest expects to be loaded."""
        refused = {
            entry.file
            for entry in self.manifest.defects
            if entry.outcome in (Outcome.QUARANTINED, Outcome.DUPLICATE)
        }
        return [file for file in self.files if file not in refused]

    def judged(self) -> Verdict:
        return judge(self.raw, self.loadable)

    def entries(self, defect: str) -> list[Injected]:
        return [entry for entry in self.manifest.defects if entry.defect == defect]

    def entry(self, defect: str) -> Injected:
        (found,) = self.entries(defect)
        return found

    def reasons(self, outcome: Outcome) -> dict[Place, set[str]]:
        """What the manifest says of the records with an outcome."""
        return {
            (entry.file, entry.record_number): set(entry.reasons)
            for entry in self.manifest.defects
            if entry.outcome is outcome and entry.record_number is not None
        }


class Make(Protocol):
    """The fixture `make`."""

    def __call__(
        self,
        defects: dict[str, float] | None = None,
        days: int = 4,
        orders_per_day: int = 40,
        seed: int = 7,
        products: int = 60,
        folder: str = "raw",
    ) -> Made: ...
