"""What people are shown of a text has nothing that they can't see."""

from __future__ import annotations

from ingestion.visible import cut, visible
from tests.unseen import BLANK, IGNORABLE


def test_every_character_that_nobody_sees_is_shown_by_its_code() -> None:
    for sign in [*IGNORABLE, *BLANK]:
        code = f"<U+{ord(sign):04X}>"
        if sign == " ":
            code = " "
        elif ord(sign) < 0xA0:
            code = ascii(sign)[1:-1]
        assert visible(f"Home{sign}") == f"Home{code}"


def test_letters_marks_on_them_and_emoji_are_shown_as_they_are() -> None:
    for text in ("Caf\u00e9", "Cafe\u0301", "\u4e2d\u6587", "\ud55c\uad6d", "\u2764 \U0001f4da"):
        assert visible(text) == text


def test_a_byte_of_a_name_that_is_not_utf8_is_shown_by_its_escape() -> None:
    assert visible("a\udcffb\x1b[2J\u202e") == "a\\udcffb\\x1b[2J<U+202E>"
    assert cut("Home\u00a0") == "Home<U+00A0>"
