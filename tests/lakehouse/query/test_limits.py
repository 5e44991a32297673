"""A question that would take too much is stopped with a sentence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.query.engine import ask
from lakehouse.query.limits import Limits
from lakehouse.query.output import rows_of

MANY = "unnest(sequence(1, 10000)) as {0} ({0})"
ENDLESS = f"select count(*) from {MANY.format('a')} cross join {MANY.format('b')}"
ENDLESS += f" cross join {MANY.format('c')} cross join {MANY.format('d')} where "
ENDLESS += (
    "cast(a as varchar) || cast(b as varchar) || cast(c as varchar) || cast(d as varchar) = 'x'"
)


def stopped(settings: Settings, sql: str, limits: Limits) -> LakehouseError:
    with pytest.raises(LakehouseError) as raised:
        list(rows_of(ask(settings, sql, limits=limits)))
    return raised.value


def test_a_sequence_has_at_most_10_000_entries_as_in_trino(
    refused: Callable[[str], LakehouseError],
) -> None:
    problem = refused("select cardinality(sequence(1, 2000000000))").problem
    assert "sequence gives at most 10000 entries" in problem


def test_a_query_ends_with_its_time(settings: Settings) -> None:
    error = stopped(settings, ENDLESS, Limits(seconds=1))
    assert error.problem == "The query was stopped after 1 seconds."
    assert "LAKEHOUSE_QUERY_SECONDS" in error.next_step


def test_a_query_ends_with_its_memory(settings: Settings) -> None:
    pair = f"select a, b from {MANY.format('a')} cross join {MANY.format('b')} order by b, a"
    error = stopped(settings, pair, Limits(memory=50))
    assert error.problem == "The query needs more than 50 MB of memory."


def test_an_answer_ends_with_its_rows(settings: Settings) -> None:
    sql = f"select a from {MANY.format('a')}"
    assert stopped(settings, sql, Limits(rows=9_999)).problem.startswith("The answer has more than")
    assert len(list(rows_of(ask(settings, sql, limits=Limits(rows=10_000))))) == 10_000


@pytest.mark.parametrize("value", ["0", "-1", "much"])
def test_a_limit_that_is_no_number_is_named(value: str) -> None:
    with pytest.raises(LakehouseError, match="LAKEHOUSE_QUERY_ROWS"):
        Limits.read({"LAKEHOUSE_QUERY_ROWS": value})
    assert Limits.read({"LAKEHOUSE_QUERY_ROWS": "7"}) == Limits(rows=7)
