from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.errors import PySparkException

from ingestion.completeness import MissingFile
from ingestion.errors import LakehouseError
from ingestion.ingest import Report
from ingestion.ledger import Status
from ingestion.planning import Plan
from ingestion.settings import Settings
from orchestration.pipeline.run import engine_failures_explained
from orchestration.state.results import NodeResult, RunResult
from tests.ingestion.ledgers import ledger_row

GAP = MissingFile("orders", None, "orders/2025-04-01.csv", "missing")
BAD = ledger_row("orders/2025-04-01.csv", "a", Status.QUARANTINED)


def test_all_words_of_a_failed_engine_are_in_the_log_that_its_failure_names(tmp_path: Path) -> None:
    settings = Settings.read(root=str(tmp_path / "lake"), environment={})
    with (
        pytest.raises(LakehouseError, match="The engine failed: no space left") as raised,
        engine_failures_explained(settings),
    ):
        raise PySparkException("no space left\n\tat writer.rs:7")
    log = settings.log_folder / "engine.log"
    assert f"All that it said is in {log}." in raised.value.next_step
    assert log.read_text() == "no space left\n\tat writer.rs:7"


def result(status: str) -> NodeResult:
    return NodeResult("orders", "model", "silver.orders", status, 0, 1.0, "", "orders.sql")


@pytest.mark.parametrize(
    ("report", "statuses", "code"),
    [
        (None, [], 0),
        (Report(Plan()), ["success", "warn", "skipped"], 0),
        (Report(Plan(), rows=[BAD]), ["success"], 2),
        (Report(Plan(quarantined=[BAD])), [], 2),
        (Report(Plan(), missing=[GAP]), [], 2),
        (None, ["success", "fail"], 1),
        (Report(Plan(), missing=[GAP]), ["error"], 1),
    ],
)
def test_the_exit_code_distinguishes_well_incomplete_and_failed(
    report: Report | None, statuses: list[str], code: int
) -> None:
    run = RunResult("run", report=report, results=[result(status) for status in statuses])
    assert run.exit_code == code
