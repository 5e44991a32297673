"""Every proven term gives what Trino 476 gave: value, type and scale, by recorded answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.query.engine import ask
from lakehouse.query.functions import ATHENA
from lakehouse.query.kinds import of_duckdb
from lakehouse.query.output import rows_of
from lakehouse.query.proven import signatures
from tests.lakehouse.query.trino.queries import QUERIES
from tests.lakehouse.query.trino.record import are_equal, plain, recorded
from tests.lakehouse.query.trino.samples import samples
from tests.lakehouse.query.trino.terms import aggregate_terms, scalar_terms

_AT_ONCE = 60


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The table of samples; a time without zone can't be in a table, so the query makes it."""
    root = tmp_path_factory.mktemp("samples")
    table = samples()
    for place, name in enumerate(table.column_names):
        if name.startswith("timestamp"):
            values = table.column(name).cast(pa.timestamp("us", "UTC"))
            table = table.set_column(place, name, values)
    write_deltalake(root / "gold" / "samples", table)
    return Settings.read(root=str(root), environment={})


def source() -> str:
    """The table as Trino was given it."""
    names = [
        f"cast({name} as timestamp) as {name}" if name.startswith("timestamp") else name
        for name in samples().column_names
    ]
    return f"(select {', '.join(names)} from gold.samples) as samples"


def answered(settings: Settings, sql: str) -> tuple[list[str], list[Any]]:
    """Types and rows as they are recorded."""
    answer = ask(settings, sql)
    kinds = [of_duckdb(kind) or kind for _, kind in answer.columns]
    return kinds, [plain(list(row)) for row in rows_of(answer)]


def by_row(settings: Settings, terms: list[str]) -> Iterator[tuple[str, str | None, Any]]:
    """Type and values of each term; none where it is refused."""
    listed = ", ".join(f"try(array[{term}])" for term in terms)
    try:
        kinds, rows = answered(settings, f"select {listed} from {source()} order by n")
    except LakehouseError:
        if len(terms) > 1:
            half = len(terms) // 2
            yield from by_row(settings, terms[:half])
            yield from by_row(settings, terms[half:])
        else:
            yield terms[0], None, None
        return
    for place, term in enumerate(terms):
        yield term, kinds[place][len("array(") : -1], [row[place] for row in rows]


LINES = {line[0]: line for line in recorded()}
SCALARS = [term for listed in scalar_terms().values() for term in listed]


# Refused here though Trino answers: no wrong value, and each for a reason that the message gives.
REFUSED = {
    *("greatest(double_1, double_2)", "least(double_1, double_2)", "small_1 in (1, 2, null)"),
    *(f"at_timezone(moment_1, '{zone}')" for zone in ("Europe/Berlin", "America/New_York", "UTC")),
    *(
        f"{name}({column}, 'x*')"
        for name in ("regexp_extract_all", "regexp_replace", "regexp_split", "regexp_count")
        for column in ("varchar_1", "sign_1")
    ),
}
# An error in some row where Trino has a value.
ERRORS = {
    *(f"regexp_{name}(varchar_1, 'c$')" for name in ("extract_all", "replace", "split", "count")),
    *("from_unixtime(double_1)", "date_parse(varchar_1, '%Y-%m-%d')"),
    *("json_extract_scalar(varchar_1, '$')", "bigint_1 % small_2"),
}
# Queries that are refused here.
REFUSED_QUERIES: set[str] = set()


def difference(term: str, kind: str | None, values: Any) -> str | None:
    """What differs from the record."""
    _, expected, theirs = LINES[term]
    if kind is None or expected is None:
        return None
    if kind != expected:
        return f"{term}: {kind} for {expected}"
    for row, (ours, right) in enumerate(zip(values, theirs, strict=True)):
        if ours is None and term in ERRORS:
            continue
        if not are_equal(ours, right, kind):
            return f"{term}: {ours} for {right} in row {row}"
    return None


def test_every_term_over_one_row_is_trinos(settings: Settings) -> None:
    terms = [term for term in dict.fromkeys(SCALARS) if term not in REFUSED]
    found = [
        (term, kind, values)
        for start in range(0, len(terms), _AT_ONCE)
        for term, kind, values in by_row(settings, terms[start : start + _AT_ONCE])
    ]
    assert [d for one in found if (d := difference(*one))] == []
    refused = {term for term, kind, _ in found if kind is None}
    assert {term for term in refused if LINES[term][1] is not None} == set()


@pytest.mark.parametrize("term", sorted(REFUSED))
def test_what_is_not_proven_is_refused_by_name(settings: Settings, term: str) -> None:
    with pytest.raises(LakehouseError, match="not proven"):
        ask(settings, f"select {term} from {source()}")


def test_aggregates_and_queries_are_trinos(settings: Settings) -> None:
    terms = dict.fromkeys(term for listed in aggregate_terms().values() for term in listed)
    asked = {term: f"select {term} as value from {source()}" for term in terms}
    asked |= {sql: sql.replace("{samples}", source()) for sql in QUERIES}
    differing = []
    for name, sql in asked.items():
        _, kinds, rows = LINES[name]
        if kinds is None:
            continue
        found_kinds, found = answered(settings, sql)
        is_equal = are_equal(found, rows, "double" if "double" in str(kinds) else "")
        if found_kinds != kinds or not is_equal:
            differing.append((name, found_kinds, found, kinds, rows))
    assert differing == []


def test_every_signature_has_a_recorded_answer() -> None:
    scalar = scalar_terms()
    for name, listed in signatures().items():
        for one in listed:
            if one.use == "scalar":
                tried = [term for term in scalar[str(one)] if LINES[term][1] is not None]
            else:
                tried = [term for term in LINES if f"{name}(" in term]
            assert tried, one


def test_there_are_so_many_recorded_answers() -> None:
    rows = sum(len(line[2] or []) for line in LINES.values())
    assert len(LINES) > 1_000
    assert rows > 30_000


def test_the_page_lists_what_is_proven_and_what_is_refused() -> None:
    page = (Path(__file__).parents[3] / "docs" / "query.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (proven|refused) \| (.+) \|$", page, re.MULTILINE))
    proven, refused = (set(re.findall(r"`(\w+)`", rows[name])) for name in ("proven", "refused"))
    assert set(signatures()) <= proven
    assert not proven & refused
    assert proven | refused >= ATHENA
