"""Spark's catalog and Glue's are in step, whoever changes which of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud.cloud import Cloud
from tests.cloud.spark.conftest import BUCKET, Session, open_session


@pytest.fixture
def glue(cloud: Cloud) -> Any:
    return cloud.client("glue")


def test_a_table_of_spark_is_in_glue_as_spark_on_glue_writes_it(
    glue: Any, session: Session, database: str
) -> None:
    session.sql(
        f"create table {database}.fruits (id bigint, name string) using delta"
        f" location 's3://{BUCKET}/elsewhere/fruits'"
    )

    table = glue.get_table(DatabaseName=database, Name="fruits")["Table"]

    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["Parameters"]["spark.sql.sources.provider"] == "delta"
    storage = table["StorageDescriptor"]
    assert [(each["Name"], each["Type"]) for each in storage["Columns"]] == [
        ("col", "array<string>")
    ]
    assert storage["Location"] == f"s3://{BUCKET}/tables/fruits-__PLACEHOLDER__"
    assert storage["SerdeInfo"]["Parameters"]["path"] == f"s3://{BUCKET}/elsewhere/fruits"


def test_a_table_that_spark_drops_is_gone_from_glue(
    glue: Any, session: Session, database: str
) -> None:
    session.sql(f"create table {database}.gone using delta as select 1 as id")
    before = {table["Name"] for table in glue.get_tables(DatabaseName=database)["TableList"]}
    session.sql(f"drop table {database}.gone")
    after = {table["Name"] for table in glue.get_tables(DatabaseName=database)["TableList"]}

    assert before - after == {"gone"}


@pytest.mark.parametrize("place", ["", f"location 's3://{BUCKET}/tables/kept'"])
def test_a_table_that_is_deleted_from_glue_is_gone_from_spark_but_its_files_stay(
    glue: Any, session: Session, database: str, place: str
) -> None:
    name = "managed" if not place else "kept"
    session.sql(f"create table {database}.{name} using delta {place} as select 7 as id")
    glue.delete_table(DatabaseName=database, Name=name)

    assert session.sql(f"show tables in {database} like '{name}'") == []
    assert session.sql(f"select * from delta.`s3://{BUCKET}/tables/{name}`") == [(7,)]


def test_a_database_that_is_deleted_from_glue_stays_away_until_it_is_made_again(
    glue: Any, session: Session, database: str
) -> None:
    made = {"Name": "short_lived", "LocationUri": f"s3://{BUCKET}/short_lived"}
    glue.create_database(DatabaseInput=made)
    session.sql("create table short_lived.ids using delta as select 7 as id")
    entry = glue.get_table(DatabaseName="short_lived", Name="ids")["Table"]
    glue.delete_database(Name="short_lived")
    session.sql("select 1")

    assert "short_lived" not in {each["Name"] for each in glue.get_databases()["DatabaseList"]}
    glue.create_database(DatabaseInput=made)
    assert session.sql("show tables in short_lived") == []
    kept = ("Name", "TableType", "Parameters", "StorageDescriptor")
    glue.create_table(DatabaseName="short_lived", TableInput={key: entry[key] for key in kept})
    assert session.sql("select * from short_lived.ids") == [(7,)]


def test_a_database_whose_bucket_is_not_there_disturbs_nobody(glue: Any, session: Session) -> None:
    lost = {"Name": "lost", "LocationUri": "s3://no-such-bucket/lost"}
    glue.create_database(DatabaseInput=lost)

    assert session.sql("select 1") == [(1,)]
    assert glue.get_tables(DatabaseName="lost")["TableList"] == []
    glue.delete_database(Name="lost")


def test_a_delta_table_registered_in_glue_can_be_read_by_spark(
    glue: Any, session: Session, database: str
) -> None:
    place = f"s3://{BUCKET}/tables/registered"
    session.run(f"spark.range(3).write.format('delta').save('{place}')")
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": "registered",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"table_type": "DELTA"},
            "StorageDescriptor": {"Location": place},
        },
    )

    assert session.sql(f"select * from {database}.registered order by id") == [(0,), (1,), (2,)]


def test_an_entry_that_somebody_repaired_stays_repaired_when_spark_writes_rows(
    glue: Any, session: Session, database: str
) -> None:
    session.sql(f"create table {database}.fixed using delta as select 1 as id")
    fixed = glue.get_table(DatabaseName=database, Name="fixed")["Table"]
    columns = [{"Name": "id", "Type": "int", "Comment": "its number"}]
    glue.update_table(
        DatabaseName=database,
        TableInput={
            "Name": "fixed",
            "TableType": fixed["TableType"],
            "Parameters": fixed["Parameters"],
            "StorageDescriptor": fixed["StorageDescriptor"] | {"Columns": columns},
        },
    )

    session.sql(f"insert into {database}.fixed values (2)")
    session.sql(f"create or replace table {database}.fixed using delta as select 3 as id")

    table = glue.get_table(DatabaseName=database, Name="fixed")["Table"]
    assert table["StorageDescriptor"]["Columns"] == columns
    assert table["Parameters"]["spark.sql.sources.provider"] == "delta"
    assert table["Parameters"]["delta.lastUpdateVersion"] == "2"
    assert session.sql(f"select * from {database}.fixed") == [(3,)]


def test_a_database_made_by_spark_is_in_glue_with_its_location(glue: Any, session: Session) -> None:
    session.sql(f"create database spark_made location 's3://{BUCKET}/spark_made'")

    made = glue.get_database(Name="spark_made")["Database"]

    assert made["LocationUri"] == f"s3://{BUCKET}/spark_made"


def test_a_view_is_in_both_as_spark_sql(glue: Any, session: Session, database: str) -> None:
    session.sql(f"create view {database}.one as select 1 as id")

    view = glue.get_table(DatabaseName=database, Name="one")["Table"]

    assert view["TableType"] == "VIRTUAL_VIEW"
    assert view["ViewOriginalText"] == "select 1 as id"
    session.sql(f"drop view {database}.one")
    names = [table["Name"] for table in glue.get_tables(DatabaseName=database)["TableList"]]
    assert "one" not in names


def test_what_one_session_makes_another_sees(cloud: Cloud, session: Session, database: str) -> None:
    session.sql(f"create table {database}.seen using delta as select 5 as id")

    other = open_session(cloud, "onlooker")

    assert other.sql(f"select * from {database}.seen") == [(5,)]
