"""The header of a raw file against its declared table, by name.

Data flow: first line's fields -> header, or the fault for which the file is quarantined
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from ingestion.tables import Table


class FileFault(Exception):
    """A fault of the file as a whole, for which it is quarantined.

    Args:
        code: Stable code, such as `missing_column`.
        detail: The difference in plain words.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Header:
    """The header of a file matched to its table by name.

    Attributes:
        width: Number of fields a record must have.
        positions: Declared column name to its position in the file.
        extra: Unknown column name to its position; kept as JSON in `_rescued`.
    """

    width: int
    positions: dict[str, int]
    extra: dict[str, int]

    @property
    def names(self) -> list[str]:
        """The file's column names in the file's order."""
        places = self.positions | self.extra
        return sorted(places, key=places.__getitem__)


def match_header(fields: list[str] | None, table: Table) -> Header:
    """Match a header to the declared columns by name, in any order.

    Raises:
        FileFault: `malformed_header`, `duplicate_column` or `missing_column` with the difference
            and, where an unknown column has a close name, a suggestion.
    """
    if fields is None:
        raise FileFault("malformed_header", "the quoting of the first line is broken")
    names = [field.strip() for field in fields]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise FileFault("duplicate_column", f"named more than once: {', '.join(repeated)}")
    positions = {name: place for place, name in enumerate(names)}
    missing = [name for name in table.column_names if name not in positions]
    extra = {name: place for name, place in positions.items() if name not in table.column_names}
    if missing:
        raise FileFault("missing_column", _describe_missing(missing, list(extra)))
    return Header(len(names), {name: positions[name] for name in table.column_names}, extra)


def _describe_missing(missing: list[str], extra: list[str]) -> str:
    words = [f"not in the header: {', '.join(missing)}"]
    if extra:
        words.append(f"unknown there: {', '.join(repr(name) for name in extra)}")
    as_written = {other.lower(): other for other in extra}
    for name in missing:
        close = get_close_matches(name, as_written, n=1, cutoff=0.5)
        if close:
            words.append(f"is {as_written[close[0]]!r} meant to be {name!r}?")
    return "; ".join(words)
