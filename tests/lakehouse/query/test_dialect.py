"""Trino's meaning of a text, by hand from Trino's documentation, where DuckDB has another one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.query.engine import ask

Rows = list[tuple[Any, ...]]

NUMBERS = {
    "7 / 2": 3,
    "-7 / 2": -3,
    "7 / 2e0": 3.5,
    "1.0 / 3": Decimal("0.3"),
    "1.00 / 8": Decimal("0.13"),
    "-1.00 / 8": Decimal("-0.13"),
    "decimal '200.10' / bigint '3'": Decimal("66.70"),
    "100.0 * 2 / 3": Decimal("66.7"),
    "cast(2.5e0 as bigint)": 3,
    "cast(-2.5e0 as bigint)": -3,
    "try_cast(0.5e0 as integer)": 1,
    "cast(2.5 as integer)": 3,
    "5 % 3": 2,
    "-5 % 3": -2,
}
DATES = {
    "date_trunc('month', date '2025-04-17')": date(2025, 4, 1),
    "date_trunc('hour', timestamp '2025-04-17 10:11:12')": datetime(2025, 4, 17, 10),
    "date '2025-01-31' + interval '1' month": date(2025, 2, 28),
    "date '2025-01-31' - interval '1' day": date(2025, 1, 30),
    "date_add('day', -1, date '2025-03-01')": date(2025, 2, 28),
    "date_add('hour', 1, timestamp '2025-04-17 23:30:00')": datetime(2025, 4, 18, 0, 30),
    "date_diff('month', date '2025-01-31', date '2025-02-27')": 0,
    "date_diff('day', date '2025-01-31', date '2025-02-02')": 2,
    "date_diff('hour', timestamp '2025-01-01 00:59:00', timestamp '2025-01-01 01:01:00')": 0,
    "day_of_week(date '2025-04-06')": 7,
    "dow(date '2025-04-07')": 1,
    "week(date '2024-12-30')": 1,
    "year_of_week(date '2024-12-30')": 2025,
    "day_of_month(date '2025-04-06')": 6,
    "last_day_of_month(date '2025-02-03')": date(2025, 2, 28),
    "date_format(timestamp '2025-04-06 17:08:09', '%Y-%m-%d %H:%i:%s')": "2025-04-06 17:08:09",
    "format_datetime(timestamp '2025-04-06 17:08:09', 'yyyy-MM-dd''T''HH:mm:ss')": (
        "2025-04-06T17:08:09"
    ),
    "format_datetime(date '2025-04-06', 'EEE d')": "Sun 6",
    "from_iso8601_date('2025-04-06')": date(2025, 4, 6),
    "to_iso8601(date '2025-04-06')": "2025-04-06",
}
TEXTS_AND_LISTS = {
    "'a' || cast(null as varchar)": None,
    "concat('a', null)": None,
    "greatest(1, null)": None,
    "substr('abcd', 2, 2)": "bc",
    "strpos('abc', 'c')": 3,
    "split_part('2025-04', '-', 2)": "04",
    "regexp_like('Product_1', '_1$')": True,
    "cardinality(array[1, 2])": 2,
    "element_at(array[1, 2], 3)": None,
    "array[7, 8][1]": 7,
    "contains(array['a'], 'a')": True,
    "array_join(array['a', 'b'], '-')": "a-b",
    "if(false, 1)": None,
    "try(cast('x' as bigint))": None,
    "json_extract_scalar('{\"a\": \"b\"}', '$.a')": "b",
}


@pytest.mark.parametrize(("term", "value"), (NUMBERS | DATES | TEXTS_AND_LISTS).items())
def test_a_term_has_the_value_that_trino_gives_it(
    rows: Callable[[str], Rows], term: str, value: object
) -> None:
    ((found,),) = rows(f"select {term}")
    assert (type(found), found) == (type(value), value)


AGGREGATES = {
    "avg(money)": Decimal("1.01"),  # 1.005, half up
    "avg(distinct money)": Decimal("1.01"),
    "avg(money) filter (where money > 1.00)": Decimal("1.01"),
    "avg(number)": 1.5,
    "sum(money) / count(*)": Decimal("1.01"),
    "sum(number) / count(*)": 1,
    "sum(number)": 3,
    "count_if(number > 1)": 1,
    "max_by(number, money)": 2,
    "approx_distinct(number)": 2,
    "sum(money / 2)": Decimal("1.01"),  # 0.50 + 0.51
    "array_agg(number order by number desc)": [2, 1],
    "listagg(cast(number as varchar), ',') within group (order by number)": "1,2",
}


@pytest.mark.parametrize(("term", "value"), AGGREGATES.items())
def test_an_aggregate_has_the_value_that_trino_gives_it(
    rows: Callable[[str], Rows], term: str, value: object
) -> None:
    two = "(values (1.00, 1), (1.01, 2)) as two (money, number)"
    ((found,),) = rows(f"select {term} from {two}")
    assert (type(found), found) == (type(value), value)


def test_whole_sums_are_bigint_and_decimals_keep_their_scale(settings: Settings) -> None:
    sql = "select sum(order_count), sum(total_sales), avg(total_sales), total_sales / 3"
    answer = ask(settings, f"{sql} from gold.daily_sales group by total_sales")
    kinds = [kind for _, kind in answer.columns]
    # total_sales / 3: an integer is a decimal(10,0), which adds no digits.
    assert kinds == ["BIGINT", "DECIMAL(38,2)", "DECIMAL(18,2)", "DECIMAL(18,2)"]


def test_types_are_known_across_ctes_subqueries_windows_and_correlation(
    rows: Callable[[str], Rows],
) -> None:
    sql = """
        with whole as (select sum(order_count) as orders from gold.daily_sales),
        half as (select orders / 2 as half from whole)
        select
            half / 2,
            (select max(orders) from whole) / 2,
            (select orders / daily_sales.order_count from whole),
            avg(total_sales) over (partition by order_count / 2)
        from gold.daily_sales cross join half
        where order_count > 0
        order by order_date
    """
    assert rows(sql) == [
        (1, 2, 1, Decimal("75.03")),  # 5 orders: 5/2 = 2, 2/2 = 1; 150.05 / 2 = 75.025
        (1, 2, 2, Decimal("75.03")),
    ]


def test_nulls_are_last_whatever_the_order(rows: Callable[[str], Rows]) -> None:
    numbers = "select number from (values 2, null, 1) as numbers (number) order by number"
    assert rows(numbers) == [(1,), (2,), (None,)]
    assert rows(f"{numbers} desc") == [(2,), (1,), (None,)]


def test_a_calendar_by_sequence_and_unnest_is_of_dates(rows: Callable[[str], Rows]) -> None:
    sql = """
        select day, place
        from unnest(sequence(date '2025-04-01', date '2025-04-02', interval '1' day))
            with ordinality as calendar (day, place)
        order by day
    """
    assert rows(sql) == [(date(2025, 4, 1), 1), (date(2025, 4, 2), 2)]


def test_a_list_column_is_unnested_beside_its_row(rows: Callable[[str], Rows]) -> None:
    sql = """
        select order_id, reason from silver.orders
        cross join unnest(reasons) as listed (reason) order by reason
    """
    assert rows(sql) == [(1, "a"), (1, "b")]


def test_columns_without_a_name_are_called_by_their_position(settings: Settings) -> None:
    answer = ask(
        settings,
        "select order_date, count(*), sum(order_count) as n, 1 from"
        " gold.daily_sales group by order_date",
    )
    assert [name for name, _ in answer.columns] == ["order_date", "_col1", "n", "_col3"]
    assert [name for name, _ in ask(settings, "values (1, 2)").columns] == ["_col0", "_col1"]


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 / 0",
        "select 1.0 / 0",
        "select 1 % 0",
        "select order_count / (order_count - 2) from gold.daily_sales",
    ],
)
def test_a_division_by_zero_is_an_error(refused: Callable[[str], LakehouseError], sql: str) -> None:
    assert "ivision by zero" in refused(sql).problem
    assert "TRY" not in refused(sql).problem


def test_doubles_are_divided_by_zero_without_an_error(rows: Callable[[str], Rows]) -> None:
    assert rows("select 1e0 / 0, 1e0 / 4") == [(float("inf"), 0.25)]


@pytest.mark.parametrize(
    ("condition", "kinds"),
    [
        ("order_date >= '2025-04-01'", "date with varchar"),
        ("order_count in (1, '2')", "bigint with varchar"),
        ("order_count between '1' and '2'", "bigint with varchar"),
        ("order_date = 5", "date with integer"),
    ],
)
def test_what_athena_does_not_compare_is_refused(
    refused: Callable[[str], LakehouseError], condition: str, kinds: str
) -> None:
    problem = refused(f"select 1 from gold.daily_sales where {condition}").problem
    assert f"Athena does not compare {kinds}." in problem
    assert problem.startswith("Line 1, column ")


def test_what_can_not_be_translated_is_refused_and_not_guessed(
    refused: Callable[[str], LakehouseError],
) -> None:
    error = refused("select reduce(array[1], 0, (s, x) -> s + x, s -> s)")
    assert "reduce is not proven to give here what Athena gives" in error.problem
    error = refused("select format_datetime(date '2025-04-01', 'yyyy-QQ')")
    assert "'QQ' in the pattern 'yyyy-QQ' is not proven" in error.problem


@pytest.mark.parametrize(
    "term",
    [
        *("try_cast('25-01-01' as date)", "try_cast('1f' as double)", "try_cast('٣' as integer)"),
        "try_cast('2025-01-01 10:00:00 UTC' as timestamp)",
        "try_cast('2025-01-01 10:00:00 +01:00' as timestamp with time zone)",
        *("try(cast('02025-01-01' as date))", "try_cast(array['25-01-01'] as array(date))"),
        *("try(date_parse('25-1-5', '%Y-%m-%d'))", "try(json_extract_scalar('[1.5]', '$[0]'))"),
        *("try_cast('12025-01-01' as date) is null", "try_cast('0000-01-01' as date)"),
    ],
)
def test_try_makes_no_null_of_a_text_that_trino_takes(
    refused: Callable[[str], LakehouseError], term: str
) -> None:
    assert "not proven to mean here" in refused(f"select {term}").problem


@pytest.mark.parametrize(
    "query",
    [
        *("select 1 from (values 1) as t(x) order by x limit 1 by x", "(select 1) where 1 = 2"),
        "with a as materialized (select 1 as x) select x from a",
    ],
)
def test_a_word_that_no_rule_reads_is_refused(
    refused: Callable[[str], LakehouseError], query: str
) -> None:
    assert "is not proven" in refused(query).problem
