"""What may run: one statement that reads, by functions of Athena, and nothing beside the tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.query import engine
from lakehouse.query.engine import ask
from lakehouse.query.guard import only_statement
from lakehouse.query.limits import Limits

Refused = Callable[[str], LakehouseError]
Rows = list[tuple[Any, ...]]

WRITES = [
    "insert into gold.daily_sales select * from gold.daily_sales",
    "update gold.daily_sales set order_count = 0",
    "delete from gold.daily_sales",
    "merge into gold.daily_sales as t using silver.empty as s on 1 = 1 when matched then delete",
    "create table x as select 1",
    "drop table gold.daily_sales",
    "alter table gold.daily_sales add column x int",
    "truncate table gold.daily_sales",
    "copy (select 1) to 'x.csv'",
    "attach 'x.db'",
    "pragma version",
    "set threads = 1",
    "call pragma_version()",
    "install httpfs",
    "load httpfs",
    "vacuum gold.daily_sales",
    "export database 'x'",
    "use silver",
    "from gold.daily_sales",
]


@pytest.mark.parametrize("sql", WRITES)
def test_a_statement_that_does_not_read_is_refused(refused: Refused, sql: str) -> None:
    error = refused(sql)
    assert error.problem.startswith(f"Line 1, column 1: {sql.split()[0].upper()} is refused.")
    assert "only reads" in error.next_step


@pytest.mark.parametrize(
    "sql",
    [
        "with gone as (delete from gold.daily_sales) select 1",
        "select * into copied from gold.daily_sales",
        "select * from gold.daily_sales for update",
        "select * from glob('/*')",
        "explain delete from gold.daily_sales",
        "explain analyze create table x as select 1",
    ],
)
def test_a_query_that_does_more_than_to_read_is_refused(refused: Refused, sql: str) -> None:
    assert "Line 1, column" in refused(sql).problem


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{file}')",
        "select * from read_text('{file}')",
        "select * from read_parquet('{file}')",
        "select * from parquet_scan('{file}')",
        "select * from \"read_text\"('{file}')",
        "with read_text(a) as (select 1) select * from read_text('{file}')",
        "select (select content from read_text('{file}'))",
        "select * from query('select 1')",
        "select * from query_table('x')",
        "select * from duckdb_settings()",
        "select current_setting('allowed_paths')",
        "select getenv('HOME')",
        "select trino_half_up(1, 2)",
    ],
)
def test_a_function_that_athena_does_not_have_is_refused(refused: Refused, sql: str) -> None:
    assert "Athena has no function" in refused(sql.format(file=__file__)).problem


@pytest.mark.parametrize(
    "name", ["'{file}'", '"{file}"', "settings", "duckdb_settings", "pg_catalog.pg_tables"]
)
def test_a_file_a_variable_or_a_table_of_duckdb_is_no_table(refused: Refused, name: str) -> None:
    assert "there is no table" in refused(f"select * from {name.format(file=__file__)}").problem


@pytest.mark.parametrize(
    "sql",
    [
        f"select * from read_text('{__file__}')",
        f"select * from '{Path(__file__).parents[3]}/sample/products/products.csv'",
        f"copy (select 1) to '{Path(__file__).parent}/x.csv'",
        f"attach '{Path(__file__).parent}/x.db'",
        "set enable_external_access = true",
        "set allowed_paths = ['/']",
        "load httpfs",
        "set python_enable_replacements = true",
        "select * from variable",
        "select * from glob('/*')",
    ],
)
def test_the_connection_is_locked_for_what_the_guard_might_miss(sql: str) -> None:
    variable = pa.table({"a": [1]})  # DuckDB can find it by its name
    with pytest.raises(duckdb.Error):
        engine._connected([], Limits()).execute(sql).fetchall()
    assert variable.num_rows == 1
    assert not list(Path(__file__).parent.glob("x.*"))


def test_duckdb_itself_must_see_one_statement_that_reads() -> None:
    connection = engine._connected([], Limits())
    for translated in ("create table x (a int)", "select 1; select 2"):
        with pytest.raises(LakehouseError, match="refused"):
            engine._answer(connection, translated, Limits(), translated)


def test_a_second_statement_is_refused_with_its_place(refused: Refused) -> None:
    error = refused("select 1;\n  select 2")
    assert error.problem.startswith("Line 2, column 3: a second statement begins here")


@pytest.mark.parametrize("sql", ["", "  \n", ";", "-- nothing but a comment"])
def test_a_text_without_a_statement_is_reported(refused: Refused, sql: str) -> None:
    assert refused(sql).problem == "There is no SQL to run."


def test_semicolons_at_the_end_and_within_texts_and_comments_are_no_second_statement(
    rows: Callable[[str], Rows],
) -> None:
    assert rows("select ';' -- ; and\n;;") == [(";",)]
    assert only_statement("select 1 ; ") == "select 1 "


def test_words_before_a_bracket_that_are_no_functions_are_let_through(
    rows: Callable[[str], Rows],
) -> None:
    sql = """
        with days (day, number) as (
            (select order_date, order_count from gold.daily_sales)
        )
        select (case when (number > 1) then (1) else (2) end), cast(number as decimal(5, 1)),
            count(*) over (partition by (number)), sum(number) over ()
        from days as found (day, number)
        where not (number in (0)) and exists (select 1) and number > all (values (1))
        order by (day)
    """
    assert rows(sql) == [(1, 3, 1, 5), (1, 2, 1, 5)]


@pytest.mark.parametrize("sql", ["show schemas", "SHOW DATABASES"])
def test_schemas_are_the_layers(rows: Callable[[str], Rows], sql: str) -> None:
    assert rows(sql) == [("bronze",), ("silver",), ("gold",), ("ops",)]


def test_tables_are_shown_for_all_layers_or_for_one(rows: Callable[[str], Rows]) -> None:
    assert rows("show tables from gold;") == [("gold", "daily_sales")]
    assert rows("show tables") == [
        ("gold", "daily_sales"),
        ("silver", "empty"),
        ("silver", "orders"),
    ]
    assert rows("show tables in bronze") == []


@pytest.mark.parametrize("sql", ["describe silver.orders", "show columns from SILVER.orders"])
def test_columns_are_described_with_athenas_types(rows: Callable[[str], Rows], sql: str) -> None:
    assert rows(sql) == [
        ("order_id", "bigint"),
        ("total_amount", "decimal(18,2)"),
        ("order_timestamp", "timestamp with time zone"),
        ("reasons", "array(varchar)"),
        ("department", "varchar"),
    ]


def test_what_can_not_be_shown_is_reported_with_what_can(refused: Refused) -> None:
    assert "Did you mean gold?" in refused("show tables in glod").problem
    assert "there is no table gold.daily_sale. Did you mean gold.daily_sales?" in (
        refused("describe daily_sale").problem.replace("daily_sale.", "gold.daily_sale.")
    )
    assert "describe TABLE" in refused("show functions").next_step


def test_a_plan_is_explained_and_an_error_in_it_keeps_its_place(
    rows: Callable[[str], Rows], refused: Refused
) -> None:
    plan = rows("explain select count(*) from gold.daily_sales")
    assert any("Aggregate" in line for (line,) in plan)
    assert "Line 1, column 16:" in refused("explain select nothing from gold.daily_sales").problem


def test_without_a_lakehouse_the_next_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(LakehouseError, match="There is no lakehouse"):
        ask(Settings.read(root=str(tmp_path), environment={}), "select 1")
