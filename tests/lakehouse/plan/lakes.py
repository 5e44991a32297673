"""A root of plain Delta tables as runs have left it, and a raw folder of plain files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake
from pyspark.sql.pandas.types import to_arrow_schema

from ingestion.ledger import LedgerRow, Status
from ingestion.ops_tables import INGESTED_FILES
from ingestion.settings import Settings
from lakehouse.plan.page import plan_page
from orchestration.project.digest import project_digest
from orchestration.project.silver import limits, silver_fingerprint
from orchestration.state.history import record_run
from orchestration.state.results import Build, NodeResult, RunResult, Tests
from tests.ingestion.ledgers import ledger_row
from tests.lakehouse.json_pages import as_json

NOW = datetime(2025, 5, 3, tzinfo=UTC)


def april(*days: int) -> tuple[date, ...]:
    return tuple(date(2025, 4, day) for day in days)


def known(
    name: str,
    text: str,
    status: Status = Status.LOADED,
    dates: Sequence[date] = (),
    reason: str | None = None,
) -> LedgerRow:
    """The ledger's row of a file of this text."""
    row = ledger_row(name, hashlib.sha256(text.encode()).hexdigest(), status, dates)
    return replace(row, reason=reason)


class Lake:
    """A root, to be planned for."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(str(folder / "lake"), str(folder / "raw"))
        self.raw = folder / "raw"
        self.raw.mkdir()

    def write_raw(self, name: str, text: str) -> None:
        path = self.raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def write_ledger(self, *rows: LedgerRow) -> None:
        names = INGESTED_FILES.names
        records = [dict(zip(names, astuple(row), strict=True)) for row in rows]
        table = pa.Table.from_pylist(records, to_arrow_schema(INGESTED_FILES))
        write_deltalake(self.settings.location("ops", "ingested_files"), table, mode="overwrite")

    def write(self, table: str, amount: int = 1) -> None:
        location = self.settings.location(*table.split("."))
        write_deltalake(location, pa.table({"amount": [amount]}), mode="overwrite")

    def record(
        self,
        run_id: str,
        *,
        project: str | None = "of now",
        fingerprint: str | None = None,
        seconds: float = 1.0,
        **changed_limits: str,
    ) -> None:
        """Let a run record that it has built everything, by the project as it is unless said."""
        build = Build(
            project_digest(self.settings) if project == "of now" else project,
            run_id,
            NOW,
            fingerprint or silver_fingerprint(),
            json.dumps({name: str(value) for name, value in limits().items()} | changed_limits),
        )
        node = NodeResult("orders", "model", "silver.orders", "success", 0, 1.0, "", "")
        test = NodeResult("a_test", "test", "silver.orders", "pass", 0, 1.0, "", "")
        result = RunResult(run_id, results=[node, test], builds=[build])
        result.seconds = {"start": 0.5, "build": seconds - 0.5}
        assert Tests.among(result.results).passed == 1
        record_run(self.settings, result, NOW, NOW, "well", 2)

    def plan(self) -> Any:
        return as_json(plan_page(self.settings, NOW))

    def files(self) -> dict[str, tuple[str, str]]:
        """File to what is done with it and why."""
        return {row["source_file"]: (row["action"], row["why"]) for row in self.plan()["files"]}
