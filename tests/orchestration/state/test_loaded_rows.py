"""The rejects against the ledger: counted by file version, however many there are."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

from ingestion.ledger import LedgerRow, Status
from ingestion.settings import Settings
from orchestration.state.loaded_rows import differences
from tests.ingestion.ledgers import ledger_row

ONE, TWO = "orders/2025-04-01.csv", "orders/2025-04-02.csv"


def refused(source_file: str, content: str, rejected: int) -> LedgerRow:
    """The ledger's row of a file that is quarantined with so many records."""
    row = ledger_row(source_file, content, Status.QUARANTINED)
    return replace(row, records_read=rejected, records_loaded=0, records_rejected=rejected)


def write_rejects(root: Path, *versions: tuple[str, str, int]) -> None:
    """Append rejects of these versions by one commit, so many of each."""
    table = pa.table(
        {
            "source_file": [name for name, _, count in versions for _ in range(count)],
            "content_hash": [content for _, content, count in versions for _ in range(count)],
        }
    )
    write_deltalake(root / "ops/rejected_records", table, mode="append")


def test_rejects_that_are_gone_are_found_by_file_version(tmp_path: Path) -> None:
    write_rejects(tmp_path, (ONE, "a", 3), (ONE, "older", 9), (TWO, "b", 2))
    write_rejects(tmp_path, (TWO, "b", 2))
    settings = Settings(str(tmp_path), str(tmp_path / "raw"))
    ledger = [refused(ONE, "a", 3), refused(TWO, "b", 4)]
    assert differences(settings, ledger) == []
    more = [refused(ONE, "a", 4), refused(TWO, "b", 5)]
    assert [str(one) for one in differences(settings, more)] == [
        f"ops.rejected_records has 3 of 4 rows of {ONE}",
        f"ops.rejected_records has 4 of 5 rows of {TWO}",
    ]


def test_a_root_with_very_many_rejects_costs_a_run_little_memory(tmp_path: Path) -> None:
    write_rejects(tmp_path, (ONE, "a" * 64, 100_000))
    settings = Settings(str(tmp_path), str(tmp_path / "raw"))
    ledger = [refused(ONE, "a" * 64, 100_000)]
    tracemalloc.start()
    try:
        assert differences(settings, ledger) == []
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2_000_000
