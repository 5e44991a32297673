from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from deltalake import write_deltalake

from tests.cloud.cloud import Cloud

BUCKET = "athena-tests"
GROUP = "athena-tests"


@pytest.fixture(scope="module")
def athena(cloud: Cloud) -> Any:
    """Athena with a workgroup, and a database with one Delta table of three fruits."""
    cloud.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    fruits = pa.table(
        {
            "id": [1, 2, 3],
            "name": ["apple", 'the "king" pear', None],
            "price": pa.array([Decimal("1.50"), None, Decimal("20.00")], pa.decimal128(18, 2)),
        }
    )
    place = f"s3://{BUCKET}/fruits"
    write_deltalake(place, fruits, storage_options=cloud.variables)
    glue = cloud.client("glue")
    glue.create_database(
        DatabaseInput={"Name": "athena_tests", "LocationUri": f"s3://{BUCKET}/tables"}
    )
    glue.create_table(
        DatabaseName="athena_tests",
        TableInput={
            "Name": "fruits",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"spark.sql.sources.provider": "delta"},
            "StorageDescriptor": {
                "Columns": [{"Name": "col", "Type": "array<string>"}],
                "Location": f"s3://{BUCKET}/tables/fruits-__PLACEHOLDER__",
                "SerdeInfo": {"Parameters": {"path": place}},
            },
        },
    )
    athena = cloud.client("athena")
    athena.create_work_group(
        Name=GROUP,
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/athena-results/"},
        },
    )
    return athena


def run(athena: Any, sql: str, **options: Any) -> dict[str, Any]:
    """A query that has ended."""
    number = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": "athena_tests"},
        WorkGroup=GROUP,
        **options,
    )["QueryExecutionId"]
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=number)
        query: dict[str, Any] = found["QueryExecution"]
        if query["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return query
    pytest.fail(f"the query did not end: {sql}")


def rows(athena: Any, query: dict[str, Any], **options: Any) -> list[list[str | None]]:
    number = query["QueryExecutionId"]
    found = athena.get_query_results(QueryExecutionId=number, **options)["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in found]


def test_a_query_reads_the_columns_and_rows_of_the_delta_log(athena: Any) -> None:
    query = run(athena, "select * from fruits order by id")

    assert query["Status"]["State"] == "SUCCEEDED", query
    assert rows(athena, query) == [
        ["id", "name", "price"],
        ["1", "apple", "1.50"],
        ["2", 'the "king" pear', None],
        ["3", None, "20.00"],
    ]
    results = athena.get_query_results(QueryExecutionId=query["QueryExecutionId"])["ResultSet"]
    columns = results["ResultSetMetadata"]["ColumnInfo"]
    assert [(each["Name"], each["Type"]) for each in columns] == [
        ("id", "bigint"),
        ("name", "varchar"),
        ("price", "decimal"),
    ]
    assert (columns[2]["Precision"], columns[2]["Scale"]) == (18, 2)


def test_the_result_is_a_file_in_the_place_of_the_workgroup(cloud: Cloud, athena: Any) -> None:
    query = run(athena, "select name, price from fruits order by id")

    place = query["ResultConfiguration"]["OutputLocation"]
    assert place == f"s3://{BUCKET}/athena-results/{query['QueryExecutionId']}.csv"
    key = place.removeprefix(f"s3://{BUCKET}/")
    body = cloud.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    assert body == '"name","price"\n"apple","1.50"\n"the ""king"" pear",\n,"20.00"\n'


def test_times_and_collections_are_written_in_the_words_of_athena(athena: Any) -> None:
    query = run(
        athena,
        "select date '2025-04-01', timestamp '2025-04-01 10:00:00.5', true, array[1, 2],"
        " from_unixtime(0)",
    )

    assert rows(athena, query)[1] == [
        "2025-04-01",
        "2025-04-01 10:00:00.500",
        "true",
        "[1, 2]",
        "1970-01-01 00:00:00.000 UTC",
    ]


def test_parameters_take_the_place_of_question_marks(athena: Any) -> None:
    query = run(
        athena,
        "select name from fruits where id = ? or name = ?;",
        ExecutionParameters=["1", "'nobody''s'"],
    )

    assert rows(athena, query) == [["name"], ["apple"]]


def test_long_results_come_in_pages(athena: Any) -> None:
    query = run(athena, "select * from unnest(sequence(1, 5)) as numbers (number) order by 1")
    pages = athena.get_paginator("get_query_results").paginate(
        QueryExecutionId=query["QueryExecutionId"], PaginationConfig={"PageSize": 4}
    )

    sizes = [len(page["ResultSet"]["Rows"]) for page in pages]

    assert sizes == [4, 2]  # five numbers and the row of names


def test_a_statement_about_tables_has_no_row_of_names(athena: Any) -> None:
    query = run(athena, "show tables")

    assert query["StatementType"] == "DDL"
    assert rows(athena, query) == [["fruits"]]


def test_a_query_that_trino_refuses_has_failed_with_its_words(athena: Any) -> None:
    query = run(athena, "select colour from fruits")

    assert query["Status"]["State"] == "FAILED"
    reason = query["Status"]["StateChangeReason"]
    assert reason == "COLUMN_NOT_FOUND: line 1:8: Column 'colour' cannot be resolved"
    with pytest.raises(ClientError, match="Final query state: FAILED"):
        rows(athena, query)


def test_a_workgroup_that_is_not_there_is_refused(athena: Any) -> None:
    with pytest.raises(ClientError, match="WorkGroup nobodys is not found"):
        athena.start_query_execution(QueryString="select 1", WorkGroup="nobodys")


def test_plain_moto_still_runs_no_query(plain: Cloud) -> None:
    athena = plain.client("athena")
    number = athena.start_query_execution(
        QueryString="select 1", ResultConfiguration={"OutputLocation": "s3://nowhere/"}
    )["QueryExecutionId"]

    results = athena.get_query_results(QueryExecutionId=number)

    assert results["ResultSet"]["Rows"] == []
