"""Which raw files a run is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ingestion.errors import LakehouseError
from ingestion.files import place
from ingestion.tables import TABLES


@dataclass(frozen=True)
class Selection:
    """The raw files of some tables and days; all others are left for another run.

    Attributes:
        tables: Names of the tables.
        dates: Logical dates; None for all files, also those without a date.
    """

    tables: Sequence[str] = tuple(TABLES)
    dates: Sequence[date] | None = None

    def holds(self, source_file: str) -> bool:
        """Whether a file is among them, derived from its path below the raw folder.

        A file outside the table folders goes with the first table, so that of several runs that
        share the tables among them exactly one looks after it.
        """
        table, file_date, _ = place(source_file)
        name = table.name if table else next(iter(TABLES))
        return name in self.tables and (self.dates is None or file_date in self.dates)

    @property
    def is_all(self) -> bool:
        """No file is left for another run."""
        return set(self.tables) == set(TABLES) and self.dates is None


ALL_FILES = Selection()


def read_selection(tables: Sequence[str], dates: Sequence[str]) -> Selection:
    """A selection from what a person or a job was given; without names all tables, all dates.

    Raises:
        LakehouseError: A table is not declared, or a date is none.
    """
    for name in tables:
        if name not in TABLES:
            raise LakehouseError(f"There is no raw table {name!r}.", f"Choose {', '.join(TABLES)}.")
    return Selection(tuple(tables) or tuple(TABLES), [_date(text) for text in dates] or None)


def names_in(texts: Iterable[str]) -> list[str]:
    """The names in these texts, which may hold several with commas between them."""
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LakehouseError(
            f"{text!r} is no date.", "Give dates as YYYY-MM-DD, such as 2025-04-01."
        ) from None
