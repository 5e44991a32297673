"""The analyses give what they promise: from the tables, from the oracle, and on the engine."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import sqlglot
import yaml
from deltalake import write_deltalake
from pyspark.sql import SparkSession
from rich.console import Console

from ingestion.settings import Settings
from lakehouse.generate import Plan, default_shares, generate
from lakehouse.query.engine import ask
from lakehouse.query.macros import MACROS
from lakehouse.query.output import rows_of
from lakehouse.query.show import trino_type
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.project.references import with_tables
from tests.lake import WITHOUT_TESTS, Lakehouse, use
from tests.oracle import Oracle

FOLDER = Path(__file__).parents[1] / "analyses"
NAMES = sorted(path.stem for path in FOLDER.glob("*.sql"))
# What a shop of three weeks with defects need not have.
MAY_BE_EMPTY = {"unsold_products"}

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Shop:
    """Three weeks of a small shop with every defect, built, and the same by the oracle."""

    settings: Settings
    oracle: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("analyses")
    raw = folder / "raw"
    generate(raw, Plan(days=21, orders_per_day=40, seed=3, products=60, defects=default_shares()))
    settings = Settings.read(root=str(folder / "root"), raw=str(raw), environment={})
    run(settings, Display(Console(), quiet=True), build_arguments=WITHOUT_TESTS)
    connection = Oracle(raw).all_tables()
    connection.execute(MACROS)
    return Shop(settings, connection)


def sql_of(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def described(name: str) -> dict[str, Any]:
    loaded = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    (analysis,) = loaded["analyses"]
    assert isinstance(analysis, dict)
    return analysis


def answered(settings: Settings, name: str) -> Rows:
    return list(rows_of(ask(settings, sql_of(name))))


def test_there_are_analyses_of_every_gold_table() -> None:
    assert len(NAMES) >= 16
    used = {model for name in NAMES for model in re.findall(r"ref\('(\w+)'\)", sql_of(name))}
    models = {path.stem for path in (FOLDER.parent / "models" / "gold").glob("*.sql")}
    assert used == models


def test_the_page_lists_every_analysis_with_its_question_and_use() -> None:
    listed = re.findall(
        r"^\| \[(\w+)\]\(\1\.sql\) \| (.+) \| (.+) \|$",
        (FOLDER / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    expected = [
        (name, described(name)["description"], described(name)["config"]["meta"]["use"])
        for name in NAMES
    ]
    assert listed == expected


@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_is_described_and_asks_gold_alone(name: str) -> None:
    analysis = described(name)
    assert analysis["name"] == name
    assert analysis["description"].endswith("?")
    assert all(column["description"] for column in analysis["columns"])
    tables = sqlglot.parse_one(with_tables(sql_of(name)), "trino").find_all(sqlglot.exp.Table)
    assert {table.db for table in tables} <= {"gold", ""}


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_has_the_columns_types_and_rows_that_are_promised(shop: Shop, name: str) -> None:
    analysis = described(name)
    answer = ask(shop.settings, sql_of(name))
    rows = list(rows_of(answer))
    names = [column for column, _ in answer.columns]
    shape = [(column["name"], column["data_type"]) for column in analysis["columns"]]
    assert [(column, of_trino(kind)) for column, kind in answer.columns] == shape
    meta = analysis["config"]["meta"]
    keys = [tuple(row[names.index(column)] for column in meta["key"]) for row in rows]
    assert len(set(keys)) == len(keys)
    if most := re.match(r"(?:At most )?(\d+)[,:]? (?!per)", meta["rows"]):
        assert len(rows) <= int(most[1])
    assert rows or name in MAY_BE_EMPTY


def of_trino(kind: str) -> str:
    return {"int": "integer"}.get(trino_type(kind), trino_type(kind))


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_and_the_oracle_give_the_same_answer(shop: Shop, name: str) -> None:
    translated = ask(shop.settings, sql_of(name)).translated
    assert answered(shop.settings, name) == shop.oracle.execute(translated).fetchall()


def test_the_engine_gives_the_same_answers_by_its_own_dialect(
    shop: Shop, spark: SparkSession
) -> None:
    use(Lakehouse(spark, shop.settings))
    differing = []
    for name in NAMES:
        (translated,) = sqlglot.transpile(with_tables(sql_of(name)), read="trino", write="spark")
        found = [tuple(row) for row in spark.sql(translated).collect()]
        expected = answered(shop.settings, name)
        rounded = [
            tuple(map(with_scale_of, row, other))
            for row, other in zip(found, expected, strict=True)
        ]
        differing += [name] if rounded != expected else []
    assert differing == []


def with_scale_of(value: Any, other: Any) -> Any:
    """Spark's quotients have more digits than Trino's, which are rounded once."""
    if isinstance(value, Decimal) and isinstance(other, Decimal):
        return value.quantize(other, ROUND_HALF_UP)
    return value


MONEY = pa.decimal128(18, 2)
RATE = pa.decimal128(9, 6)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Settings]:
    """A root with one gold table of these columns."""

    def write(table: str, **columns: pa.Array) -> Settings:
        write_deltalake(tmp_path / "gold" / table, pa.table(columns))
        return Settings.read(root=str(tmp_path), environment={})

    return write


def money(*values: str | None) -> pa.Array:
    return pa.array([None if value is None else Decimal(value) for value in values], MONEY)


def test_a_month_by_hand(written: Callable[..., Settings]) -> None:
    settings = written(
        "daily_sales",
        order_date=pa.array([date(2025, 3, 31), date(2025, 4, 1), date(2025, 4, 2)]),
        order_month=pa.array(["2025-03", "2025-04", "2025-04"]),
        total_sales=money("0.00", "10.00", "10.01"),
        order_count=pa.array([0, 1, 2]),
        is_complete=pa.array([True, True, True]),
    )
    assert answered(settings, "sales_by_month") == [
        ("2025-03", 1, Decimal("0.00"), 0, None, Decimal("0.00"), 0, date(2025, 3, 31)),
        # 20.01 / 3 = 6.67; 20.01 / 2 = 10.005, half up
        ("2025-04", 2, Decimal("20.01"), 3, Decimal("6.67"), Decimal("10.01"), 0, date(2025, 4, 2)),
    ]


def test_the_shares_of_segments_by_hand(written: Callable[..., Settings]) -> None:
    settings = written(
        "customer_insights",
        customer_segment=pa.array(["new", "loyal", "new"]),
        total_spend=money("1.00", "2.00", "0.01"),
        is_overdue=pa.array([None, True, False]),
    )
    assert answered(settings, "customer_segments") == [
        # 2 / 3; 1.01 / 3.01 = 0.33554817; 1.01 / 2 = 0.505, half up
        ("new", 2, Decimal("0.666667"), Decimal("1.01"), Decimal("0.335548"), Decimal("0.51"), 0),
        ("loyal", 1, Decimal("0.333333"), Decimal("2.00"), Decimal("0.664452"), Decimal("2.00"), 1),
    ]


def test_a_retention_triangle_by_hand(written: Callable[..., Settings]) -> None:
    monday, next_monday = date(2025, 3, 31), date(2025, 4, 7)
    rates = [Decimal("1.000000"), Decimal("0.500000"), Decimal("1.000000"), None, None]
    settings = written(
        "cohort_retention",
        period_type=pa.array(["week", "week", "week", "week", "month"]),
        cohort_period=pa.array([monday, monday, next_monday, next_monday, date(2025, 3, 1)]),
        period_index=pa.array([0, 1, 0, 1, 0], pa.int32()),
        cohort_size=pa.array([4, 4, 1, 1, 4]),
        retention_rate=pa.array(rates, RATE),
    )
    assert answered(settings, "retention_by_cohort") == [
        (monday, 4, rates[0], rates[1], None, None, None),
        (next_monday, 1, rates[0], None, None, None, None),
    ]


def test_growth_of_a_department_counts_seven_days_back_from_its_last_day_by_hand(
    written: Callable[..., Settings],
) -> None:
    days = [date(2025, 4, day) for day in (1, 7, 8, 14)]  # 13, 7, 6 and 0 days ago
    settings = written(
        "department_analytics",
        department=pa.array(["Books"] * 5),
        period_type=pa.array(["day"] * 4 + ["all"]),
        period_start=pa.array([*days, date(2025, 4, 1)]),
        total_sales=money("1.00", "2.00", "4.00", "8.00", "15.00"),
        is_complete=pa.array([True] * 5),
    )
    assert answered(settings, "department_growth") == [
        ("Books", Decimal("12.00"), Decimal("3.00"), 5, 5, Decimal("3.000000"))
    ]
