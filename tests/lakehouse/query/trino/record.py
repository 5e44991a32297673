"""Trino's answers to the terms, as lines of a file, and how a value of either side is written.

    terms.py, samples.py -> Trino 476 -> answers.jsonl: [term, type, a value for each row]

A value is a list of one, `null` where the term fails in this row; a term that Trino refuses as a
whole has no values. The type of a whole query is a list, and its values are rows.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.lakehouse.query.trino.queries import QUERIES, WINDOWS
from tests.lakehouse.query.trino.samples import for_trino
from tests.lakehouse.query.trino.terms import aggregate_terms, scalar_terms

VERSION = "476"
ANSWERS = Path(__file__).with_name("answers.jsonl")
# NULL where a term fails, and a list of one where it is NULL.
TRIED = "try(array[{}])"
_AT_ONCE = 60

Line = list[Any]
# Runs a statement: the types of its columns, and its rows; None when Trino refuses it.
Ask = Callable[[str], tuple[list[str], list[list[Any]]] | None]


def asked(ask: Ask, before: list[Line]) -> list[Line]:
    """All answers, anew.

    Args:
        ask: Runs a statement.
        before: Earlier answers. They say which terms are asked together, and how; an answer that
            has changed since costs more statements and is the same.
    """
    samples = for_trino()
    by_row = f"from {samples} order by n"
    lines = [
        *together(ask, each(scalar_terms()), by_row, before),
        *together(ask, WINDOWS, by_row, before),
        *together(ask, each(aggregate_terms()), f"from {samples}", before),
    ]
    return lines + [whole(ask, sql, sql.replace("{samples}", samples)) for sql in QUERIES]


def each(terms: dict[str, list[str]]) -> list[str]:
    """All terms, once."""
    return list(dict.fromkeys(term for listed in terms.values() for term in listed))


def together(ask: Ask, terms: list[str], source: str, before: list[Line]) -> Iterator[Line]:
    """Terms over the same rows: those without an error at once, refused ones each by itself."""
    forms = {term: _form(values) for term, _, values in before}
    for form, size in (("{}", _AT_ONCE), (TRIED, _AT_ONCE), ("", 1)):
        asked_so = [term for term in terms if forms.get(term, TRIED) == form]
        for start in range(0, len(asked_so), size):
            yield from _batch(ask, asked_so[start : start + size], source, form or "{}")


def _form(values: list[Any] | None) -> str:
    return "" if values is None else TRIED if None in values else "{}"


def _batch(ask: Ask, terms: list[str], source: str, form: str) -> Iterator[Line]:
    answer = ask(f"select {', '.join(form.format(term) for term in terms)} {source}")
    if answer is None and len(terms) > 1:
        half = len(terms) // 2
        yield from _batch(ask, terms[:half], source, form)
        yield from _batch(ask, terms[half:], source, form)
        return
    if answer is None:
        yield from [[terms[0], None, None]] if form == TRIED else _batch(ask, terms, source, TRIED)
        return
    kinds, rows = answer
    for place, term in enumerate(terms):
        kind, values = plain_kind(kinds[place]), [row[place] for row in rows]
        if form == TRIED:
            kind = kind[len("array(") : -1]
            yield [term, kind, [value and [plain(value[0])] for value in values]]
        else:
            yield [term, kind, [[plain(value)] for value in values]]


def whole(ask: Ask, name: str, sql: str) -> Line:
    """A query of its own."""
    answer = ask(sql)
    if answer is None:
        return [name, None, None]
    kinds, rows = answer
    return [name, [plain_kind(kind) for kind in kinds], [plain(list(row)) for row in rows]]


def plain_kind(kind: str) -> str:
    """A type without the length of a text and the precision of a time."""
    kind = re.sub(r"varchar\(\d+\)", "varchar", kind.replace(", ", ","))
    return re.sub(r"timestamp\(\d+\)", "timestamp", kind)


def plain(value: Any) -> Any:
    """A value as JSON holds it, with all its digits."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return sorted(([plain(key), plain(item)] for key, item in value.items()), key=repr)
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return bytes(value).hex()


def are_equal(one: Any, other: Any, kind: str) -> bool:
    """Whether two written values are equal; doubles may differ in their last digit."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            are_equal(*pair, kind) for pair in zip(one, other, strict=True)
        )
    if "double" in kind and isinstance(one, str) and isinstance(other, str):
        first, second = float(one), float(other)
        if math.isnan(first) or math.isnan(second):
            return math.isnan(first) and math.isnan(second)
        return math.isclose(first, second, rel_tol=1e-12)
    return one == other and type(one) is type(other)


def recorded() -> list[Line]:
    """The answers of the file, its first line apart."""
    first, *lines = ANSWERS.read_text(encoding="utf-8").splitlines()
    if json.loads(first) != {"trino": VERSION}:
        raise ValueError(first)
    return [json.loads(line) for line in lines]


def written(lines: list[Line]) -> str:
    """The file's text."""
    texts = [json.dumps({"trino": VERSION}), *(json.dumps(x, ensure_ascii=False) for x in lines)]
    return "\n".join(texts) + "\n"
