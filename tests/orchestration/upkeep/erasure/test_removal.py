"""A person is taken out of a raw table that has no day of its own, and rows of nobody known."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ingestion.ledger import Batch
from ingestion.tables import TABLES, Column, Table, Type
from orchestration.upkeep.erasure.removal import Erasure, remove
from tests.lake import REPLAYED_AT, STARTED_AT, new_lakehouse

VISITORS = Table(
    name="visitors",
    key="visitor_id",
    undated_file="visitors",
    columns=(
        Column("visitor_id", Type.BIGINT),
        Column("user_id", Type.BIGINT, required=False),
        Column("page_count", Type.BIGINT),
    ),
)


def test_a_person_is_taken_out_of_a_table_without_a_date(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TABLES, "visitors", VISITORS)
    lakehouse = new_lakehouse(spark, tmp_path).under(reject_limit=1.0)
    rows = ("1,7,3", "2,8,3", "3,7,many", "5,,3")
    lakehouse.write("visitors/visitors.csv", "visitor_id,user_id,page_count", *rows)
    lakehouse.write("visitors/2025-04-02.csv", "visitor_id,user_id,page_count", "4,7,5")
    lakehouse.ingest(tables=["visitors"])
    erasure, batch = Erasure("an erasure", REPLAYED_AT), Batch("an erasure", REPLAYED_AT)
    remove(spark, lakehouse.settings, 7, erasure, batch)
    assert lakehouse.query("select visitor_id from bronze.visitors order by 1") == [(2,), (5,)]
    assert lakehouse.query("select count(*) from ops.rejected_records") == [(0,)]
    noted = "select source_file, date, records from ops.erasures order by all"
    assert lakehouse.query(noted) == [
        ("visitors/2025-04-02.csv", date(2025, 4, 2), 1),
        ("visitors/visitors.csv", STARTED_AT.date(), 1),
        ("visitors/visitors.csv", None, 1),
    ]
    ledger = "select source_file, records_loaded, records_erased from ops.ingested_files order by 1"
    assert lakehouse.query(ledger) == [
        ("visitors/2025-04-02.csv", 0, 1),
        ("visitors/visitors.csv", 2, 2),
    ]
