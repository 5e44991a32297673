"""Every proven term gives what Trino 476 gave: value, type and scale, by recorded answers."""

from __future__ import annotations

import re
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
from lakehouse.query.signatures import signatures
from tests.lakehouse.query.trino.queries import QUERIES, WINDOWS
from tests.lakehouse.query.trino.record import (
    Ask,
    Line,
    are_equal,
    each,
    plain,
    recorded,
    together,
    whole,
)
from tests.lakehouse.query.trino.samples import samples
from tests.lakehouse.query.trino.terms import aggregate_terms, scalar_terms


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


def run(settings: Settings) -> Ask:
    """Asks this command as Trino is asked."""

    def answer(sql: str) -> tuple[list[str], list[Any]] | None:
        try:
            return answered(settings, sql)
        except LakehouseError:
            return None

    return answer


def lines_of(settings: Settings, terms: list[str], rest: str) -> list[Line]:
    """Our own answers to terms, as they are recorded."""
    return list(together(run(settings), terms, f"from {source()} {rest}", list(LINES.values())))


LINES = {line[0]: line for line in recorded()}
SCALARS, AGGREGATES = each(scalar_terms()), each(aggregate_terms())


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
# Ends with an error in these rows, where Trino has a value.
ERRORS = {
    **{f"regexp_{name}(varchar_1, 'c$')": "varchar_1 like '%' || chr(10)"
       for name in ("extract_all", "replace", "split", "count")},
    "json_extract_scalar(varchar_1, '$')":
        "varchar_1 in ('12.7', '1e3', '-0', '99999999999999999999')",
    "from_iso8601_date(case when length(varchar_1) >= 8 then varchar_1 end)":
        "length(varchar_1) >= 8 and length(varchar_1) <> 10 and regexp_like(varchar_1, '^[0-9]')",
}  # fmt: skip


def difference(line: Line) -> str | None:
    """What differs from the record."""
    term, kind, values = line
    _, expected, theirs = LINES[term]
    if kind != expected:
        return f"{term}: {kind} for {expected}"
    for row, (ours, right) in enumerate(zip(values or [], theirs or [], strict=True)):
        if not are_equal(ours, right, kind):
            return f"{term}: {ours} for {right} in row {row}"
    return None


def differences(lines: list[Line]) -> list[str]:
    """All that differs."""
    return [found for line in lines if (found := difference(line))]


def test_every_term_over_one_row_is_trinos(settings: Settings) -> None:
    terms = [term for term in SCALARS if term not in REFUSED and term not in ERRORS]
    assert differences(lines_of(settings, terms, "order by n")) == []


@pytest.mark.parametrize("term", ERRORS)
def test_a_row_whose_value_is_not_known_ends_the_query(settings: Settings, term: str) -> None:
    kind, (other,) = LINES[term][1], lines_of(settings, [ERRORS[term]], "order by n")
    known = [place for place, (value,) in enumerate(other[2]) if not value]
    rest = f"where not coalesce({ERRORS[term]}, false) order by n"
    (line,) = lines_of(settings, [term], rest)
    assert are_equal(line[1:], [kind, [LINES[term][2][place] for place in known]], kind)
    assert len(known) < len(other[2])
    for form in (term, f"try({term})"):
        with pytest.raises(LakehouseError, match=r"not known here|not proven|no date of the form"):
            answered(settings, f"select {form} from {source()} where {ERRORS[term]}")


@pytest.mark.parametrize("term", sorted(REFUSED))
def test_what_is_not_proven_is_refused_by_name(settings: Settings, term: str) -> None:
    with pytest.raises(LakehouseError, match="not proven"):
        ask(settings, f"select {term} from {source()}")


def test_aggregates_and_windows_are_trinos(settings: Settings) -> None:
    assert differences(lines_of(settings, AGGREGATES, "")) == []
    assert differences(lines_of(settings, WINDOWS, "order by n")) == []


def test_queries_are_trinos(settings: Settings) -> None:
    found = [whole(run(settings), sql, sql.replace("{samples}", source())) for sql in QUERIES]
    assert differences(found) == []


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
