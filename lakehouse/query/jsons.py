"""JSON as Trino reads it: only as far as a path needs, so that what follows may be broken."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from lakehouse.query.json_values import READER, shown, written

PATH = r'\$(\.[A-Za-z_][A-Za-z0-9_]*|\[[0-9]{1,6}\]|\["[^"\\]*"\])*'
_STEP = re.compile(r'\.([A-Za-z0-9_]+)|\[([0-9]+)\]|\["([^"]*)"\]')
_BLANKS = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")


def parsed(text: str) -> str:
    """`json_parse`: in one form, with the keys of each object in their order."""
    return _whole(text, is_sorted=True)


def parsed_to_cast(text: str) -> str:
    """`json_parse` right inside of a cast to a list or a map: keys keep their order and repeat."""
    return _whole(text, is_sorted=False)


def _whole(text: str, *, is_sorted: bool) -> str:
    try:
        value, end = READER.raw_decode(text, _after_blanks(text, 0))
        if _after_blanks(text, end) == len(text):
            return written(value, is_sorted=is_sorted)
    except ValueError:
        pass
    raise ValueError("a text is no JSON")


def extracted(text: str, path: str) -> str | None:
    """`json_extract`: the value at a path; keys keep their order."""
    at = _place(text, path)
    return None if at is None else _copied(text, at, path)


def extracted_scalar(text: str, path: str) -> str | None:
    """`json_extract_scalar`: a text, or a number and a truth as they are written."""
    at = _place(text, path)
    if at is None or text[at : at + 1] in ("{", "[", ""):
        return None
    if text[at] == '"':
        value = _copied(text, at, path)
        return None if value is None else shown(json.loads(value))
    found = _SCALAR.match(text, at)
    if found is None or not _is_closed(text, found.end(), path) or found[0] == "null":
        return None
    return found[0]


def size(text: str, path: str) -> int | None:
    """`json_size`: how many entries or fields; 0 for a scalar."""
    value = extracted(text, path)
    return None if value is None else _length(value)


def array_length(text: str) -> int | None:
    """`json_array_length`: NULL for what is no list."""
    value = extracted(text, "$")
    return _length(value) if value is not None and value.startswith("[") else None


def array_contains(text: str, wanted: str) -> bool | None:
    """`json_array_contains`: whether a list has an entry that is written so."""
    try:
        at = _after_blanks(text, 0)
        if text[at : at + 1] != "[":
            return None
        return any(written(READER.raw_decode(text, place)[0]) == wanted
                   for _, place in _entries(text, at))  # fmt: skip
    except ValueError:
        return None


def _length(value: str) -> int:
    found = READER.decode(value)
    return len(found) if isinstance(found, list) else 0


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


@lru_cache(maxsize=64)
def _steps(path: str) -> list[str]:
    return ["".join(found) for found in _STEP.findall(path)]


def _place(text: str, path: str) -> int | None:
    """Where the value at a path begins; the first of a key that repeats."""
    try:
        at = _after_blanks(text, 0)
        for step in _steps(path):
            entries = _ENTRIES.get(text[at : at + 1])
            found = entries and next((p for key, p in entries(text, at) if key == step), None)
            if not found:
                return None
            at = found
    except ValueError:
        return None
    return at


def _copied(text: str, at: int, path: str) -> str | None:
    try:
        value, end = READER.raw_decode(text, at)
        return written(value) if _is_closed(text, end, path) else None
    except ValueError:
        return None


def _is_closed(text: str, end: int, path: str) -> bool:
    """Whether a value ends here; one that is the whole text is not followed by a letter."""
    last, after = text[end - 1], text[end : end + 1]
    if last in '"]}' or after in ("", *" \t\n\r"):
        return True
    if last.isdigit():
        return path != "$" and after not in "0123456789.eE"
    return not (after.isalnum() or after in "_$")


def _entries(text: str, at: int) -> Iterator[tuple[str, int]]:
    """Number and place of each entry of the list that begins here."""
    at, number = _after_blanks(text, at + 1), 0
    while text[at : at + 1] != "]" or number:
        yield str(number), at
        at, number = _next(text, at, "]"), number + 1
        if not at:
            return


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """Key and place of each value of the object that begins here."""
    at = _after_blanks(text, at + 1)
    if text[at : at + 1] == "}":
        return
    while at:
        if text[at : at + 1] != '"':
            raise ValueError("a key is no text")
        key, end = READER.raw_decode(text, at)
        colon = _after_blanks(text, end)
        if text[colon : colon + 1] != ":":
            raise ValueError("a key has no value")
        at = _after_blanks(text, colon + 1)
        yield key, at
        at = _next(text, at, "}")


def _next(text: str, at: int, close: str) -> int:
    """The place after a value and its comma; 0 at the end."""
    _, end = READER.raw_decode(text, at)
    end = _after_blanks(text, end)
    sign = text[end : end + 1]
    if sign not in (",", close) or not sign:
        raise ValueError("a value is not followed by another one")
    return _after_blanks(text, end + 1) if sign == "," else 0


_ENTRIES: dict[str, Callable[[str, int], Iterator[tuple[str, int]]]] = {
    "[": _entries, "{": _members,
}  # fmt: skip
