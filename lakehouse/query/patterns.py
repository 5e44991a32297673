"""Patterns of texts and of times, from Trino's letters to DuckDB's; what differs is refused."""

from __future__ import annotations

import re
import re._parser as sre  # type: ignore[import-not-found]
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from lakehouse.query.scopes import Term

if TYPE_CHECKING:
    from lakehouse.query.refusals import Refusals

_JODA = {
    "yyyy": "%Y", "YYYY": "%Y", "xxxx": "%G", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m",
    "M": "%-m", "dd": "%d", "d": "%-d", "EEEE": "%A", "EEE": "%a", "e": "%u", "ww": "%V",
    "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "ss": "%S", "SSS": "%g",
    "a": "%p", "D": "%-j", "DDD": "%j",
}  # fmt: skip
_JODA_PART = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")
_MYSQL = {
    "Y": "%Y", "y": "%y", "m": "%m", "c": "%-m", "d": "%d", "e": "%-d", "H": "%H", "k": "%-H",
    "h": "%I", "I": "%I", "l": "%-I", "i": "%M", "s": "%S", "S": "%S", "f": "%f", "p": "%p",
    "M": "%B", "b": "%b", "W": "%A", "a": "%a", "j": "%j", "T": "%H:%M:%S", "%": "%%",
    "v": "%V", "x": "%G",
}  # fmt: skip
_TO_PARSE = {"Y": "[0-9]{4}", **dict.fromkeys("mdHisS", "[0-9]{1,2}")}
# Parts of a pattern that mean the same to Java and RE2.
_SAME = re.compile(
    r"""\\[dDwWsS.\\+*?()\[\]{}|^$/\-tn]|\\b|\(\?:|\(\?i\)|\((?!\?)|\)|\||\^|\$|[*+?]\??|
    \{\d{1,3}(?:,\d{0,3})?\}\??|\.|\[\^?(?:\\[dwsDWS.\\+*?()\[\]{}|^$/\-tn]|[^\[\]\\&^])+\]|
    [^\\()\[\]{}|^$*+?.\s]|[ ]""",
    re.VERBOSE,
)
_END = r"(?:\n?\z)"


@dataclass(frozen=True)
class Pattern:
    """A regular expression that means the same to both.

    Attributes:
        sql: As RE2 takes it.
        groups: How many groups it has.
        certain: Those that take part in every match.
    """

    sql: str
    groups: int
    certain: frozenset[int]

    def require_group(self, refuse: Refusals, node: exp.Expr, group: int) -> None:
        """Refuse a group that is not there, or that a match may leave out."""
        if group < 0 or group > self.groups:
            raise refuse.mismatch(node, f"the pattern has {self.groups} groups, not {group}.")
        if group not in self.certain | {0}:
            raise refuse.unproven(node, f"group {group}, which a match may leave out,")

    def guarded(self, sql: str, doubts: list[str]) -> str:
        """The text; an end before a last line break would belong to the match here."""
        if _END not in self.sql:
            return sql
        doubts.append(f"ends_with({sql}, chr(10))")
        problem = "'a text that ends with a line break is not known here with $ in a pattern'"
        return f"case when ends_with({sql}, chr(10)) then trino_error({problem}) else {sql} end"


def regexp(refuse: Refusals, node: exp.Expr, term: Term, may_be_empty: bool = True) -> Pattern:
    """A pattern of parts that mean the same."""
    given, written, place = term.text or "", [], 0
    while place < len(given):
        found = _SAME.match(given, place)
        if found is None:
            raise refuse.unproven(node, f"the pattern {given!r} from {given[place:]!r} on")
        written.append(_END if found[0] == "$" else found[0])
        place = found.end()
    try:
        tree = sre.parse(given)
    except (re.error, OverflowError):
        raise refuse.mismatch(node, f"{given!r} is no regular expression.") from None
    if not may_be_empty and tree.getwidth()[0] == 0:
        raise refuse.unproven(node, f"the pattern {given!r}, which fits an empty text,")
    return Pattern("".join(written), tree.state.groups - 1, frozenset(_certain(tree)))


def _certain(tree: Any) -> list[int]:
    """Groups outside of choices and repetitions."""
    found = []
    for code, value in tree:
        if code is sre.SUBPATTERN:
            group, _, _, inner = value
            found += ([group] if group else []) + _certain(inner)
    return found


def replacement(refuse: Refusals, node: exp.Expr, pattern: Pattern, given: str) -> str:
    r"""`$1` as `\1`; a backslash takes the next letter as it is."""
    written, place = "", 0
    while place < len(given):
        group = re.compile(r"\$(\d)(?!\d)").match(given, place)
        if group:
            if int(group[1]) > pattern.groups:
                raise refuse.mismatch(node, f"the pattern has no group {group[1]}.")
            written, place = f"{written}\\{group[1]}", group.end()
        elif given[place] == "$":
            raise refuse.unproven(node, f"the replacement {given!r}")
        else:
            place += given[place] == "\\" and place + 1 < len(given)
            written += "\\\\" if given[place] == "\\" else given[place]
            place += 1
    return written


def of_joda(refuse: Refusals, node: exp.Expr, given: str) -> str:
    """A pattern of format_datetime for strftime."""
    parts = []
    for part in _JODA_PART.finditer(given):
        quoted, letter = part[1], part[2]
        if letter and part[0] not in _JODA:
            raise refuse.unproven(node, f"{part[0]!r} in the pattern {given!r}")
        plain = quoted or ("'" if quoted == "" else part[0])
        parts.append(_JODA[part[0]] if letter else plain.replace("%", "%%"))
    return "".join(parts)


def of_mysql(refuse: Refusals, node: exp.Expr, given: str) -> str:
    """A pattern of date_format for strftime."""
    return re.sub(r"%(.?)", lambda part: _letter(refuse, node, part[1], _MYSQL), given)


def to_parse(refuse: Refusals, node: exp.Expr, given: str) -> tuple[str, str]:
    """A pattern of date_parse for strptime, and the shape that a text must have."""
    form = re.sub(r"%(.?)", lambda part: _letter(refuse, node, part[1], _MYSQL), given)
    pieces = re.split(r"%(.)", given)
    shape = "".join(
        _letter(refuse, node, piece, _TO_PARSE) if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )
    return form, shape


def _letter(refuse: Refusals, node: exp.Expr, letter: str, known: dict[str, str]) -> str:
    if letter not in known:
        raise refuse.unproven(node, f"%{letter} in this pattern")
    return known[letter]
