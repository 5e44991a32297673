"""What Trino gives is what is recorded of it, and what the engines of the build give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import trino

from tests.cloud.trino import Trino, start
from tests.lakehouse.query.trino.record import are_equal, asked, recorded
from tests.unseen import spellings, text_key

_AT_ONCE = 5_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trino]:
    """A Trino without tables: what it is asked about is written in the statements."""
    server = start(tmp_path_factory.mktemp("trino"), endpoint="http://127.0.0.1:1")
    yield server
    server.stop()


def test_trino_gives_the_answers_that_are_recorded(server: Trino) -> None:
    def ask(sql: str) -> tuple[list[str], list[list[Any]]] | None:
        try:
            result = server.query(sql)
        except trino.exceptions.TrinoQueryError:
            return None
        return [kind for _, kind in result.columns], result.rows

    known = {line[0]: line for line in recorded()}
    found = {line[0]: line for line in asked(ask, list(known.values()))}
    assert found.keys() == known.keys()
    assert {term: found[term][1] for term in known} == {t: known[t][1] for t in known}
    # Sums of doubles depend on their order.
    pairs = ((found[term][2], known[term][2], str(known[term][1])) for term in known)
    assert [pair for pair in pairs if not are_equal(*pair)] == []


def test_a_name_has_one_spelling_in_trino_too(server: Trino) -> None:
    every = spellings()
    for first in range(0, len(every), _AT_ONCE):
        some = every[first : first + _AT_ONCE]
        names = ", ".join(f"'{name}'" for name, _ in some)
        found = server.query(
            f"select {text_key('name')} from unnest(array[{names}])"
            " with ordinality as names (name, place) order by place"
        )
        assert [name for (name,) in found.rows] == [name for _, name in some]
