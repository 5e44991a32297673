"""The recorded answers of Trino, made anew: the same version still gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trino

from tests.cloud.trino import start
from tests.lakehouse.query.trino.record import are_equal, asked, recorded


def test_trino_gives_the_answers_that_are_recorded(tmp_path: Path) -> None:
    # The samples are written in the statements, so nothing has to stand behind the catalog.
    server = start(tmp_path / "trino", endpoint="http://127.0.0.1:1")

    def ask(sql: str) -> tuple[list[str], list[list[Any]]] | None:
        try:
            result = server.query(sql)
        except trino.exceptions.TrinoQueryError:
            return None
        return [kind for _, kind in result.columns], result.rows

    try:
        known = {line[0]: line for line in recorded()}
        found = {line[0]: line for line in asked(ask, list(known.values()))}
        assert found.keys() == known.keys()
        # Sums of doubles depend on their order.
        pairs = ((found[term][1:], known[term][1:], str(known[term][1])) for term in known)
        assert [pair for pair in pairs if not are_equal(*pair)] == []
    finally:
        server.stop()
