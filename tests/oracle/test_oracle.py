"""The oracle against the known facts of the real shop's first ten days."""

from __future__ import annotations

from decimal import Decimal

import pytest

from .oracle import REPOSITORY, Oracle

REAL = REPOSITORY.parent / "shared" / "data" / "real"
TOTAL = Decimal("1291575.78")

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not on this machine")


@pytest.fixture(scope="module")
def real() -> Oracle:
    return Oracle(REAL)


def test_the_real_days_load_without_a_reject(real: Oracle) -> None:
    counts = "sum(record_count)", "sum(rejected_count)", "count(fault)"
    assert real.rows("bronze.files", counts, []) == [(33_245, 0, 0)]
    for table in ("products", "orders", "order_items"):
        assert real.rows(f"silver.{table}_rejected", ["count(*)"], []) == [(0,)]
    assert real.rows("silver.products", ["count(*)"], []) == [(1_000,)]
    assert real.rows("silver.order_items", ["count(*)"], []) == [(27_245,)]


def test_orders_customers_and_sales_are_the_known_ones(real: Oracle) -> None:
    columns = "count(*)", "count(distinct user_id)", "sum(total_amount)"
    assert real.rows("silver.orders", columns, []) == [(5_000, 3_818, TOTAL)]


def test_repeated_pairs_are_kept_as_quantity(real: Oracle) -> None:
    pairs = "(select count(*) as n from silver.order_items group by order_id, product_id)"
    assert real.rows(pairs, ["count(*) filter (where n > 1)"], []) == [(80,)]


def test_sales_are_the_same_to_the_cent_in_every_table(real: Oracle) -> None:
    columns = ["sum(total_sales)"]
    assert real.rows("gold.daily_sales", columns, []) == [(TOTAL,)]
    assert real.rows("gold.product_performance", columns, []) == [(TOTAL,)]
    for period_type in ("all", "day"):
        table = f"gold.department_analytics where period_type = '{period_type}'"
        assert real.rows(table, columns, []) == [(TOTAL,)]
    assert real.rows("gold.customer_insights", ["sum(total_spend)"], []) == [(TOTAL,)]


def test_each_customer_is_new_once_and_has_one_segment(real: Oracle) -> None:
    assert real.rows("gold.daily_sales", ["sum(new_customers)"], []) == [(3_818,)]
    columns = "count(*)", "count(distinct user_id)", "count(customer_segment)"
    assert real.rows("gold.customer_insights", columns, []) == [(3_818, 3_818, 3_818)]


def test_shares_add_up_to_one(real: Oracle) -> None:
    sums = [
        ("sum(sales_share)", "gold.product_performance"),
        ("sum(sales_share_in_department)", "gold.product_performance group by department"),
        ("sum(sales_share)", "gold.department_analytics group by period_type, period_start"),
        ("sum(share)", "gold.order_time_patterns"),
        ("sum(share)", "gold.segment_migration"),
    ]
    for column, table in sums:
        found = real.rows(table, [column], [])
        assert found
        assert all(abs(total - 1) <= Decimal("0.000001") for (total,) in found), (table, found)


def test_all_relations_agree(real: Oracle) -> None:
    columns = "count(*)", "count(*) filter (where difference = 0)", "max(unallocated_value)"
    assert real.rows("gold.data_reconciliation", columns, []) == [(17, 17, 0)]


def test_no_rate_is_outside_zero_to_one(real: Oracle) -> None:
    columns = real.rows(
        "information_schema.columns where table_schema = 'gold' and regexp_matches("
        "column_name, '(_rate|_penetration|_share|^share|^support|^confidence_.*|hhi_.*)$')",
        ["table_name", "column_name"],
        [],
    )
    assert len(columns) == 25
    for table, column in columns:
        count = f"count(*) filter (where {column} not between 0 and 1)"
        assert real.rows(f"gold.{table}", [count], []) == [(0,)], (table, column)


def test_parts_of_a_day_add_up_to_the_day(real: Oracle) -> None:
    differing = (
        "gold.daily_sales where new_customers + returning_customers <> unique_customers"
        " or new_customer_orders + returning_customer_orders <> order_count"
        " or new_customer_sales + returning_customer_sales <> total_sales"
    )
    assert real.rows(differing, ["order_date"], []) == []
    last = real.rows("gold.daily_sales", ["max(sales_cum)", "max(sales_mtd)"], [])
    assert last == [(TOTAL, TOTAL)]
    files = real.rows("gold.daily_sales", ["sum(files_received)", "sum(rejected_rows)"], [])
    assert files == [(20, 0)]


def test_nearly_all_pairs_of_products_are_too_rare_to_say_anything(real: Oracle) -> None:
    columns = "count(*)", "min(n_ab)", "max(n_ab)"
    assert real.rows("gold.basket_affinity", columns, []) == [(269, 3, 5)]
