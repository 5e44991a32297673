"""The rows that the tests of a run found, in words: what a person has to look at first.

Data flow: ops.test_failures -> the first rows of each test -> `column value, column value`
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import duckdb

from orchestration.state.delta_reader import has_table
from orchestration.state.results import NodeResult

_SHOWN = 5
_LONGEST = 160
_ROWS = """
select failing_row from ops.test_failures where run_id = $run_id and test_name = $test_name
order by failing_row limit $shown
"""


def failing_row_texts(
    connection: duckdb.DuckDBPyConnection, run_id: str, results: Sequence[NodeResult]
) -> dict[str, list[str]]:
    """Some rows of each test that found any, by the name of the test, and how many more there are.

    A long row is cut: its key comes first.
    """
    if not has_table(connection, "ops", "test_failures"):
        return {}
    found = {}
    for node in results:
        if node.failures:
            names = {"run_id": run_id, "test_name": node.name, "shown": _SHOWN}
            rows = [_in_words(row) for (row,) in connection.execute(_ROWS, names).fetchall()]
            more = [f"and {node.failures - _SHOWN:,} more: see ops.test_failures"]
            found[node.name] = rows + more * (node.failures > _SHOWN)
    return found


def _in_words(failing_row: str) -> str:
    # Numbers stay as they are written: 540.00 is an amount.
    values = json.loads(failing_row, parse_float=str, parse_int=str)
    words = ", ".join(f"{name.replace('_', ' ')} {_text(value)}" for name, value in values.items())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]} ..."


def _text(value: object) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)
