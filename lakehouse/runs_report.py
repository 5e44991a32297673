"""What `lakehouse runs` shows: the newest runs, and which tests have changed their outcome.

Data flow: ops.runs + ops.test_results -> DuckDB -> two tables for people
"""

from __future__ import annotations

from ingestion.settings import Settings
from lakehouse.page import Page
from orchestration.state.delta_reader import connect, has_table
from orchestration.state.results import FAILED, PASSED, WARNED

_RUNS = """
select run_id, command, started_at, status,
    date_diff('second', started_at, finished_at) as seconds, files_loaded as files,
    records_read as read, records_loaded as loaded, records_rejected as rejected,
    models_built as built, tests_passed as passed, tests_warned as warned, tests_failed as failed
from ops.runs order by run_number desc limit $limit
"""
_MAY_GO = ("built", "read", "loaded", "rejected", "files", "seconds", "command", "passed", "warned")
# A run may test only some tables, or none: a test is compared with its last outcome before, however
# long ago. What was skipped has none. A test's first outcome counts only if it is no good one.
_CHANGES = """
with outcomes as (
    select run_number, run_id, test_name, failures,
        case when test_results.status in $passed then 'passed'
            when test_results.status in $warned then 'warned'
            when test_results.status in $failed then 'failed' end as outcome
    from ops.test_results inner join ops.runs using (run_id)
    where outcome is not null
),
changes as (
    select *,
        lag(outcome) over (partition by test_name order by run_number) as before
    from outcomes
)
select run_id, test_name as test, coalesce(before, 'new') as before,
    case outcome when 'passed' then 'fixed' else outcome end as now, failures as rows
from changes
where coalesce(before, 'passed') <> outcome
    and run_number > (select max(run_number) from ops.runs) - $limit
order by run_number desc, test_name
"""


def runs_page(settings: Settings, limit: int) -> Page:
    """The newest runs, the newest first, and the tests that changed in them.

    Args:
        settings: The root.
        limit: How many runs.

    Raises:
        LakehouseError: There is no lakehouse at the root.
    """
    page = Page()
    connection = connect(settings, ["ops"])
    if not has_table(connection, "ops", "runs"):
        page.note("No run of this root has come to its end yet.")
        page.fact("runs", [])
        page.fact("changed_tests", [])
        return page
    page.query(connection, "runs", "Runs", _RUNS, {"limit": limit}, may_go=_MAY_GO)
    if not has_table(connection, "ops", "test_results"):
        page.fact("changed_tests", [])
        return page
    outcomes = {"passed": PASSED, "warned": WARNED, "failed": FAILED}
    parameters = {name: list(states) for name, states in outcomes.items()} | {"limit": limit}
    title = "Tests with another outcome than before"
    if not page.query(connection, "changed_tests", title, _CHANGES, parameters):
        page.note("\nEvery test has the outcome that it had before.")
    page.note("Rows that tests found are in ops.test_failures; docs/quality.md explains them.")
    return page
