"""The macro text_key against Unicode's lists of what nobody sees; beside it the oracle's rule."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pyspark.sql import SparkSession

from tests.unseen import spellings, text_key

ORACLE = Path(__file__).parent / "oracle" / "sql" / "macros.sql"


@pytest.fixture(scope="module")
def right() -> list[str]:
    return [name for _, name in spellings()]


def test_what_nobody_sees_makes_no_other_name(spark: SparkSession, right: list[str]) -> None:
    rows = spark.createDataFrame(
        list(enumerate(name for name, _ in spellings())), "id int, name string"
    )
    found = rows.selectExpr("id", f"{text_key('name')} as found").orderBy("id").collect()
    assert [row.found for row in found] == right


def test_the_oracle_has_the_same_rule(right: list[str]) -> None:
    with duckdb.connect() as connection:
        connection.execute(ORACLE.read_text())
        connection.execute("create table names (id integer, name varchar)")
        connection.execute(
            "insert into names select unnest($ids), unnest($names)",
            {"ids": list(range(len(right))), "names": [name for name, _ in spellings()]},
        )
        found = connection.execute("select name_key(name) from names order by id").fetchall()
    assert [name for (name,) in found] == right
