from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from ingestion.ledger import LedgerRow, Status
from orchestration.aws.execution import execution_of, files_to_mark, read_ledger, report_of
from tests.ingestion.ledgers import MOMENT, ledger_row
from tests.lake import Lakehouse

ORDERS = "order_num,order_id,user_id,order_timestamp,total_amount,date"
ONE, TWO, THREE = (f"orders/2025-04-0{day}.csv" for day in (1, 2, 3))
LATER = MOMENT + timedelta(hours=1)


def row(source_file: str, batch_id: str, status: Status = Status.LOADED, **more: Any) -> LedgerRow:
    return replace(ledger_row(source_file, "a", status), batch_id=batch_id, **more)


def run(run_id: str, status: str = "well") -> dict[str, Any]:
    return {"run_id": run_id, "status": status, "finished_at": LATER}


def marked(ledger: list[LedgerRow], runs: list[dict[str, Any]]) -> list[str]:
    return [row.source_file for row in files_to_mark(ledger, runs, "e-2")]


def order(order_id: int | str, day: int) -> str:
    return f"1,{order_id},7,2025-04-{day:02d}T10:00:00,9.50,2025-04-{day:02d}"


def test_the_report_of_an_execution_is_that_of_its_jobs(lakehouse: Lakehouse) -> None:
    lakehouse.write(ONE, ORDERS, order(1, 1))
    lakehouse.write(TWO, "no such columns", "1")
    lakehouse.ingest("e-1", ["orders"])
    lakehouse.write(THREE, ORDERS, *(order(number, 3) for number in range(10, 30)), order("x", 3))
    reports = [lakehouse.ingest("e-2", [table]) for table in ("products", "orders", "order_items")]
    found = report_of(lakehouse.settings, "e-2", read_ledger(lakehouse.settings))
    assert [(row.source_file, row.records_loaded) for row in found.loaded] == [(THREE, 20)]
    assert [row.source_file for row in found.quarantined] == [TWO]
    assert [file.expected_file for file in found.missing] == [
        *(f"order_items/2025-04-0{day}.csv" for day in (1, 2, 3)),
        TWO,
        "products/products.csv",
    ]
    assert found.rows == reports[1].rows


def test_a_quarantined_file_that_was_taken_away_is_reported_no_more(lakehouse: Lakehouse) -> None:
    lakehouse.write(ONE, "no such columns", "1")
    lakehouse.write(TWO, ORDERS, order(2, 2))
    lakehouse.ingest("e-1")
    (lakehouse.raw / ONE).unlink()
    assert report_of(lakehouse.settings, "e-2", read_ledger(lakehouse.settings)).quarantined == []


def test_a_version_that_was_only_replaced_is_no_work_of_the_execution(
    lakehouse: Lakehouse,
) -> None:
    lakehouse.write(ONE, ORDERS, order(1, 1))
    lakehouse.write(THREE, ORDERS, order(3, 3))
    lakehouse.ingest("e-1")
    lakehouse.write(ONE, ORDERS, order(1, 1), order(2, 1))
    (lakehouse.raw / TWO).write_bytes((lakehouse.raw / THREE).read_bytes())
    report = lakehouse.ingest("e-2")
    found = report_of(lakehouse.settings, "e-2", read_ledger(lakehouse.settings))
    assert sorted(row.source_file for row in found.rows) == [ONE, TWO]
    assert sorted(row.source_file for row in report.rows) == [ONE, TWO]


def test_the_files_of_the_execution_are_to_be_marked() -> None:
    ledger = [
        row(ONE, "e-2"),
        row(TWO, "e-2", Status.QUARANTINED),
        row(THREE, "e-1"),
    ]
    assert marked(ledger, [run("e-1-7")]) == [ONE]


def test_files_that_failed_executions_and_backfills_have_loaded_are_marked_as_well() -> None:
    ledger = [
        row(ONE, "e-1"),
        row(TWO, "backfill", recorded_at=LATER + timedelta(seconds=1)),
        row(THREE, "e-2", recorded_at=LATER + timedelta(hours=1)),
    ]
    assert marked(ledger, [run("e-0-1"), run("e-1-1", "failed")]) == [TWO, THREE]
    assert marked(ledger, [run("e-1-1", "failed")]) == [ONE, TWO, THREE]
    assert marked(ledger, [run("e-1-1", "incomplete")]) == [TWO, THREE]


def test_a_second_build_of_the_execution_marks_what_the_first_one_did() -> None:
    ledger = [row(ONE, "before"), row(TWO, "e-2")]
    assert marked(ledger, [run("e-2-1")]) == [ONE, TWO]


def test_a_run_is_named_after_its_execution() -> None:
    assert execution_of("daily-2025-04-01-12") == "daily-2025-04-01"
