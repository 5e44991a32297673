"""A small lakehouse, written by delta-rs alone, and questions to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.query.engine import ask
from lakehouse.query.output import rows_of

Rows = list[tuple[Any, ...]]
MONEY = pa.decimal128(18, 2)
ORDERS = pa.schema(
    [
        ("order_id", pa.int64()),
        ("total_amount", MONEY),
        ("order_timestamp", pa.timestamp("us", "UTC")),
        ("reasons", pa.list_(pa.string())),
        ("department", pa.string()),
    ]
)
DAYS = pa.schema([("order_date", pa.date32()), ("total_sales", MONEY), ("order_count", pa.int64())])


def write(root: Path, name: str, schema: pa.Schema, rows: Rows, **options: Any) -> None:
    """A commit that replaces the rows of a table, or adds to them."""
    columns = [list(values) for values in zip(*rows, strict=True)] or [[] for _ in schema]
    table = pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema)
    write_deltalake(root / name, table, **{"mode": "overwrite"} | options)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three days of sales in the second version, one in the first; orders by department."""
    root = tmp_path_factory.mktemp("lake")
    first = (date(2025, 4, 1), Decimal("100.00"), 3)
    write(root, "gold/daily_sales", DAYS, [first])
    days = [first, (date(2025, 4, 2), Decimal("0.00"), 0), (date(2025, 4, 3), Decimal("50.05"), 2)]
    write(root, "gold/daily_sales", DAYS, days)
    moment = datetime(2025, 4, 1, 11, 27, tzinfo=UTC)
    orders: Rows = [
        (1, Decimal("60.00"), moment, ["a", "b"], "Café & 50%/x"),
        (2, Decimal("40.00"), moment, None, None),
        (3, None, moment, [], "Books"),
    ]
    write(root, "silver/orders", ORDERS, orders, partition_by=["department"])
    write(root, "silver/empty", DAYS, [])
    return Settings.read(root=str(root), environment={})


@pytest.fixture(scope="session")
def rows(settings: Settings) -> Callable[[str], Rows]:
    """The answer to a question."""
    return lambda sql: list(rows_of(ask(settings, sql)))


@pytest.fixture(scope="session")
def refused(settings: Settings) -> Callable[[str], LakehouseError]:
    """The error that a question ends with."""

    def refuse(sql: str) -> LakehouseError:
        with pytest.raises(LakehouseError) as raised:
            list(rows_of(ask(settings, sql)))
        return raised.value

    return refuse
