"""A lakehouse for one test: raw files are written by hand, tables are read without Spark."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from pyspark.sql import SparkSession

from ingestion.catalog import forget_database, register_models, register_tables
from ingestion.ingest import Report, ingest
from ingestion.layers import LAYERS
from ingestion.ledger import Batch
from ingestion.replay import Review, repair, review
from ingestion.selection import Selection
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.pipeline import untested
from orchestration.pipeline.dbt import run_dbt
from orchestration.pipeline.dbt_settings import DEFAULT_WORKSPACE
from orchestration.state.delta_reader import connect
from orchestration.state.results import NodeResult
from orchestration.state.workspaces import open_workspace

STARTED_AT = datetime(2025, 5, 1, 6, 30, tzinfo=UTC)
REPLAYED_AT = STARTED_AT + timedelta(days=1)

# Of a build: models, seeds and snapshots alone. The files that dbt writes for other tools take a
# third of the time.
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--no-write-json")


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
        return ingest(self.spark, self.settings, Batch(batch_id, STARTED_AT), Selection(tables))

    def under(self, **rules: Any) -> Lakehouse:
        """The same lakehouse under other settings."""
        return replace(self, settings=replace(self.settings, **rules))

    def review(self, batch_id: str = "replay") -> Review:
        batch = Batch(batch_id, REPLAYED_AT)
        return review(self.spark, self.settings, batch, lambda what, done, total: None)

    def replay(self, batch_id: str = "replay") -> Review:
        found = self.review(batch_id)
        batch = Batch(batch_id, REPLAYED_AT)
        repair(self.spark, self.settings, batch, found, lambda what, done, total: None)
        return found

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        layers = [layer for layer in LAYERS if f"{layer}." in sql]
        return connect(self.settings, layers).execute(sql).fetchall()

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
    """A root with empty tables."""
    settings = Settings(root=str(folder / "lake"), raw=str(folder / "raw"))
    lakehouse = Lakehouse(spark, settings)
    use(lakehouse)
    return lakehouse


def publish_what_is_built_without_tests() -> None:
    """Publish builds whose tests were left out for speed, in this process from now on."""
    setattr(untested, "untested", lambda *_: [])  # noqa: B010 (mypy protects functions)


def copy_lakehouse(folder: Path, to: Path) -> None:
    """Copy the root and the raw folder that lie in a folder: built once, changed by each test."""
    for name in ("lake", "raw"):
        shutil.copytree(folder / name, to / name, dirs_exist_ok=True)


def plain_dbt(settings: Settings, *arguments: str, run_id: str = "by hand") -> list[NodeResult]:
    """What a person does who edits a model: dbt alone, which works in the workspace of its own."""
    return run_dbt(open_workspace(settings, DEFAULT_WORKSPACE).settings, run_id, arguments)


def use(lakehouse: Lakehouse) -> None:
    """Put the tables of this root in the catalog, in the place of those of other roots."""
    for layer in LAYERS:
        forget_database(lakehouse.spark, lakehouse.settings, layer)
    register_tables(lakehouse.spark, lakehouse.settings)
    register_models(lakehouse.spark, lakehouse.settings)
