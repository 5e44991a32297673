"""The lines of proven.py as signatures."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from lakehouse.query.kinds import decimal
from lakehouse.query.proven import AGGREGATE, SCALAR, WINDOW

# Of a decimal with p digits and scale s: those of the result.
DECIMALS: dict[str, Callable[[int, int], str]] = {
    "@whole": lambda p, s: decimal(p - s + min(s, 1), 0),
    "@cut": lambda p, s: decimal(max(p - s, 1), 0),
    "@one_more": lambda p, s: decimal(p + 1, s),
    "@sign": lambda p, s: decimal(1, 0),
    "@sum": lambda p, s: decimal(38, s),
}
_LINE = re.compile(r"(\w+)\((.*?)\) ([^=]+?) = (.+)")
_ARGUMENT = re.compile(r"(?:[^,(]|\([^()]*(?:\([^()]*\))?\))+")


@dataclass(frozen=True)
class Signature:
    """One way to call a function.

    Attributes:
        name: Trino's.
        arguments: What each may be.
        result: The type of the value.
        template: The same in DuckDB's SQL.
        use: `scalar`, `aggregate` or `window`.
    """

    name: str
    arguments: tuple[str, ...]
    result: str
    template: str
    use: str

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.arguments)})"


@cache
def signatures() -> dict[str, list[Signature]]:
    """All of them by name."""
    found: dict[str, list[Signature]] = {}
    for use, text in (("scalar", SCALAR), ("aggregate", AGGREGATE), ("window", WINDOW)):
        for line in text.strip().splitlines():
            matched = _LINE.fullmatch(line)
            if matched is None:
                raise ValueError(line)
            name, listed, result, template = matched.groups()
            arguments = tuple(part.strip() for part in _ARGUMENT.findall(listed))
            found.setdefault(name, []).append(Signature(name, arguments, result, template, use))
    return found
