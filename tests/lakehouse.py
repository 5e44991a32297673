"""A lakehouse for one test: raw files are written by hand, tables are read without Spark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from pyspark.sql import SparkSession

from ingestion.catalogue import LAYERS, register_tables
from ingestion.ingest import Report, ingest
from ingestion.ledger import Batch
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.delta_reader import connect

STARTED_AT = datetime(2025, 5, 1, 6, 30, tzinfo=UTC)


@dataclass
class Lakehouse:
    """A root of its own with empty tables, and a raw folder."""

    spark: SparkSession
    settings: Settings

    @property
    def raw(self) -> Path:
        return Path(self.settings.raw)

    def write(self, name: str, *lines: str) -> None:
        """Write a raw file of these lines, the header first."""
        path = self.raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))

    def ingest(self, batch_id: str = "batch", tables: Sequence[str] = tuple(TABLES)) -> Report:
        return ingest(self.spark, self.settings, Batch(batch_id, STARTED_AT), tables)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return connect(self.settings).execute(sql).fetchall()

    def ledger(self) -> dict[str, str]:
        """Status of each file that has one version."""
        return dict(self.query("select source_file, status from ops.ingested_files"))

    def table_folders(self) -> list[Path]:
        logs = Path(self.settings.root).glob("*/*/_delta_log")
        return sorted(log.parent for log in logs)

    def versions(self) -> dict[str, int]:
        """Number of the last commit of every table."""
        return {path.name: DeltaTable(path).version() for path in self.table_folders()}


def new_lakehouse(spark: SparkSession, folder: Path) -> Lakehouse:
    """A root with empty tables, which take the place of those of other roots in the catalogue."""
    settings = Settings(root=str(folder / "lake"), raw=str(folder / "raw"))
    for layer in LAYERS:
        spark.sql(f"drop database if exists {layer} cascade")
    register_tables(spark, settings)
    return Lakehouse(spark, settings)
