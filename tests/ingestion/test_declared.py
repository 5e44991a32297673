"""A bronze table that was made by another declaration than today's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from ingestion.errors import LakehouseError
from ingestion.ledger import ledger_rows
from ingestion.tables import TABLES, Column, Table, Type
from orchestration.state.loaded_rows import differences
from orchestration.state.past_runs import read_ops
from tests.lake import Lakehouse, new_lakehouse, use

ORDERS = "order_num,order_id,user_id,order_timestamp,total_amount,date"
CHANNEL = Column("channel", Type.STRING, required=False, optional=True)
FEE = Column("fee", Type.MONEY, required=False, optional=True)


def order(order_id: int, day: int, *more: str) -> str:
    fields = (f"1,{order_id},7,2025-04-0{day}T10:00:00,9.50,2025-04-0{day}", *more)
    return ",".join(fields)


def write_raw(lakehouse: Lakehouse) -> None:
    lakehouse.write("orders/2025-04-01.csv", ORDERS, order(1, 1))
    lakehouse.write("orders/2025-04-02.csv", f"{ORDERS},channel,note", order(2, 2, "web", "a"))
    lakehouse.write("orders/2025-04-03.csv", f"{ORDERS},chanel", order(3, 3, "web"))
    lakehouse.write(
        "orders/2025-04-03.csv", f"{ORDERS},fee", *(order(4 + n, 4, "x") for n in (0, 1))
    )


def declare(monkeypatch: pytest.MonkeyPatch, *columns: Column) -> None:
    old = TABLES["orders"]
    monkeypatch.setitem(TABLES, "orders", replace(old, columns=(*old.columns, *columns)))


def values(lakehouse: Lakehouse) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    rows = (
        "select order_id, date, channel, fee, _rescued, source_file from bronze.orders order by 1"
    )
    ledger = (
        "select source_file, status, reason, records_loaded, records_rejected"
        " from ops.ingested_files order by 1"
    )
    return lakehouse.query(rows), lakehouse.query(ledger)


def test_an_optional_column_is_null_in_older_files_as_in_a_new_root(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lakehouse = new_lakehouse(spark, tmp_path / "old")
    write_raw(lakehouse)
    assert len(lakehouse.ingest("before").loaded) == 3
    declare(monkeypatch, CHANNEL, FEE)
    use(lakehouse)
    report = lakehouse.ingest("after")
    assert [row.source_file for row in report.loaded] == ["orders/2025-04-02.csv"]
    assert {row.source_file for row in report.quarantined} == {"orders/2025-04-03.csv"}
    rows, ledger = values(lakehouse)
    assert [(order_id, channel, fee) for order_id, _, channel, fee, *_ in rows] == [
        *((1, None, None), (2, "web", None)),
    ]
    fresh = new_lakehouse(spark, tmp_path / "new")
    write_raw(fresh)
    fresh.ingest()
    assert values(fresh) == (rows, ledger)
    use(lakehouse)
    assert lakehouse.ingest("again").rows == []
    assert (
        differences(lakehouse.settings, ledger_rows(read_ops(lakehouse.settings, "ingested_files")))
        == []
    )


def without(name: str) -> Callable[[Table], tuple[Column, ...]]:
    return lambda table: tuple(column for column in table.columns if column.name != name)


CHANGES: dict[str, tuple[Callable[[Table], tuple[Column, ...]], tuple[str, ...]]] = {
    "added": (
        lambda table: (*table.columns, replace(CHANNEL, optional=False)),
        ("it lacks channel", "declare channel with `optional=True`"),
    ),
    "removed": (
        without("order_num"),
        ("declares its column order_num no more", "declare order_num again"),
    ),
    "of another type": (
        lambda table: (*without("user_id")(table), Column("user_id", Type.STRING)),
        ("its column user_id is bigint, declared string", "declare user_id as bigint"),
    ),
    "renamed": (
        lambda table: (*without("user_id")(table), Column("customer_id", Type.BIGINT)),
        ("it lacks customer_id", "declares its column user_id no more"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_change_of_a_column_is_refused_before_anything_is_written(
    change: str, lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns, words = CHANGES[change]
    before = lakehouse.versions()
    monkeypatch.setitem(
        TABLES, "orders", replace(TABLES["orders"], columns=columns(TABLES["orders"]))
    )
    with pytest.raises(LakehouseError) as refused:
        use(lakehouse)
    said = str(refused.value)
    assert said.startswith(
        f"The table bronze.orders of {lakehouse.settings.root} is not as declared"
    )
    assert all(word in said for word in words)
    assert "into a new root: `lakehouse run --root NEW`" in refused.value.next_step
    assert lakehouse.versions() == before
