"""What dbt's cursor asks the engine for."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.connect.client import SparkConnectClient

from orchestration.pipeline.dbt_session import LakehouseCursor


def test_a_query_with_rows_is_planned_once_however_often_its_columns_are_looked_at(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    analyze = SparkConnectClient._analyze

    def counted(client: SparkConnectClient, method: str, **arguments: Any) -> Any:
        looks.append(method)
        return analyze(client, method, **arguments)

    monkeypatch.setattr(SparkConnectClient, "_analyze", counted)
    cursor = LakehouseCursor(spark)
    cursor.execute("/* {} */ select 3 as failures, 'a' as name")
    assert [column[0] for column in cursor.description] == ["failures", "name"]
    assert [column[0] for column in cursor.description] == ["failures", "name"]
    assert [tuple(row) for row in cursor.fetchall()] == [(3, "a")]
    assert looks == []


def test_a_query_without_rows_has_the_types_that_dbt_compares_with_a_contract(
    spark: SparkSession,
) -> None:
    cursor = LakehouseCursor(spark)
    cursor.execute("select cast(1 as decimal(18, 2)) as total, 'a' as name where false limit 0")
    assert [column[:2] for column in cursor.description] == [
        ("total", "decimal(18,2)"),
        ("name", "string"),
    ]
    assert cursor.fetchall() == []
