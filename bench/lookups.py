"""Files and bytes that typical Athena look-ups touch in our tables, before and after Z-order.

Data flow: Delta log (partitions, statistics of files) -> files that may match -> parquet_reads.py

`before` is the version of a table just before its last Z-order: the same rows in the files as they
were written. Every look-up is made for several values, evenly spread over those that occur.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from bench.data import SIZES, raw_data
from bench.measure import Program, measure
from bench.parquet_reads import ParquetFile, Reads
from bench.results import save
from ingestion.settings import Engine, Settings
from orchestration.state.workspaces import list_workspaces

_VALUES = 20
_EPOCH = date(1970, 1, 1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LookUp:
    """A question that people ask with an id or a day in hand."""

    what: str
    table: str
    column: str


LOOK_UPS = (
    LookUp("a product's lines", "silver/order_items", "product_id"),
    LookUp("an order's lines", "silver/order_items", "order_id"),
    LookUp("a day's lines", "silver/order_items", "date"),
    LookUp("an order", "silver/orders", "order_id"),
    LookUp("a day's orders", "silver/orders", "date"),
    LookUp("a day's sales", "gold/daily_sales", "order_date"),
    LookUp("a product's sales", "gold/product_performance", "product_id"),
    LookUp("a customer", "gold/customer_insights", "user_id"),
)


@dataclass(frozen=True)
class Touched:
    """What look-ups touch in one version of a table, on average over the values.

    Attributes:
        files: Files that partitions and statistics of the Delta log can't rule out.
        of_files: Files of the table.
        row_group_bytes: Bytes of the row groups in them that may match.
        page_bytes: Bytes of the pages in them that may match, for a reader with the page index.
        of_bytes: Bytes of the table.
    """

    files: float
    of_files: int
    row_group_bytes: float
    page_bytes: float
    of_bytes: int


def lookups(work: Path, engine: Engine, size: str) -> None:
    """Build our tables on one engine and count what each look-up touches."""
    raw = raw_data(work / "raw", size, SIZES[size])
    root = work / "root"
    shutil.rmtree(root, ignore_errors=True)
    logger.info("look-ups on %s, %s: %s lines", engine, size, f"{raw.lines:,}")
    program = Program("tables for look-ups", "bench.ours", ("--engine", engine))
    run = measure(program, raw.folder, root, work / "logs")
    if run.exit_code == 0:
        # Without tests it is not published: in its workspace the Z-order is a commit of its own.
        (workspace,) = list_workspaces(Settings(str(root), str(raw.folder)))
        built = Path(workspace.settings.location("silver")).parent
        rows = [row for look_up in LOOK_UPS for row in _rows(built, look_up)]
        save(work / "results", f"lookups-{engine}", {"lines": raw.lines, "rows": rows}, [run])
    shutil.rmtree(root)


def _rows(root: Path, look_up: LookUp) -> list[dict[str, Any]]:
    path = root / look_up.table
    values = _spread(path, look_up.column)
    versions = {"after": None, "before": version_before_zorder(path)}
    return [
        {**asdict(look_up), "when": when, **asdict(touched(path, look_up.column, values, version))}
        for when, version in versions.items()
        if when == "after" or version is not None
    ]


def version_before_zorder(path: Path) -> int | None:
    """The version that the last Z-order has clustered; None if there was none."""
    done = [
        commit["version"]
        for commit in DeltaTable(path).history()
        if commit.get("operation") == "OPTIMIZE"
    ]
    return max(done) - 1 if done else None


def touched(
    path: Path, column: str, values: Sequence[int | date], version: int | None = None
) -> Touched:
    """Count what `select * where column = value` touches, on average over the values."""
    table = DeltaTable(path, version=version)
    files = row_group_bytes = page_bytes = of_bytes = 0
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    for action in actions:
        file = ParquetFile(path / unquote(action["path"]))
        of_bytes += file.bytes
        for value in values:
            if not _may_hold(action, column, value):
                continue
            reads = _reads(file, action, column, value)
            files += 1
            row_group_bytes += reads.by_row_groups
            page_bytes += reads.by_pages
    return Touched(
        files=files / len(values),
        of_files=len(actions),
        row_group_bytes=row_group_bytes / len(values),
        page_bytes=page_bytes / len(values),
        of_bytes=of_bytes,
    )


def _may_hold(action: dict[str, Any], column: str, value: int | date) -> bool:
    """The partition or the statistics in the Delta log don't rule the value out."""
    if f"partition.{column}" in action:
        return bool(action[f"partition.{column}"] == value)
    least, most = action.get(f"min.{column}"), action.get(f"max.{column}")
    return least is None or most is None or bool(least <= value <= most)


def _reads(file: ParquetFile, action: dict[str, Any], column: str, value: int | date) -> Reads:
    if f"partition.{column}" in action:
        return Reads(file.bytes, file.bytes)
    # Parquet stores a date as the days since 1970.
    return file.reads_for(column, (value - _EPOCH).days if isinstance(value, date) else value)


def _spread(path: Path, column: str) -> list[int | date]:
    """Values of a column, evenly spread over those that occur."""
    rows = DeltaTable(path).to_pyarrow_dataset().to_table(columns=[column])
    occurring = sorted(pc.unique(rows[column]).to_pylist())
    count = min(_VALUES, len(occurring))
    return [occurring[(2 * number + 1) * len(occurring) // (2 * count)] for number in range(count)]
