"""A day that is not known whole is shown as unknown, whichever way its files arrive.

Expected values: the oracle, which knows files alone, and what can be counted by hand.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.results import EXIT_FAILED
from tests.compare import assert_equals_oracle
from tests.lake import Lakehouse, copy_lakehouse, new_lakehouse, use
from tests.oracle.shop import item, order, order_items, orders, products, write_raw

LATE, BROKEN, CLOSED = "2025-04-04", "2025-04-09", ("2025-04-06", "2025-04-13")


def shop() -> dict[str, str | bytes]:
    """Two weeks of 70.00 a day; one file is missing, one is broken, two days are closed."""
    files: dict[str, str | bytes] = {"products/products.csv": products("1,4,Books,Atlas")}
    for number in range(1, 15):
        day = f"2025-04-{number:02}"
        files[f"orders/{day}.csv"] = orders(order(number, number % 5 + 1, day, "70.00"))
        files[f"order_items/{day}.csv"] = order_items(
            item(number, number, number % 5 + 1, 1, day), item(100 + number, number, 9, 1, day)
        )
    files |= {f"orders/{day}.csv": orders() for day in CLOSED}
    files |= {f"order_items/{day}.csv": order_items() for day in CLOSED}
    files[f"order_items/{BROKEN}.csv"] = b""
    del files[f"orders/{LATE}.csv"]
    return files


def build(lakehouse: Lakehouse) -> None:
    """Ingest, build and test."""
    done = run(lakehouse.settings, Display(Console(), quiet=True))
    assert done.exit_code != EXIT_FAILED, [node for node in done.results if node.is_bad]


@pytest.fixture(scope="module")
def shop_root(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with the shop in it, built once for all tests of this file."""
    folder = tmp_path_factory.mktemp("incomplete")
    lakehouse = new_lakehouse(spark, folder)
    write_raw(lakehouse.raw, shop())
    build(lakehouse)
    return folder


@pytest.fixture
def built(shop_root: Path, lakehouse: Lakehouse) -> Lakehouse:
    """A lakehouse with the shop in it, built."""
    copy_lakehouse(shop_root, lakehouse.raw.parent)
    use(lakehouse)
    return lakehouse


def days(lakehouse: Lakehouse) -> dict[date, tuple[object, ...]]:
    rows = lakehouse.query("""
        select order_date, total_sales, order_count, line_count, is_complete
        from gold.daily_sales
    """)
    return {day: tuple(values) for day, *values in rows}


def test_every_value_is_that_of_the_definition(built: Lakehouse) -> None:
    assert_equals_oracle(built.settings, built.raw)
    found = days(built)
    assert found[date.fromisoformat(LATE)] == (None, None, None, False)
    assert found[date.fromisoformat(BROKEN)] == (Decimal("70.00"), 1, None, False)
    assert all(found[date.fromisoformat(day)] == (Decimal("0.00"), 0, 0, True) for day in CLOSED)


def test_a_file_that_comes_late_makes_its_day_complete(built: Lakehouse) -> None:
    write_raw(built.raw, {f"orders/{LATE}.csv": orders(order(4, 5, LATE, "8.00"))})
    build(built)
    assert days(built)[date.fromisoformat(LATE)] == (Decimal("8.00"), 1, 1, True)
    assert_equals_oracle(built.settings, built.raw)


def test_files_without_records_that_come_late_make_their_day_a_closed_one(
    built: Lakehouse,
) -> None:
    """They have the content of the files of the closed days, of which none is a copy of another.

    While the lines of the day are there and wait for their order, nothing is known of lines.
    """
    write_raw(built.raw, {f"orders/{LATE}.csv": orders()})
    build(built)
    assert days(built)[date.fromisoformat(LATE)] == (Decimal("0.00"), 0, None, False)
    write_raw(built.raw, {f"order_items/{LATE}.csv": order_items()})
    build(built)
    assert days(built)[date.fromisoformat(LATE)] == (Decimal("0.00"), 0, 0, True)
    assert_equals_oracle(built.settings, built.raw)
