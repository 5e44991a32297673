"""Texts that a CAST makes another type of: the forms that are proven, and those in doubt.

A text of a proven form has its value. Of all others most are errors in Trino, too. Those that Trino
may take are in doubt: they end the query, and TRY must not make NULL of them.
"""

from __future__ import annotations

import re

from lakehouse.query.kinds import INTEGERS, parts_of
from lakehouse.query.scopes import text

_NUMBER = r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
# The year 0 is shown in another way.
_YEAR = "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_DAY = f"{_YEAR}-[0-9]{{1,2}}-[0-9]{{1,2}}"
_HOUR = "([01]?[0-9]|2[0-3])"
_CLOCK = f"{_HOUR}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,12}})?)?"
_PROVEN = {
    **dict.fromkeys(INTEGERS, "[+-]?[0-9]+"),
    "decimal": f"[+-]?{_NUMBER}",
    "double": f"[+-]?({_NUMBER}|NaN|Infinity)",
    "date": _DAY,
    "timestamp": f"{_DAY}( {_CLOCK})?",
    "timestamp with time zone": f"{_DAY}( {_CLOCK}( UTC)?)?",
    "boolean": "(?i:true|false|t|f|1|0)",
}
# Digits of other scripts; the letters of Java's numbers; years of another length; zones.
_DIGITS = r"[+-]?[\p{Nd}.]*[^\x00-\x7f\P{Nd}][\p{Nd}.]*([eE].*)?"
_ANY_DAY = "([+-]?[0-9]+-[0-9]{1,2}-[0-9]{1,2})"
_ANY_CLOCK = f"{_HOUR}:[0-9]{{1,2}}(:[0-9]{{1,2}}([.][0-9]+)?)?"
_DOUBTFUL = {
    **dict.fromkeys(INTEGERS, _DIGITS),
    "decimal": _DIGITS,
    "double": rf"[\x00-\x20]*[+-]?(NaN|Infinity|{_NUMBER}|0[xX].*)[dDfF]?[\x00-\x20]*",
    "date": _ANY_DAY,
    **dict.fromkeys(("timestamp", "timestamp with time zone"),
                    rf"{_ANY_DAY}( ({_ANY_CLOCK})?\s*([A-Za-z+-].*)?)?"),
}  # fmt: skip
_UNTRIMMED = ("boolean", "decimal")


def of_text(sql: str, to: str, plain: str, *, is_literal: bool) -> str | None:
    """The conversion of a text; None for a type that no text becomes.

    Args:
        sql: The text.
        to: The type.
        plain: DuckDB's conversion.
        is_literal: Whether it is a time with all its digits, rather than with three.
    """
    wanted = parts_of(to)[0]
    if wanted not in _PROVEN:
        return None
    if is_certain(sql, wanted) and (is_literal or wanted == "date"):
        return plain
    given = _trimmed(sql, wanted)
    value = plain.replace(f"cast({sql} as", f"cast({given} as", 1)
    if wanted.startswith("timestamp") and not is_literal:
        # The fourth digit decides how the third is rounded.
        cut = f"regexp_replace({given}, '([.][0-9]{{4}})[0-9]+', '\\1')"
        value = f"trino_milliseconds({plain.replace(f'cast({sql} as', f'cast({cut} as', 1)})"
    problem = text(f"a text is no {wanted}")
    return (
        f"case when {sql} is null then null when {_matches(given, _PROVEN[wanted])}"
        f" then {value} else trino_error({problem}) end"
    )


def doubt(sql: str, kind: str, to: str) -> str:
    """When a text may be one that Trino takes and this command does not; empty for never."""
    (name, inner), (wanted, to_inner) = parts_of(kind), parts_of(to)
    if name == wanted == "array":
        of_item = doubt("x", inner[0], to_inner[0])
        return of_item and f"len(list_filter({sql}, lambda x: {of_item})) > 0"
    if kind != "varchar" or wanted not in _DOUBTFUL or is_certain(sql, wanted):
        return ""
    doubtful = rf"\s*{_DOUBTFUL[wanted]}\s*"
    proven = _matches(_trimmed(sql, wanted), _PROVEN[wanted])
    return f"{_matches(sql, doubtful)} and not {proven}"


def guarded(sql: str, doubts: list[str]) -> str:
    """A value under TRY, whose doubts are looked at outside of it."""
    if not doubts:
        return sql
    found = " or ".join(f"coalesce(try({one}), false)" for one in dict.fromkeys(doubts))
    problem = text("a text has a form that is not proven to mean here what it means to Athena")
    return f"case when {found} then trino_error({problem}) else {sql} end"


def is_certain(sql: str, wanted: str) -> bool:
    """Whether it is a literal of a proven form."""
    form = f"'(?:{_PROVEN[wanted]})'"
    return "'" not in sql[1:-1] and re.fullmatch(form, sql) is not None


def _trimmed(sql: str, wanted: str) -> str:
    return sql if wanted in _UNTRIMMED else f"trim({sql}, trino_blanks())"


def _matches(sql: str, form: str) -> str:
    return f"regexp_full_match({sql}, {text(form)})"
