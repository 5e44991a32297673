from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from rich.console import Console

from ingestion.ingest import Report
from ingestion.planning import Plan
from lakehouse.runs_report import runs_page
from orchestration.state.history import record_run
from orchestration.state.results import NodeResult, RunResult
from tests.ingestion.ledgers import ledger_row
from tests.lake import STARTED_AT, Lakehouse
from tests.lakehouse.json_pages import as_json, documented, names_in

GOOD = "Every test has the outcome that it had before."


def record(lakehouse: Lakehouse, run_id: str, tests: dict[str, str] | None = None) -> None:
    """Record a run of 90 seconds with these tests and a row for each test that is not passed."""
    results = [
        NodeResult(name, "test", None, status, int(status != "pass"), 0.1, "", "a.sql")
        for name, status in (tests or {}).items()
    ]
    result = RunResult(run_id, results=results)
    finished_at = STARTED_AT + timedelta(seconds=90)
    record_run(lakehouse.settings, result, STARTED_AT, finished_at, "well", cores=2)


def shown(lakehouse: Lakehouse, limit: int = 10) -> str:
    console = Console(width=200, force_terminal=False)
    with console.capture() as capture:
        runs_page(lakehouse.settings, limit).show(console)
    return " ".join(capture.get().split())


def test_a_root_without_a_finished_run_says_so(lakehouse: Lakehouse) -> None:
    assert shown(lakehouse) == "No run of this root has come to its end yet."


def test_a_run_shows_its_records_its_seconds_and_its_tests(lakehouse: Lakehouse) -> None:
    file = ledger_row("orders/2025-04-01.csv", "a")
    read = replace(file, records_read=30, records_loaded=20, records_rejected=10)
    report = Report(Plan(), rows=[read])
    states = ("pass", "pass", "pass", "warn", "warn", "fail", "skipped")
    results = [
        *(NodeResult(f"{n}", "test", None, state, 0, 0, "", "") for n, state in enumerate(states)),
        NodeResult("orders", "model", None, "success", 0, 0, "", ""),
    ]
    result = RunResult("0123456789abcdef", report=report, results=results)
    finished_at = STARTED_AT + timedelta(seconds=90)
    record_run(lakehouse.settings, result, STARTED_AT, finished_at, "failed", cores=2)
    assert "0123456789ab run 2025-05-01 06:30 failed 90 1 30 20 10 1 3 2 1" in shown(lakehouse)


def test_a_test_is_named_in_the_run_in_which_its_outcome_changes(lakehouse: Lakehouse) -> None:
    record(lakehouse, "run-1", {"fixed": "fail", "broken": "pass", "as_ever": "warn"})
    record(lakehouse, "run-2", {"fixed": "pass", "broken": "error", "as_ever": "warn"})
    changes = shown(lakehouse).split("Tests with another outcome than before")[1]
    assert changes.startswith(
        " run id test before now rows run-2 broken passed failed 1 run-2 fixed failed fixed 0"
        " run-1 as_ever new warned 1 run-1 fixed new failed 1 Rows that"
    )


def test_a_test_is_compared_with_its_last_outcome_whatever_ran_between(
    lakehouse: Lakehouse,
) -> None:
    record(lakehouse, "run-1", {"a": "pass", "b": "pass"})
    record(lakehouse, "run-2")
    record(lakehouse, "run-3", {"a": "skipped"})
    record(lakehouse, "run-4", {"a": "pass", "b": "warn"})
    text = shown(lakehouse)
    assert "before now rows run-4 b passed warned 1 Rows that" in text


def test_programs_get_whole_ids_and_every_name_that_is_documented(lakehouse: Lakehouse) -> None:
    assert as_json(runs_page(lakehouse.settings, 9)) == {"runs": [], "changed_tests": []}
    record(lakehouse, "0123456789abcdef", {"a": "warn"})
    found = as_json(runs_page(lakehouse.settings, 9))
    assert found["runs"][0]["run_id"] == "0123456789abcdef"
    assert found["changed_tests"] == [
        {"run_id": "0123456789abcdef", "test": "a", "before": "new", "now": "warned", "rows": 1}
    ]
    assert set(names_in(found)) | {"runs", "changed_tests"} == documented("runs")


def test_only_the_newest_runs_are_shown_and_compared_with_those_before(
    lakehouse: Lakehouse,
) -> None:
    record(lakehouse, "run-1", {"a": "warn"})
    record(lakehouse, "run-2", {"a": "warn"})
    text = shown(lakehouse, limit=1)
    assert "run-2" in text
    assert "run-1" not in text
    assert GOOD in text
