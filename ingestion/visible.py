"""Text from files and of their names, as it may be shown to people.

A value can hold codes that move the cursor or recolor the screen, marks that turn the direction
of reading, and bytes that no terminal can print. What is shown has none of them.
"""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 40
_NAMED = 5


def visible(text: str) -> str:
    """A text on one line; what would steer the terminal is shown by its code."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def visible_lines(text: str) -> str:
    """A text of one or more lines; its line breaks alone steer the terminal."""
    return "\n".join(visible(line) for line in text.split("\n"))


def cut(value: str) -> str:
    """The beginning of a value, whole where it is short."""
    return visible(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")


def shown(value: str) -> str:
    """The beginning of a value in quotes."""
    return f"'{cut(value)}'"


def some(words: Sequence[str]) -> str:
    """The first of these words, and how many more there are."""
    more = len(words) - _NAMED
    return ", ".join(words[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
