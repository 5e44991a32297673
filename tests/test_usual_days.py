"""The warnings about new days and files, on tables of which the answers are known by hand.

From 15 April 2025, a Tuesday, on a shop has 8 weeks of 380 or 420 orders a day in turns, 3200 or
4800 order lines and sales of 8000.00; on Sundays 20, 200 and 400.00. Then comes a week that is not
like that. The median of a weekday is 400 orders and the smallest spread a tenth of it, so that
400 - 3.5 * 40 = 260 to 540 orders are usual.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.sql.pandas.types import to_arrow_schema

from ingestion.ops_tables import CREATED_AT_START
from ingestion.settings import Settings
from orchestration.pipeline.dbt import run_dbt
from orchestration.state.delta_reader import connect
from tests.ingestion.ledgers import ledger_row, raw_file
from tests.lake import Lakehouse, use

PROJECT = Path(__file__).parent.parent
DBT = Path(sys.executable).with_name("dbt")
DAYS_TEST = "assert_the_newest_days_are_as_usual"
FILES_TEST = "assert_every_expected_file_is_loaded"
TUESDAY, SUNDAY = date(2025, 4, 15), 7
NEW_WEEK = TUESDAY + timedelta(weeks=8)


@dataclass(frozen=True)
class Day:
    """What the tables hold of a day; None where they have no row or no file."""

    date: date
    orders: int | None
    lines: int
    sales: int
    order_records: int | None
    item_records: int | None


def usual_days(weeks: int) -> Iterator[Day]:
    for number in range(7 * weeks):
        day = TUESDAY + timedelta(number)
        if day.isoweekday() == SUNDAY:
            yield Day(day, 20, 200, 400, 20, 200)
        else:
            is_odd = number // 7 % 2
            yield Day(day, 420 if is_odd else 380, 4800 if is_odd else 3200, 8000, 400, 4000)


def unusual_week() -> list[Day]:
    """Each day has one fault, but for Saturday, at the end of its range, and the quiet Sunday."""
    as_ever = Day(NEW_WEEK, 400, 4000, 8000, 400, 4000)
    faults: list[dict[str, Any]] = [
        {"orders": 100, "item_records": 40},
        {"orders": None, "lines": 0, "sales": 0, "order_records": None, "item_records": None},
        {"lines": 9000},
        {"sales": 12000},
        {"orders": 540},
        {"orders": 20, "lines": 200, "sales": 400, "order_records": 20, "item_records": 200},
        {"orders": 900},
    ]
    return [
        replace(as_ever, date=NEW_WEEK + timedelta(number), **fault)
        for number, fault in enumerate(faults)
    ]


def write(root: Path, days: list[Day]) -> None:
    """Write what the test reads of these days."""
    sold = [day for day in days if day.orders is not None]
    order_days = {
        "date": [day.date for day in sold],
        "order_count": [day.orders for day in sold],
        "total_sales": pa.array([Decimal(day.sales) for day in sold], pa.decimal128(18, 2)),
    }
    product_days = {"date": [day.date for day in sold], "total_quantity": [d.lines for d in sold]}
    files = [
        vars(ledger_row(f"{table}/{day.date}.csv", "a")) | {"records_read": records}
        for day in days
        for table, records in (("orders", day.order_records), ("order_items", day.item_records))
        if records is not None
    ]
    complete = [day.order_records is not None and day.item_records is not None for day in days]
    calendar = {"date": [day.date for day in days], "is_complete": complete}
    write_deltalake(root / "silver" / "calendar", pa.table(calendar))
    write_deltalake(root / "silver" / "order_days", pa.table(order_days))
    write_deltalake(root / "silver" / "product_days", pa.table(product_days))
    write_ops(root, "ingested_files", files)


def write_ops(root: Path, name: str, rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, to_arrow_schema(CREATED_AT_START[name]))
    write_deltalake(root / "ops" / name, table)


def failing_rows(settings: Settings, test: str) -> list[dict[str, Any]]:
    query = "select failing_row from ops.test_failures where test_name = $test order by 1"
    rows = connect(settings).execute(query, {"test": test}).fetchall()
    return [json.loads(row) for (row,) in rows]


def warnings_of(lakehouse: Lakehouse, test: str) -> list[dict[str, Any]]:
    """Run one test of dbt on tables that are there already; return the rows that it finds."""
    use(lakehouse)
    (result,) = run_dbt(lakehouse.settings, "run", ["test", "--select", test])
    rows = failing_rows(lakehouse.settings, test)
    assert result.status == ("warn" if rows else "pass"), result.message
    assert result.failures == len(rows)
    return rows


def root_of(lakehouse: Lakehouse) -> Path:
    """The root, without the empty tables that the fixture has made."""
    root = Path(lakehouse.settings.root)
    shutil.rmtree(root / "ops")
    return root


@pytest.mark.parametrize("target", ["sail", pytest.param("local", marks=pytest.mark.spark)])
def test_each_new_day_that_is_unlike_its_weekday_is_named_with_its_range(
    tmp_path: Path, target: str
) -> None:
    long_ago = TUESDAY + timedelta(27)  # within what is looked back at, but no new day
    past = [replace(day, orders=4000) if day.date == long_ago else day for day in usual_days(8)]
    write(tmp_path, [*past, *unusual_week()])
    done = subprocess.run(
        [
            *(DBT, "test", "-s", DAYS_TEST, "--target", target),
            *("--profiles-dir", "profiles", "--target-path", str(tmp_path / "target")),
        ],
        cwd=PROJECT,
        env={**os.environ, "LAKEHOUSE_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "WARN=1" in done.stdout
    found = [tuple(row.values()) for row in failing_rows(Settings(str(tmp_path), ""), DAYS_TEST)]
    # Lines: the median deviation of 800 is the wider one, 4000 +- 3.5 * 1.4826 * 800.
    assert found == [
        ("2025-06-10", "Tuesday", "orders", 100, 260, 540, 8),
        ("2025-06-10", "Tuesday", "records of order_items", 40, 2600, 5400, 8),
        ("2025-06-12", "Thursday", "order lines", 9000, 0, 8151.28, 8),
        ("2025-06-13", "Friday", "sales", 12000, 5200, 10800, 8),
        ("2025-06-16", "Monday", "orders", 900, 260, 540, 8),
    ]


def test_a_day_with_less_than_four_of_its_weekday_before_it_is_not_judged(
    lakehouse: Lakehouse,
) -> None:
    days = list(usual_days(4))
    days[-1] = replace(days[-1], orders=9000)
    write(root_of(lakehouse), days)
    assert warnings_of(lakehouse, DAYS_TEST) == []


def test_a_new_file_without_a_valid_order_is_a_day_without_orders(lakehouse: Lakehouse) -> None:
    days = list(usual_days(5))
    days[-1] = replace(days[-1], orders=None)
    write(root_of(lakehouse), days)
    (orders, sales) = [
        row for row in warnings_of(lakehouse, DAYS_TEST) if row["measure"] in ("orders", "sales")
    ]
    assert (orders["date"], orders["amount"], orders["compared_days"]) == ("2025-05-19", 0, 4)
    assert (sales["date"], sales["amount"]) == ("2025-05-19", 0)


def test_a_quiet_shop_that_is_closed_on_sundays_warns_of_no_three_orders(
    lakehouse: Lakehouse,
) -> None:
    open_day, closed = Day(TUESDAY, 3, 9, 90, 3, 9), Day(TUESDAY, None, 0, 0, None, None)
    dates = [TUESDAY + timedelta(number) for number in range(6 * 7)]
    days = [replace(closed if day.isoweekday() == SUNDAY else open_day, date=day) for day in dates]
    days[-1] = replace(days[-1], orders=6, lines=18, sales=180)
    days[-2] = replace(open_day, date=dates[-2])
    days[-3] = replace(closed, date=dates[-3])
    write(root_of(lakehouse), days)
    assert warnings_of(lakehouse, DAYS_TEST) == []


def test_every_file_that_is_not_loaded_is_named_with_how_far_its_table_is_behind(
    lakehouse: Lakehouse,
) -> None:
    root = root_of(lakehouse)
    loaded = ["orders/2025-04-01.csv", "orders/2025-04-03.csv", "order_items/2025-04-01.csv"]
    write_ops(root, "ingested_files", [vars(ledger_row(name, name)) for name in loaded])
    missing = {
        "orders/2025-04-02.csv": "missing",
        "order_items/2025-04-02.csv": "missing",
        "order_items/2025-04-03.csv": "quarantined",
        "products/products.csv": "missing",
    }
    write_ops(
        root,
        "missing_files",
        [
            {
                "table_name": name.split("/")[0],
                "file_date": raw_file(name, "").file_date,
                "expected_file": name,
                "state": state,
            }
            for name, state in missing.items()
        ],
    )
    assert [tuple(row.values()) for row in warnings_of(lakehouse, FILES_TEST)] == [
        ("order_items/2025-04-02.csv", "missing", "2025-04-01", 2),
        ("order_items/2025-04-03.csv", "quarantined", "2025-04-01", 2),
        ("orders/2025-04-02.csv", "missing", "2025-04-03", 0),
        ("products/products.csv", "missing"),
    ]
