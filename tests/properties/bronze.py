"""Loads an arrival plan without dbt, and judges bronze, rejects and ledger value by value."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyspark.sql import SparkSession

from ingestion.tables import TABLES
from tests.compare import assert_records_add_up
from tests.lake import Lakehouse, new_lakehouse
from tests.properties.plans import Plan, State, write_state
from tests.properties.shop import Bad, Content


@dataclass
class Loads:
    """Roots with bronze and ops tables alone, one for each case.

    Attributes:
        spark: The session that all of them share, one after another.
        folder: Where they are.
        tally: How many plans and runs were tried, for people.
    """

    spark: SparkSession
    folder: Path
    tally: Counter[str]

    def judge(self, plan: Plan) -> None:
        """Load the whole plan into a new root and compare with what its files hold.

        Raises:
            AssertionError: Something in the end is not as it should be.
        """
        with TemporaryDirectory(dir=self.folder) as folder:
            lakehouse = new_lakehouse(self.spark, Path(folder))
            lakehouse.raw.mkdir()
            for number, state in enumerate(plan.states, 1):
                write_state(lakehouse.raw, state)
                lakehouse.ingest(f"batch-{number}")
                self.tally["runs without dbt"] += 1
            assert_bronze(lakehouse, plan.loaded())
            assert_ledger(lakehouse, plan)
            assert_records_add_up(lakehouse.settings)
        self.tally["plans without dbt"] += 1


def assert_bronze(lakehouse: Lakehouse, loaded: State) -> None:
    """Bronze holds exactly the good records of these files, each with its place."""
    for name, table in TABLES.items():
        columns = [
            f"timezone('UTC', {column})" if column.endswith("_timestamp") else column
            for column in table.column_names
        ]
        found = lakehouse.query(
            f"select source_file, record_number, {', '.join(columns)}"
            f" from bronze.{name} order by 1, 2"
        )
        expected = [
            (path, number, *(_naive(value) for value in record.values()))
            for path, content in sorted(loaded.items())
            if content.table == name
            for number, record in enumerate(content.records, 1)
            if not isinstance(record, Bad)
        ]
        assert found == expected, f"bronze.{name}"


def _naive(value: Any) -> Any:
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value


def assert_ledger(lakehouse: Lakehouse, plan: Plan) -> None:
    """Every version that lay there is in the ledger once; the loaded ones with all their counts."""
    seen = {(path, _hash(content)) for state in plan.states for path, content in state.items()}
    found = lakehouse.query("select source_file, content_hash from ops.ingested_files")
    assert sorted(found) == sorted(seen)
    loaded = lakehouse.query(
        """
        select source_file, content_hash, records_read, records_loaded, records_rejected
        from ops.ingested_files where status = 'loaded' order by 1
        """
    )
    assert loaded == [
        (path, _hash(content), len(content.records), *_counts(content))
        for path, content in sorted(plan.loaded().items())
    ]
    _assert_rejects(lakehouse, plan.loaded())


def _assert_rejects(lakehouse: Lakehouse, loaded: State) -> None:
    found = lakehouse.query(
        """
        select source_file, record_number, reasons, raw_text
        from ops.rejected_records
        semi join (from ops.ingested_files where status = 'loaded')
            using (source_file, content_hash)
        order by 1, 2
        """
    )
    assert found == [
        (path, number, [record.reason], record.text)
        for path, content in sorted(loaded.items())
        for number, record in enumerate(content.records, 1)
        if isinstance(record, Bad)
    ]


def _counts(content: Content) -> tuple[int, int]:
    return len(content.records) - content.rejected, content.rejected


def _hash(content: Content) -> str:
    return hashlib.sha256(content.data()).hexdigest()
