"""Roots for the report, written by hand: three days, two customers, and what a test changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from deltalake import write_deltalake

from ingestion.settings import Settings
from lakehouse.report.page import render
from lakehouse.report.reading import Lake
from tests.lakehouse.report.seen import Seen

COLUMNS = {
    "gold/daily_sales": "order_date date, total_sales decimal(18,2),"
    " sales_ma7 decimal(18,2), ma7_days_observed int,"
    " order_count bigint, avg_order_value decimal(18,2), new_customer_sales decimal(18,2),"
    " new_customers bigint, is_complete boolean, orders_complete boolean",
    "gold/department_analytics": "department varchar, period_type varchar,"
    " total_sales decimal(18,2), sales_share decimal(18,12), order_count bigint,"
    " order_penetration decimal(9,6), customer_count bigint, total_quantity bigint,"
    " products_sold bigint, product_count bigint",
    "gold/product_performance": "product_id bigint, product_name varchar, department varchar,"
    " total_sales decimal(18,2), sales_share decimal(18,12), sales_rank bigint,"
    " total_quantity bigint, order_count bigint, customer_count bigint, abc_class varchar",
    "gold/customer_insights": "user_id bigint, as_of_date date, customer_segment varchar,"
    " total_orders bigint, total_spend decimal(18,2), days_since_last_order int",
    "gold/cohort_retention": "period_type varchar, cohort_period date, period_index int,"
    " cohort_size bigint, retained_customers bigint, retention_rate decimal(9,6),"
    " is_complete boolean",
    "gold/order_time_patterns": "day_of_week int, hour int, orders bigint, complete_days bigint",
    "gold/data_reconciliation": "left_relation varchar, right_relation varchar, measure varchar,"
    " left_value decimal(38,2), right_value decimal(38,2), unallocated_value decimal(38,2),"
    " difference decimal(38,2)",
    "ops/runs": "run_id varchar, run_number bigint, command varchar, started_at timestamptz,"
    " finished_at timestamptz, status varchar, files_loaded bigint, files_quarantined bigint,"
    " files_missing bigint, records_read bigint, records_loaded bigint, records_rejected bigint,"
    " tests_passed bigint, tests_warned bigint, tests_failed bigint",
    "ops/test_results": "run_id varchar, test_name varchar, tested varchar, status varchar,"
    " failures bigint",
    "ops/publications": "publication bigint, run_id varchar, table_name varchar, version bigint,"
    " table_id varchar, published_at timestamptz",
    "ops/model_results": "run_id varchar, model varchar, status varchar, rows bigint",
    "ops/ingested_files": "source_file varchar, table_name varchar, file_date date,"
    " content_hash varchar, status varchar, reason varchar, recorded_at timestamptz,"
    " records_loaded bigint, batch_id varchar",
    "ops/missing_files": "table_name varchar, file_date date, expected_file varchar, state varchar",
    "ops/rejected_records": "table_name varchar, source_file varchar, content_hash varchar,"
    " record_number bigint, reasons varchar[], closed_batch_id varchar",
    "silver/order_items_rejected": "source_file varchar, record_number bigint, reasons varchar[]",
}
RUN_AT = datetime(2025, 4, 4, 6, 30, tzinfo=UTC)
ONE, TWO, THREE = (date(2025, 4, day) for day in (1, 2, 3))
# What stands for no number.
NONE = "\N{EN DASH}"
MONDAY = date(2025, 3, 31)

Rows = Sequence[Sequence[Any]]


def money(text: str) -> Decimal:
    return Decimal(text)


def few_days() -> dict[str, Rows]:
    """Two orders of two customers on the first day, none on the second, one on the third.

    Of the third day the file of order items is missing, so that its 49.50 belong to no product.
    """
    return _sales() | _customers() | _runs() | _files()


def _sales() -> dict[str, Rows]:
    return {
        "gold/daily_sales": [
            (ONE, money("150.50"), None, 1, 2, money("75.25"), money("150.50"), 2, True, True),
            (TWO, money("0"), None, 2, 0, None, money("0"), 0, True, True),
            (THREE, money("49.50"), None, 2, 1, money("49.50"), money("0"), 0, False, True),
        ],
        "gold/department_analytics": [
            ("Books", "all", money("50.50"), money("0.335548"), 1, money("0.333333"), 1, 1, 1, 2),
            ("Toys", "all", money("100.00"), money("0.664452"), 1, money("0.333333"), 1, 2, 1, 1),
            ("Toys", "day", money("9999"), money("1"), 9, money("1"), 9, 9, 9, 9),
        ],
        "gold/product_performance": [
            (1, "Atlas", "Books", money("50.50"), money("0.335548"), 2, 1, 1, 1, "A"),
            (2, "Ball", "Toys", money("100.00"), money("0.664452"), 1, 2, 1, 1, "A"),
            (3, "Dust", "Books", money("0"), money("0"), 3, 0, 0, 0, "C"),
        ],
        "gold/data_reconciliation": [
            reconciled("gold.daily_sales", "200.00", "0"),
            reconciled("gold.product_performance", "150.50", "49.50"),
        ],
    }


def _customers() -> dict[str, Rows]:
    return {
        "gold/customer_insights": [
            (7, THREE, "champions", 2, money("149.50"), 0),
            (8, THREE, "cannot_lose", 1, money("50.50"), 2),
        ],
        "gold/cohort_retention": [
            ("week", MONDAY, 0, 4, 4, money("1"), True),
            ("week", MONDAY, 1, 4, 1, money("0.25"), True),
            ("week", MONDAY, 2, 4, 1, None, False),
            ("week", date(2025, 4, 7), 0, 2, 2, money("1"), True),
            ("week", date(2025, 4, 7), 1, 2, 2, None, False),
            ("month", ONE, 1, 90, 90, money("1"), True),
        ],
        "gold/order_time_patterns": [
            (day, hour, 2 if (day, hour) == (2, 9) else int((day, hour) == (4, 23)), 1)
            for day in range(1, 8)
            for hour in range(24)
        ],
    }


def _runs() -> dict[str, Rows]:
    return {
        "ops/runs": [
            run(1, "incomplete", read=9, refused=2, tests=(5, 1, 1)),
            run(2, "well", read=3, refused=0, tests=(7, 0, 0)),
        ],
        "ops/test_results": [
            ("run 1", "old", "orders", "fail", 5),
            ("run 2", "no_null_in_orders", "orders", "pass", 0),
            ("run 2", "a_name_is_known", "products", "warn", 4),
        ],
        "ops/model_results": [
            ("run 1", "silver.orders", "success", 2),
            ("run 2", "silver.orders", "success", 3),
            ("run 2", "ops.missing_files", "success", 99),
        ],
    }


def _files() -> dict[str, Rows]:
    return {
        "ops/ingested_files": [
            file("orders/2025-04-01.csv", "orders", ONE),
            file("orders/2025-04-02.csv", "orders", TWO),
            file("orders/2025-04-03.csv", "orders", THREE),
            file("order_items/2025-04-01.csv", "order_items", ONE),
            file("order_items/2025-04-02.csv", "order_items", TWO),
            file("order_items/2025-04-03.csv", "order_items", THREE, "quarantined", "empty_file"),
        ],
        "ops/missing_files": [
            ("order_items", THREE, "order_items/2025-04-03.csv", "quarantined"),
        ],
        "ops/rejected_records": [
            ("orders", "orders/2025-04-01.csv", "hash", 4, ["missing:date", "type:order_id"], None),
            ("orders", "orders/2025-04-01.csv", "hash", 5, ["missing:date"], None),
        ],
        "silver/order_items_rejected": [("order_items/2025-04-01.csv", 3, ["unknown_product"])],
    }


def reconciled(right: str, value: str, unallocated: str) -> tuple[Any, ...]:
    rest = money("200.00") - money(value) - money(unallocated)
    left = ("silver.orders", right, "total_sales", money("200.00"))
    return (*left, money(value), money(unallocated), rest)


def run(
    number: int, status: str, read: int, refused: int, tests: tuple[int, int, int]
) -> tuple[Any, ...]:
    at = RUN_AT.replace(day=number)
    counts = (6, 1, 1, read, read - refused, refused, *tests)
    return (f"run {number}", number, "run", at, at, status, *counts)


def file(
    name: str, table: str, day: date, status: str = "loaded", reason: str | None = None
) -> tuple[Any, ...]:
    return (name, table, day, "hash", status, reason, RUN_AT, 1, "run 1")


def write_lake(root: Path, tables: dict[str, Rows]) -> Settings:
    """Write tables, each with its columns of COLUMNS, and no others."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for path, rows in tables.items():
            connection.execute(f"create or replace table made ({COLUMNS[path]})")
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(f"insert into made values ({marks})", list(row))
            write_deltalake(root / path, connection.sql("from made").to_arrow_table())
    return Settings(str(root), str(root / "raw"))


def empty_gold() -> dict[str, Rows]:
    return {path: [] for path in COLUMNS if path.startswith("gold/")}


def page(root: Path, tables: dict[str, Rows]) -> str:
    return render(Lake(write_lake(root, tables)))


def seen(root: Path, tables: dict[str, Rows]) -> Seen:
    return Seen(page(root, tables))
