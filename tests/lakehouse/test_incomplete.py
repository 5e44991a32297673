from __future__ import annotations

from datetime import date

from ingestion.completeness import MissingFile
from ingestion.ingest import Report
from ingestion.ledger import Status
from ingestion.planning import Plan
from ingestion.settings import Settings
from lakehouse.incomplete import incomplete_in_words
from orchestration.state.results import RunResult
from tests.ingestion.ledgers import ledger_row

BAD = ledger_row("orders/2025-04-01.csv", "a", Status.QUARANTINED)
GAP = MissingFile("orders", date(2025, 4, 2), "orders/2025-04-02.csv", "missing")


def words(rows: int, gaps: int, root: str = "/lake") -> str:
    report = Report(Plan(), rows=[BAD] * rows, missing=[GAP] * gaps)
    return incomplete_in_words(Settings(root, "/my raw"), RunResult("r", report=report))


def test_what_is_not_loaded_is_counted_in_one_line_with_the_command_that_lists_it() -> None:
    shows = "`lakehouse status --root /lake --raw '/my raw'` lists them"
    assert words(1, 0) == f"incomplete: 1 file in quarantine; {shows}"
    assert words(2, 1200) == (
        f"incomplete: 2 files in quarantine, 1,200 files expected and not loaded; {shows}"
    )


def test_a_complete_run_or_a_build_alone_has_nothing_to_say() -> None:
    assert words(0, 0) == ""
    assert incomplete_in_words(Settings("/lake", "/raw"), RunResult("r")) == ""


def test_the_line_is_one_line_whatever_the_folder_is_called() -> None:
    assert "\n" not in words(1, 1, root="/la\nke\x1b[2J")
