"""Texts as Trino's Java encodes and compares them."""

from __future__ import annotations

import re
from urllib.parse import quote_plus, unquote_to_bytes

_BROKEN = re.compile("%(?![0-9a-fA-F]{2})")


def url_encoded(text: str) -> str:
    """`url_encode`: a space is a plus."""
    return quote_plus(text, safe="*").replace("~", "%7E")


def url_decoded(text: str) -> str:
    """`url_decode`."""
    if _BROKEN.search(text):
        raise ValueError("after % there are no two digits of a URL")
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise ArithmeticError("bytes of a URL that are no UTF-8 are not known here") from None


def levenshtein(one: str, other: str) -> int:
    """`levenshtein_distance`: how many letters are to change."""
    before = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        now = [row]
        for place, right in enumerate(other):
            changed = before[place] + (left != right)
            now.append(min(changed, before[place + 1] + 1, now[-1] + 1))
        before = now
    return before[-1]
