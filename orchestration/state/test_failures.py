"""The rows that the tests of a run found, in words: what a person has to look at first.

Data flow: ops.test_failures, those of the run before -> the new rows of each test -> words

A row is known if the last run that ran its test found one with the same first two columns: they say
what it is about, and what stands behind them, such as the newest day, moves with each run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.state.delta_reader import has_table
from orchestration.state.results import WARNED, NodeResult

_SHOWN = 5
_LONGEST = 160
_BEFORE = """
select arg_max(run_id, run_number) from ops.test_results inner join ops.runs using (run_id)
where test_name = $test_name and run_id <> $run_id
    and test_results.status not in ('skipped', 'unchanged')
"""
_ROWS = """
with rows as (
    select run_id, failing_row, (failing_row -> '$.*')[1:2]::varchar as about
    from ops.test_failures where test_name = $test_name and run_id in ($run_id, $before)
)
select failing_row, about in (select about from rows where run_id = $before) as is_known
from rows where run_id = $run_id order by is_known, failing_row
"""
_WARNED = """
select test_name, failures from ops.test_results where run_id = $run_id and status in $warned
order by test_name
"""


@dataclass(frozen=True)
class Found:
    """What a test found.

    Attributes:
        count: Rows in all.
        new: How many of them the run before had not.
        texts: The first of them, new ones first, and how many more there are.
    """

    count: int
    new: int
    texts: tuple[str, ...]


def rows_found(
    connection: duckdb.DuckDBPyConnection, run_id: str, counts: Iterable[tuple[str, int]]
) -> dict[str, Found]:
    """What the tests of a run found, by the name of the test.

    Args:
        connection: With the tables of ops.
        run_id: The run.
        counts: Name of each test and the number of rows that it found.
    """
    if not has_table(connection, "ops", "test_failures"):
        return {}
    return {name: _found(connection, run_id, name, count) for name, count in counts if count}


def counts_of(results: Sequence[NodeResult]) -> list[tuple[str, int]]:
    """Name of each test that found rows, and how many."""
    return [(node.name, node.failures) for node in results if node.is_test and node.failures]


def warned_in(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[tuple[str, int]]:
    """Name of each test that warned in a recorded run, and how many rows it found."""
    if not has_table(connection, "ops", "test_results"):
        return []
    names = {"run_id": run_id, "warned": list(WARNED)}
    return connection.execute(_WARNED, names).fetchall()


def _found(connection: duckdb.DuckDBPyConnection, run_id: str, name: str, count: int) -> Found:
    names = {"run_id": run_id, "test_name": name}
    before = None
    if has_table(connection, "ops", "runs") and has_table(connection, "ops", "test_results"):
        (before,) = connection.execute(_BEFORE, names).fetchone() or (None,)
    rows = connection.execute(_ROWS, names | {"before": before or ""}).fetchall()
    texts = [_in_words(row) for row, _ in rows[:_SHOWN]]
    texts += [f"and {count - _SHOWN:,} more: see ops.test_failures"] * (count > _SHOWN)
    return Found(count, sum(not is_known for _, is_known in rows), tuple(texts))


def _in_words(failing_row: str) -> str:
    # Numbers stay as they are written: 540.00 is an amount.
    values = json.loads(failing_row, parse_float=str, parse_int=str)
    words = ", ".join(f"{name.replace('_', ' ')} {_text(value)}" for name, value in values.items())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]} ..."


def _text(value: object) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)
