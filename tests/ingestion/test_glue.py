from __future__ import annotations

from collections.abc import Callable, Iterator

import boto3
import pytest
from moto import mock_aws
from pyspark.errors import PySparkException

from ingestion.glue import JobFailedError, main
from ingestion.settings import Settings
from ingestion.writer_lock import Hold
from tests.lake import Lakehouse

ORDERS = "order_num,order_id,user_id,order_timestamp,total_amount,date"
JobRun = Callable[..., None]


@pytest.fixture
def job_run(lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobRun]:
    """Run the script's work with further arguments, on the session of all tests."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr("ingestion.glue.get_session", lambda settings, hold: lakehouse.spark)

    def run(*arguments: str) -> None:
        places = ["--root", lakehouse.settings.root, "--raw", lakehouse.settings.raw]
        # As Glue does, which puts more on the command line than a script knows.
        main(["--JOB_ID", "j_1", "--enable-metrics", "true", *places, *arguments])

    with mock_aws():
        yield run


def write_days(lakehouse: Lakehouse, *days: int) -> None:
    for day in days:
        row = f"1,{day},7,2025-04-{day:02d}T10:00:00,9.50,2025-04-{day:02d}"
        lakehouse.write(f"orders/2025-04-{day:02d}.csv", ORDERS, row)


def test_a_job_loads_its_tables_and_days_under_the_id_of_the_execution(
    lakehouse: Lakehouse, job_run: JobRun
) -> None:
    write_days(lakehouse, 1, 2, 3)
    job_run("--tables", "orders,order_items", "--dates", "2025-04-01,2025-04-03", "--batch-id", "e")
    rows = "select order_id, batch_id from bronze.orders order by 1"
    assert lakehouse.query(rows) == [(1, "e"), (3, "e")]


def test_a_job_that_is_given_no_more_than_a_root_loads_all_under_its_own_id(
    lakehouse: Lakehouse, job_run: JobRun
) -> None:
    write_days(lakehouse, 1)
    job_run("--JOB_NAME", "ingest", "--JOB_RUN_ID", "jr_1", "--tables", "", "--dates", "")
    assert lakehouse.query("select batch_id from bronze.orders") == [("jr_1",)]


def test_a_broken_file_is_no_failure_of_the_job(lakehouse: Lakehouse, job_run: JobRun) -> None:
    lakehouse.write("orders/2025-04-01.csv", "nothing of an order")
    job_run("--tables", "orders")
    assert lakehouse.ledger() == {"orders/2025-04-01.csv": "quarantined"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--tables", "orders,ordres"],
            "There is no raw table 'ordres'. Choose products, orders, ",
        ),
        (["--dates", "2025-02-30"], "'2025-02-30' is no date. Give dates as YYYY-MM-DD, such as "),
        (["--tables", "orders"], "/raw does not exist. Name another with --raw, or "),
    ],
)
def test_a_failure_is_reported_in_one_line_with_the_next_step(
    job_run: JobRun, arguments: list[str], message: str
) -> None:
    with pytest.raises(JobFailedError) as raised:
        job_run(*arguments)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_failure_of_spark_is_reported_by_its_innermost_cause(
    job_run: JobRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(settings: Settings, hold: Hold) -> None:
        raise PySparkException("Job aborted.\nCaused by: Access Denied")

    monkeypatch.setattr("ingestion.glue.get_session", fail)
    with pytest.raises(JobFailedError, match=r"^Spark failed: Access Denied The job run's error"):
        job_run()


def test_the_job_run_takes_the_locks_of_the_table_that_it_is_given(
    lakehouse: Lakehouse, job_run: JobRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": "lock_name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "lock_name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    seen = []

    def session(settings: Settings, hold: Hold) -> object:
        with hold("ops"):
            seen.extend(dynamodb.scan(TableName="locks")["Items"])
        return lakehouse.spark

    monkeypatch.setattr("ingestion.glue.get_session", session)
    write_days(lakehouse, 1)
    job_run("--JOB_NAME", "ingest-orders", "--JOB_RUN_ID", "jr_1", "--lock-table", "locks")
    names = {"lock_name": "ops", "holder": "jr_1", "job": "ingest-orders"}
    assert seen == [{name: {"S": text} for name, text in names.items()}]
    assert dynamodb.scan(TableName="locks")["Items"] == []
