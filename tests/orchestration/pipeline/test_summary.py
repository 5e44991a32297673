"""The end of a run on the screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from rich.console import Console

from ingestion.completeness import MissingFile
from ingestion.errors import LakehouseError
from ingestion.ingest import Report
from ingestion.ledger import Status
from ingestion.planning import Plan
from ingestion.settings import Settings
from orchestration.pipeline.summary import (
    print_failures,
    print_summary,
    print_warnings,
)
from orchestration.pipeline.verdict import verdict, verdict_with_cure
from orchestration.state.results import NodeResult, RunResult
from orchestration.state.test_failures import Found
from tests.ingestion.ledgers import ledger_row
from tests.lake import Lakehouse

KNOWN = Found(11, 0, ("file a", "file b"))
PARTLY_NEW = Found(11, 2, ("file a", "and 6 more"))


def node(name: str, status: str, kind: str = "model", layer: str = "silver") -> NodeResult:
    table = f"{layer}.{name}" if kind == "model" else name
    return NodeResult(name, kind, table, status, 1, 0.1, "no column dtae", f"{name}.sql")


def shown(console: Console, result: RunResult, lakehouse: Lakehouse) -> list[str]:
    with console.capture() as capture:
        print_summary(console, lakehouse.settings, result)
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.fixture
def console() -> Console:
    return Console(width=160, force_terminal=False)


@pytest.mark.parametrize("made", ["orders", "orders_rejected", "orders_superseded", "calendar"])
def test_a_first_run_that_failed_half_way_shows_its_error_whatever_it_has_made(
    lakehouse: Lakehouse, console: Console, made: str
) -> None:
    rows = pa.table({"order_id": [1, 2]})  # without the reasons, as an edited model may leave it
    write_deltalake(lakehouse.settings.location("silver", made), rows)
    names = ("orders", "orders_rejected", "orders_superseded")
    results = [node(name, "success" if name == made else "error") for name in names]
    lines = shown(console, RunResult("run", results=results), lakehouse)
    assert "  no column dtae" in lines
    assert any(line.startswith("failed: ") for line in lines)


def test_a_damaged_table_hides_no_error_of_the_run(lakehouse: Lakehouse, console: Console) -> None:
    (log,) = Path(lakehouse.settings.location("ops", "ingested_files")).glob("_delta_log/*0.json")
    log.write_text("cut")
    result = RunResult("run", results=[node("orders", "error")])
    with console.capture() as capture, pytest.raises(LakehouseError, match="damaged"):
        print_summary(console, lakehouse.settings, result)
    assert "no column dtae" in capture.get()


def test_only_tables_that_the_run_touched_have_a_row(
    lakehouse: Lakehouse, console: Console
) -> None:
    for name in ("daily_sales", "basket_affinity", "customer_insights"):
        write_deltalake(lakehouse.settings.location("gold", name), pa.table({"a": [1, 2]}))
    results = [
        node("daily_sales", "success", layer="gold"),
        node("customer_insights", "skipped", layer="gold"),
    ]
    lines = shown(console, RunResult("run", results=results), lakehouse)
    assert [line.split()[:3] for line in lines if line.startswith("gold")] == [
        ["gold", "daily_sales", "2"]
    ]


def test_a_run_that_touched_nothing_shows_no_table(lakehouse: Lakehouse, console: Console) -> None:
    lines = shown(console, RunResult("run", unchanged_since="before"), lakehouse)
    assert "Lakehouse" not in lines
    assert lines[-2:] == [
        "well: nothing new",
        f"Next: `lakehouse report --root {lakehouse.settings.root}` writes a page of what the"
        " tables say.",
    ]


def test_rows_stand_below_the_failed_test_that_found_them(console: Console) -> None:
    result = RunResult("run", results=[node("days", "pass", "test"), node("ids", "fail", "test")])
    with console.capture() as capture:
        print_failures(console, result, {"ids": Found(2, 2, ("id [1]", "id 2"))})
    assert capture.get().splitlines() == [
        "fail test ids (ids.sql)",
        *("  no column dtae", "  id [1]", "  id 2"),
    ]


def test_of_many_failures_ten_are_shown(console: Console) -> None:
    result = RunResult("run", results=[node(f"model_{n}", "error") for n in range(1_012)])
    with console.capture() as capture:
        print_failures(console, result, {})
    lines = capture.get().splitlines()
    assert lines[-1] == "and 1,002 more that failed"
    assert len(lines) == 21


@pytest.mark.parametrize(
    ("found", "is_new", "with_known", "lines"),
    [
        (
            {"files": KNOWN, "ids": Found(7, 0, ("id 1",))},
            *(True, False),
            [
                "known warnings 2 tests, 18 rows, as in the run before;"
                " `lakehouse run --warnings` lists them"
            ],
        ),
        ({"files": KNOWN}, True, True, ["warn files: 11 rows", "  file a", "  file b"]),
        (
            {"files": PARTLY_NEW},
            *(True, False),
            ["warn files: 2 new of 11 rows", "  file a", "  and 6 more"],
        ),
        ({"id": Found(1, 1, ("id 1",))}, True, False, ["warn id: 1 row", "  id 1"]),
        (
            {"id": Found(1, 1, ("id 1",))},
            *(False, False),
            [
                "known warnings 1 test, 1 row, as in the run before;"
                " `lakehouse run --warnings` lists them"
            ],
        ),
        ({}, True, False, []),
    ],
)
def test_warnings_are_listed_when_they_are_new_or_asked_for_and_counted_else(
    console: Console, found: dict[str, Found], is_new: bool, with_known: bool, lines: list[str]
) -> None:
    with console.capture() as capture:
        print_warnings(console, found, is_new=is_new, with_known=with_known)
    assert capture.get().splitlines() == lines


BAD = ledger_row("orders/2025-04-02.csv", "b", Status.QUARANTINED)
LOADED = replace(ledger_row("orders/2025-04-01.csv", "a"), records_read=12)
GAP = MissingFile("orders", None, "orders/2025-04-03.csv", "missing")


@pytest.mark.parametrize(
    ("report", "results", "line"),
    [
        (Report(Plan()), [], "well: nothing new"),
        (
            Report(Plan(), rows=[LOADED]),
            [node("orders", "success"), node("ids", "pass", "test"), node("a", "pass", "test")],
            "well: 1 file loaded, 1 table built, 2 tests passed",
        ),
        (
            Report(Plan(), rows=[LOADED, BAD], missing=[GAP]),
            [node("orders", "success")],
            "incomplete: 1 file in quarantine, 1 file missing, 1 file loaded, 1 table built",
        ),
        (None, [node("ids", "warn", "test")], "well: 1 test warned"),
        (
            None,
            [node("orders", "error"), *(node(f"m{n}", "skipped") for n in range(2))],
            "failed: model orders failed, 2 nodes that depend on it skipped",
        ),
        (
            None,
            [node(f"m{n}", "error") for n in range(5)],
            "failed: model m0, model m1, model m2 and 2 more failed",
        ),
    ],
)
def test_the_verdict_says_how_the_run_ended_and_what_that_rests_on(
    report: Report | None, results: list[NodeResult], line: str
) -> None:
    assert verdict(RunResult("run", report=report, results=results)) == line


def test_a_quiet_run_says_in_one_line_what_is_not_loaded_and_which_command_lists_it() -> None:
    report = Report(Plan(), rows=[ledger_row("orders/2025-04-01.csv", "a", Status.QUARANTINED)])
    said = verdict_with_cure(Settings("/la\nke", "/my raw"), RunResult("run", report=report))
    assert said == (
        "incomplete: 1 file in quarantine;"
        " `lakehouse status --root '/la\\nke' --raw '/my raw'` lists what is not loaded"
    )
