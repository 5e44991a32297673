"""What differs in the rows of a table, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ColumnChange:
    """A column with other values than before.

    Attributes:
        name: Its name.
        rows: Changed rows in which it has another value; None without a key.
        old_sum: Of its numbers before; None if there are none, or if they are no amounts.
        new_sum: As they are now.
        difference: new - old; None if one of them is.
    """

    name: str
    rows: int | None
    old_sum: Any = None
    new_sum: Any = None
    difference: Any = None


@dataclass(frozen=True)
class RowChange:
    """A row that differs.

    Attributes:
        what: `added`, `removed` or `changed`.
        key: Column to value; the whole row if the table has no key.
        changes: Column, value before and value now.
        times: How many such rows there are.
    """

    what: str
    key: dict[str, Any]
    changes: tuple[tuple[str, Any, Any], ...] = ()
    times: int = 1


@dataclass(frozen=True)
class RowChanges:
    """All that differs in the rows.

    Attributes:
        key: By which they were paired; empty if by nothing.
        added: Rows.
        removed: Rows.
        changed: Rows.
        columns: Those with other values.
        first: The first rows that differ, by key.
    """

    key: tuple[str, ...]
    added: int
    removed: int
    changed: int
    columns: tuple[ColumnChange, ...]
    first: tuple[RowChange, ...]

    @property
    def are_none(self) -> bool:
        """Nothing differs."""
        return not (self.added or self.removed or self.changed or self.columns)
