"""Text from files and of their names, as it may be shown to people.

A value can hold codes that move the cursor or recolor the screen, marks that turn the direction
of reading, bytes that no terminal can print, and characters that nobody sees, so that two names
look alike. What is shown has none of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Printable to Python; each has no width or looks blank (Default_Ignorable_Code_Point of Unicode,
# and the empty Braille cell).
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
# Of a control character, and of a byte of a file's name that is not UTF-8.
_BY_ESCAPE = ("Cc", "Cs")

_SHOWN = 40
_NAMED = 5


def visible(text: str) -> str:
    """A text on one line; what steers the terminal or is not seen is shown by its code."""
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() and not _UNSEEN.match(character):
        return character
    if unicodedata.category(character) in _BY_ESCAPE:
        return character.encode("unicode_escape").decode()
    return f"<U+{ord(character):04X}>"


def visible_lines(text: str) -> str:
    """A text of one or more lines; its line breaks alone steer the terminal."""
    return "\n".join(visible(line) for line in text.split("\n"))


def cut(value: str) -> str:
    """The beginning of a value, whole where it is short."""
    return visible(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")


def shown(value: str) -> str:
    """The beginning of a value in quotes."""
    return f"'{cut(value)}'"


def some(words: Iterable[str], most: int = _NAMED) -> str:
    """The first of these words for a sentence, and how many more there are."""
    listed = list(words)
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more:,} more" if more > 0 else "")
