"""What Sail lacks, bridged. Each pair shows the bridge at work and the gap that it is there for.

When a test named `..._still_...` fails, Sail can do it by itself: remove the bridge it names.
"""

from __future__ import annotations

import pytest
from deltalake import DeltaTable
from pyspark.errors import PySparkException
from pyspark.sql import Row, SparkSession
from pyspark.sql.connect.session import SparkSession as ConnectSession

from ingestion import sail
from ingestion.catalog import register_tables
from tests.lake import Lakehouse


@pytest.fixture
def session(lakehouse: Lakehouse) -> SparkSession:
    """A session that has a table `ops.numbers` of one row."""
    lakehouse.spark.sql("create or replace table ops.numbers using delta as select 1 as number")
    return lakehouse.spark


def sail_alone(session: SparkSession, statement: str) -> list[Row]:
    """Run a statement without the bridges."""
    assert isinstance(session, ConnectSession)
    return ConnectSession.sql(session, statement).collect()


REPLACE = "create or replace table ops.numbers using delta as select 'one' as word"


def test_replaces_a_table_by_one_of_another_schema(session: SparkSession) -> None:
    session.sql(f"/* as dbt does */ {REPLACE}")
    assert [row.asDict() for row in session.table("ops.numbers").collect()] == [{"word": "one"}]


def test_sail_still_refuses_another_schema_without_the_option(session: SparkSession) -> None:
    with pytest.raises(PySparkException, match=r"(?i)schema"):
        sail_alone(session, REPLACE)


ZORDER = "optimize ops.numbers zorder by (`number`)"


def test_z_orders_a_table(session: SparkSession, lakehouse: Lakehouse) -> None:
    session.sql(f"/* as dbt does */ {ZORDER}")
    (newest, *_) = DeltaTable(lakehouse.settings.location("ops", "numbers")).history()
    assert newest["operation"] == "OPTIMIZE"


def test_orders_the_rows_by_the_first_of_several_columns(
    session: SparkSession, lakehouse: Lakehouse
) -> None:
    pairs = "select * from values (3, 1), (1, 1 << 40), (2, 5) as pairs (product, number)"
    session.sql(f"create or replace table ops.pairs using delta as {pairs}")
    session.sql("optimize ops.pairs zorder by (product, number)")
    table = DeltaTable(lakehouse.settings.location("ops", "pairs")).to_pyarrow_table()
    assert table["product"].to_pylist() == [1, 2, 3]


def test_sail_still_has_no_optimize(session: SparkSession) -> None:
    with pytest.raises(PySparkException, match="optimize"):
        sail_alone(session, ZORDER)


def test_describes_a_table_that_was_registered_by_its_path(
    session: SparkSession, lakehouse: Lakehouse
) -> None:
    session.sql("drop database ops cascade")
    register_tables(session, lakehouse.settings)
    described = session.sql("describe table extended ops.numbers").collect()
    assert described[0].asDict() == {"col_name": "number", "data_type": "int", "comment": None}
    shown = {
        row["tableName"]: row["information"]
        for row in session.sql("show table extended in ops like '*'").collect()
    }
    assert "Schema: root\n |-- number: int (nullable" in shown["numbers"]


def test_sail_still_knows_no_columns_of_a_registered_table(
    session: SparkSession, lakehouse: Lakehouse
) -> None:
    session.sql("drop database ops cascade")
    register_tables(session, lakehouse.settings)
    assert sail_alone(session, "describe table extended ops.numbers")[0]["col_name"] == ""


SUNDAY = "2025-01-05"
PORTABLE = {
    "the day of the week": (f"weekday(date '{SUNDAY}')", "weekday", "6"),
    "division of decimals": (
        "cast(cast(2 as decimal(12, 0)) / 3 as decimal(9, 6))",
        "quotient",
        "0.666667",
    ),
}


@pytest.mark.parametrize("what", PORTABLE)
def test_sail_still_computes_another_value_than_spark(session: SparkSession, what: str) -> None:
    """The models therefore say it in another way, named here by the macro or the function."""
    expression, _, of_spark = PORTABLE[what]
    (row,) = session.sql(f"select cast({expression} as string) as value").collect()
    assert row["value"] != of_spark


def test_a_second_session_starts_with_an_empty_catalog_on_the_same_server(
    session: SparkSession,
) -> None:
    other = sail.start()
    assert [row["name"] for row in other.sql("show databases").collect()] == ["default"]
    assert session.table("ops.numbers").count() == 1


def test_sail_still_refuses_to_replace_rows_with_arrays_by_the_frame_writer(
    session: SparkSession, lakehouse: Lakehouse
) -> None:
    """So `ingestion.delta.replace_where` is SQL."""
    location = lakehouse.settings.location("ops", "coded")
    columns = "name string, codes array<string>"
    session.sql(f"create table ops.coded ({columns}) using delta location '{location}'")
    rows = session.createDataFrame([("a", ["x"]), ("b", ["y"])], columns)
    rows.write.format("delta").mode("append").save(location)
    writer = rows.where("name = 'a'").write.format("delta").mode("overwrite")
    with pytest.raises(PySparkException, match="same data type"):
        writer.option("replaceWhere", "name = 'a'").save(location)


def test_sail_still_gives_a_wider_type_for_days_between_dates(session: SparkSession) -> None:
    """So `customer_insights` casts it to the type of its contract."""
    query = "select typeof(datediff(date '2025-01-02', date '2025-01-01')) as type"
    assert session.sql(query).collect()[0]["type"] == "bigint"


def test_people_who_could_use_sails_port_are_named_and_services_are_not() -> None:
    assert sail.other_people([0, 33, 1000, 4711, 4711, 65534], own=1000) == ["user 4711"]
    assert sail.other_people([0, 1000], own=1000) == []
