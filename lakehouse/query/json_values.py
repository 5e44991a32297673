"""Values of JSON as Trino writes and converts them: one of its type is the text that Trino shows.

DuckDB sorts no keys and has other digits, so that these are functions of Python.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

from lakehouse.query.macros import BLANKS

_ESCAPED = re.compile('["\\\\\x00-\x1f\ud800-\udfff\U00010000-\U0010ffff]')
_CONTROLS = re.compile('["\\\\\x00-\x1f]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
# Beyond, the text of a double is not always the shortest one in Trino; below, not in JSON either.
_LEAST, _MOST = 1e-20, 1e21
_SHORTEST = 1e-300
_LARGEST = 2**63 - 1
# Of texts in JSON, what Java takes: digits of any script, and a letter after a double.
_WHOLE = r"[+-]?\d+"
_DECIMAL = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_DOUBLE = rf"{_DECIMAL}[dDfF]?|[+-]?(NaN|Infinity)"
_TRUTH = "(?i:true|false|t|f|1|0)"


class _Object(list[tuple[str, Any]]):
    """The fields of an object, in their order; a key may repeat."""


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


READER = json.JSONDecoder(object_pairs_hook=_Object, parse_constant=_no_number)


def as_text(value: str) -> str | None:
    """A scalar of JSON as a text."""
    found = _scalar(value)
    if found is None or isinstance(found, str):
        return found
    return scientific(found) if isinstance(found, float) else str(found).lower()


def as_number(value: str) -> str | None:
    """A scalar of JSON as the text of a decimal."""
    found = _scalar(value)
    if isinstance(found, str):
        return str(Decimal(_of_form(_DECIMAL, found)))
    return value if found is not None and not isinstance(found, bool) else _bit(found)


def as_double(value: str) -> float | None:
    """A scalar of JSON as a double; of a text, as Java reads it."""
    found = _scalar(value)
    if isinstance(found, str):
        return float(_of_form(_DOUBLE, found.strip(BLANKS)).rstrip("dDfF"))
    return None if found is None else float(found)


def as_whole(value: str) -> int | None:
    """A scalar of JSON as a whole number, rounded half up."""
    found = _scalar(value)
    if isinstance(found, float):
        found = math.copysign(math.floor(abs(found) + 0.5), found)
    if isinstance(found, str):
        found = _of_form(_WHOLE, found.strip(BLANKS))
    return None if found is None else int(found)


def as_truth(value: str) -> bool | None:
    """A scalar of JSON as true or false."""
    found = _scalar(value)
    if isinstance(found, str):
        return _of_form(_TRUTH, found).lower() in ("true", "t", "1")
    if isinstance(found, int) and abs(found) > _LARGEST:
        raise ValueError("a number in JSON is larger than a bigint")
    return None if found is None else bool(found)


def _of_form(form: str, text: str) -> str:
    if not re.fullmatch(form, text):
        raise ValueError("a text in JSON does not have the form of the wanted type")
    return text


def _bit(value: bool | None) -> str | None:
    return None if value is None else str(int(value))


def items(value: str) -> list[str] | None:
    """The entries of a list."""
    found = READER.decode(value)
    if found is not None and (not isinstance(found, list) or isinstance(found, _Object)):
        raise ValueError("a JSON value is no list")
    return None if found is None else [written(entry, is_part=True) for entry in found]


def fields(value: str) -> list[list[str]] | None:
    """Key and value of each field of an object; no key repeats."""
    found = READER.decode(value)
    if found is None:
        return None
    if not isinstance(found, _Object):
        raise ValueError("a JSON value is no object")
    if len({key for key, _ in found}) < len(found):
        raise ValueError("a key of a map may not repeat")
    return [[shown(key), written(entry, is_part=True)] for key, entry in found]


def of_fields(names: list[str], made: list[str]) -> str:
    """An object of keys and of values that are JSON."""
    pairs = sorted(zip(names, made, strict=True), key=lambda pair: _by_java(pair[0]))
    return f"{{{','.join(f'{quoted(name)}:{value}' for name, value in pairs)}}}"


def quoted(text: str) -> str:
    """A text as JSON."""
    return f'"{_ESCAPED.sub(_escaped, text)}"'


def of_double(value: float) -> str:
    """A double as JSON: Java's shortest digits."""
    if not math.isfinite(value):
        return quoted(scientific(value))
    if 0 < abs(value) < _SHORTEST:
        raise ArithmeticError("the digits of a number so small in JSON are not known here")
    number = Decimal(repr(value)).normalize()
    if value == 0 or -3 <= number.adjusted() < 7:
        plain = f"{number:f}"
        return plain if "." in plain else f"{plain}.0"
    return _with_exponent(number)


def scientific(value: float) -> str:
    """A double as Trino casts it to a text: `1.25E1`."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    if value == 0:
        return f"{'-' if math.copysign(1, value) < 0 else ''}0E0"
    if not _LEAST < abs(value) < _MOST:
        raise ArithmeticError("the digits of a double so large or so small are not known here")
    return _with_exponent(Decimal(repr(value)).normalize())


def _with_exponent(number: Decimal) -> str:
    first, *rest = map(str, number.as_tuple().digits)
    return f"{'-' if number < 0 else ''}{first}.{''.join(rest) or '0'}E{number.adjusted()}"


def written(value: Any, *, is_sorted: bool = False, is_part: bool = False) -> str:
    """A value as JSON.

    Args:
        value: As it was read.
        is_sorted: With the keys of each object in their order, each once.
        is_part: As an entry of a list or a map, where Trino escapes no letters.
    """

    def inner(entry: Any) -> str:
        return written(entry, is_sorted=is_sorted, is_part=is_part)

    if isinstance(value, _Object):
        fields: list[tuple[str, Any]] = value
        if is_sorted:
            fields = sorted(dict(value).items(), key=lambda field: _by_java(field[0]))
        return f"{{{','.join(f'{inner(name)}:{inner(entry)}' for name, entry in fields)}}}"
    if isinstance(value, list):
        return f"[{','.join(inner(entry) for entry in value)}]"
    if isinstance(value, str) and is_part:
        return shown(f'"{_CONTROLS.sub(_escaped, value)}"')
    if isinstance(value, str):
        return quoted(value)
    return of_double(value) if isinstance(value, float) else json.dumps(value)


def _scalar(value: str) -> Any:
    found = READER.decode(value)
    if isinstance(found, list):
        raise ValueError("a JSON value is no scalar")
    return shown(found) if isinstance(found, str) else found


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    units = sign.encode("utf-16-be", "surrogatepass").hex().upper()
    return _SHORT.get(sign) or "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))


def _by_java(key: str) -> bytes:
    """Java's order of texts: by their parts of 16 bits."""
    return key.encode("utf-16-be", "surrogatepass")


def shown(text: str) -> str:
    """A text as it leaves: half of a letter is a question mark to Trino."""
    return text.encode("utf-8", "replace").decode()
