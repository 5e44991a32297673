"""A root of plain Delta tables, a workspace of it and runs that have recorded it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake
from rich.console import Console

from ingestion.settings import Settings
from lakehouse.diff.page import diff_page
from lakehouse.lineage.graph import CSV, Column, Lineage, Table
from orchestration.state.history import record_run
from orchestration.state.results import RunResult
from orchestration.state.workspaces import open_workspace
from tests.lakehouse.json_pages import as_json

DAILY_SALES = pa.schema(
    [
        ("order_date", pa.date32()),
        ("total_sales", pa.decimal128(18, 2)),
        ("order_count", pa.int64()),
        ("last_updated_timestamp", pa.timestamp("us", "UTC")),
        ("_run_id", pa.string()),
    ]
)
ORDERS = pa.schema(
    [("order_id", pa.int64()), ("total_amount", pa.decimal128(18, 2)), ("date", pa.date32())]
)
# Orders are summed by day; a share is made of the sum, and of the rows.
LINEAGE = Lineage(
    {
        "orders.csv": Table(CSV, columns={"total_amount": Column()}),
        "silver.orders": Table(
            "silver",
            columns={
                "order_id": Column(),
                "total_amount": Column(inputs=("orders.csv.total_amount",)),
                "*": Column(),
            },
        ),
        "gold.daily_sales": Table(
            "gold",
            columns={
                "order_date": Column(),
                "total_sales": Column(inputs=("silver.orders.total_amount",)),
                "order_count": Column(inputs=("silver.orders.*",)),
                "_run_id": Column(inputs=("silver.orders.total_amount",)),
            },
        ),
        "gold.weekly_sales": Table(
            "gold", columns={"share": Column(inputs=("gold.daily_sales.total_sales",))}
        ),
    }
)
FIRST_BUILT, NEXT_BUILT = datetime(2025, 5, 1, tzinfo=UTC), datetime(2025, 5, 2, tzinfo=UTC)


def money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def april(day: int) -> date:
    return date(2025, 4, day)


def sales(*days: tuple[int, str | None, int], run: str = "first") -> pa.Table:
    """Rows of gold.daily_sales: day of April, sales, orders."""
    built = FIRST_BUILT if run == "first" else NEXT_BUILT
    rows = [
        {
            "order_date": april(day),
            "total_sales": money(total),
            "order_count": count,
            "last_updated_timestamp": built,
            "_run_id": run,
        }
        for day, total, count in days
    ]
    return pa.Table.from_pylist(rows, DAILY_SALES)


def orders(*rows: tuple[int, str, int]) -> pa.Table:
    """Rows of silver.orders: id, amount, day of April."""
    return pa.Table.from_pylist(
        [
            {"order_id": key, "total_amount": money(amount), "date": april(day)}
            for key, amount, day in rows
        ],
        ORDERS,
    )


class Lake:
    """A root whose tables are written by hand."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(str(folder / "lake"), str(folder / "raw"))
        self.runs: list[str] = []

    def write(
        self,
        table: str,
        rows: pa.Table,
        workspace: str = "",
        partition_by: list[str] | None = None,
        **options: Any,
    ) -> None:
        """Overwrite a table that is published, or that of a workspace."""
        settings = replace(self.settings, workspace=workspace)
        write_deltalake(
            settings.location(*table.split(".")),
            rows,
            mode=options.pop("mode", "overwrite"),
            partition_by=partition_by,
            **options,
        )

    def open_workspace(self, name: str = "dev") -> None:
        open_workspace(self.settings, name)

    def record(self, run_id: str) -> None:
        """Let a run record the tables as they are."""
        record_run(self.settings, RunResult(run_id), FIRST_BUILT, NEXT_BUILT, "well", 2)

    def diff(
        self, workspace: str | None = "dev", from_run: str | None = None, to_run: str | None = None
    ) -> Any:
        page = diff_page(self.settings, workspace, from_run, to_run, lambda: LINEAGE)
        return as_json(page)

    def shown(self, workspace: str = "dev") -> str:
        console = Console(width=200, force_terminal=True)
        with console.capture() as capture:
            diff_page(self.settings, workspace, None, None, lambda: LINEAGE).show(console)
        return capture.get()

    def files(self, table: str) -> list[Path]:
        """The data files that lie in the folder of a published table."""
        return sorted(Path(self.settings.location(*table.split("."))).rglob("*.parquet"))
