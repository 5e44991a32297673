"""Which runs what readers see is by, how its tests ended, and which run since has failed.

Data flow: ops.publications + ops.runs + ops.test_results, ops.model_results -> plain values

A run that published nothing, such as a red one, says nothing of what readers see; nor does one
whose state a restore has taken back. Before there were publications every run wrote in place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from ingestion.settings import Settings
from orchestration.state.delta_reader import has_table
from orchestration.state.results import FAILED, FAILED_RUN, PASSED
from orchestration.state.workspaces import list_workspaces, name_of_run

# They build and test every table.
_WHOLE = ("run", "build", "run --full-refresh", "build --full-refresh")
_RESTORE = "restore --run "
_RUNS = """
select run_id, run_number, coalesce(command, ''), status, finished_at from ops.runs
order by run_number
"""
# Numbers of versions only grow, so a table was published in a version once.
_PUBLISHERS = """
with publications as (select distinct publication, run_id, published_at from ops.publications),
shown as (
    select table_name, min(publication) as publication
    from ops.publications as every
    inner join (
        select table_name, version, table_id from ops.publications
        where publication = (select max(publication) from ops.publications)
    ) as last using (table_name, version, table_id)
    group by all
)
select run_id, published_at, list(table_name order by table_name)
from shown inner join publications using (publication)
group by publication, run_id, published_at order by publication desc
"""
_TESTS = """
select test_name, tested, test_results.status, coalesce(failures, 0), run_id
from ops.test_results inner join ops.runs using (run_id)
where list_contains($runs, run_id) and test_results.status <> 'skipped'
qualify row_number() over (partition by test_name order by run_number desc) = 1
order by test_name
"""
_FAILED_TESTS = """
select test_name, coalesce(failures, 0) from ops.test_results
where run_id = $run_id and list_contains($failed, status) order by test_name
"""
_FAILED_MODELS = """
select model from ops.model_results
where run_id = $run_id and list_contains($failed, status) order by model
"""


@dataclass(frozen=True)
class Publisher:
    """A run and the tables that readers see as it published them."""

    run_id: str
    published_at: datetime
    command: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """A recorded run."""

    run_id: str
    number: int
    command: str
    status: str
    finished_at: datetime


@dataclass(frozen=True)
class FailedRun:
    """A run that failed since everything was last built and tested well.

    Attributes:
        run: The newest one.
        causes: What failed, in words; nothing where it was no table and no test.
        workspace: Where its tables are; None if they are nowhere.
    """

    run: Run
    causes: tuple[str, ...]
    workspace: str | None


@dataclass(frozen=True)
class ShownTest:
    """The last outcome of a test on what readers see."""

    test_name: str
    tested: str | None
    status: str
    failures: int
    run_id: str


@dataclass(frozen=True)
class ShownState:
    """What is to be known of what readers see.

    Attributes:
        publishers: The newest first; none where nothing has been published.
        tests: By name. Of a workspace of a run, those of that run.
        failed: None if no run has failed since.
    """

    publishers: tuple[Publisher, ...] = ()
    tests: tuple[ShownTest, ...] = ()
    failed: FailedRun | None = None

    @property
    def not_passed(self) -> list[ShownTest]:
        """Tests that warn or fail."""
        return [test for test in self.tests if test.status not in (*PASSED, "unchanged")]


def shown_state(connection: duckdb.DuckDBPyConnection, settings: Settings) -> ShownState:
    """What is to be known of what readers see, or who works in the workspace of the settings.

    Args:
        connection: With the tables of ops.
        settings: The root.
    """
    if not has_table(connection, "ops", "runs"):
        return ShownState()
    runs = [Run(*row) for row in connection.execute(_RUNS).fetchall()]
    publishers = _publishers(connection, runs)
    if settings.workspace:
        line = [run for run in runs if name_of_run(run.run_id) == settings.workspace]
    else:
        line = _line(runs, _who_published(connection))
    return ShownState(publishers, _tests(connection, line), _failed(connection, settings, runs))


def _publishers(
    connection: duckdb.DuckDBPyConnection, runs: Iterable[Run]
) -> tuple[Publisher, ...]:
    if not has_table(connection, "ops", "publications"):
        return ()
    commands = {run.run_id: run.command for run in runs}
    found = connection.execute(_PUBLISHERS).fetchall()
    return tuple(
        Publisher(run_id, at, commands.get(run_id, ""), tuple(tables))
        for run_id, at, tables in found
    )


def _who_published(connection: duckdb.DuckDBPyConnection) -> set[str]:
    if not has_table(connection, "ops", "publications"):
        return set()
    return {
        run_id for (run_id,) in connection.execute("select run_id from ops.publications").fetchall()
    }


def _line(runs: Sequence[Run], published: Collection[str]) -> list[Run]:
    """The runs that led to what readers see, the oldest first."""
    numbers = {run.run_id: run.number for run in runs}
    first = min((numbers[run_id] for run_id in published if run_id in numbers), default=None)
    line: list[Run] = []
    for run in runs:
        if run.command.startswith(_RESTORE) and run.status != FAILED_RUN:
            back_to = numbers.get(run.command.removeprefix(_RESTORE), run.number)
            line = [earlier for earlier in line if earlier.number <= back_to]
        if run.run_id in published or first is None or run.number < first:
            line.append(run)
    return line


def _tests(connection: duckdb.DuckDBPyConnection, line: Sequence[Run]) -> tuple[ShownTest, ...]:
    """The last outcome of each test; one that the last run of everything had not is gone."""
    if not line or not has_table(connection, "ops", "test_results"):
        return ()
    names = {"runs": [run.run_id for run in line]}
    tests = [ShownTest(*row) for row in connection.execute(_TESTS, names).fetchall()]
    numbers = {run.run_id: run.number for run in line}
    tested = {test.run_id for test in tests}
    whole = [run.number for run in line if run.command in _WHOLE and run.run_id in tested]
    since = max(whole, default=0)
    return tuple(test for test in tests if numbers[test.run_id] >= since)


def _failed(
    connection: duckdb.DuckDBPyConnection, settings: Settings, runs: Sequence[Run]
) -> FailedRun | None:
    good = [run.number for run in runs if run.command in _WHOLE and run.status != FAILED_RUN]
    since = max(good, default=0)
    failed = [run for run in runs if run.status == FAILED_RUN and run.number > since]
    if not failed:
        return None
    run = failed[-1]
    names = {"run_id": run.run_id, "failed": list(FAILED)}
    causes = []
    if has_table(connection, "ops", "model_results"):
        causes += [
            f"model {name}" for (name,) in connection.execute(_FAILED_MODELS, names).fetchall()
        ]
    if has_table(connection, "ops", "test_results"):
        found = connection.execute(_FAILED_TESTS, names).fetchall()
        causes += [
            f"test {name} ({rows:,} rows)" if rows else f"test {name}" for name, rows in found
        ]
    there = {one.name for one in list_workspaces(settings)}
    workspace = name_of_run(run.run_id)
    return FailedRun(run, tuple(causes), workspace if workspace in there else None)
