"""Tables and words as Markdown of GitHub, in which no value is read as markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ingestion.visible import visible

# A reference to a character is never markup, and no bar between two cells either.
_MARKUP = re.compile(r"[]\\`*_[<>|~&@#$:/!{}]|(?<=www)\.", re.IGNORECASE)


def as_text(words: str) -> str:
    """Words on one line, to be read as they are."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", visible(words))


def as_table(
    names: Sequence[str], rows: Sequence[Sequence[str]], is_number: Sequence[bool]
) -> list[str]:
    """The lines of a table; what is no number stands in it as code, where no name is a mention."""
    rule = ("---:" if number else "---" for number in is_number)
    return [
        _line(map(as_text, names)),
        _line(rule),
        *(_line(_cell(*cell) for cell in zip(row, is_number, strict=True)) for row in rows),
    ]


def _cell(text: str, is_number: bool) -> str:
    if is_number or not text:
        return text
    return f"<code>{as_text(text)}</code>"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
