from __future__ import annotations

import time
from typing import Any

import pytest

from tests.cloud.cloud import Cloud
from tests.cloud.spark.conftest import BUCKET, ROLE, Session

JOB = """
import sys
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from awsglue.utils import getResolvedOptions

arguments = getResolvedOptions(sys.argv, ["JOB_NAME", "table"])
spark = SparkSession.builder.getOrCreate()

def upper(batches):
    for batch in batches:
        yield batch

rows = spark.range(2).mapInArrow(upper, "id bigint").withColumn("job", F.lit(arguments["JOB_NAME"]))
rows.write.format("delta").saveAsTable(arguments["table"])
spark.stop()
"""


def run_job(cloud: Cloud, name: str, script: str, arguments: dict[str, str]) -> dict[str, Any]:
    """A run that has ended."""
    cloud.client("s3").put_object(Bucket=BUCKET, Key=f"scripts/{name}.py", Body=script.encode())
    glue = cloud.client("glue")
    glue.create_job(
        Name=name,
        Role=ROLE,
        Command={"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/scripts/{name}.py"},
    )
    run_id = glue.start_job_run(JobName=name, Arguments=arguments)["JobRunId"]
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        run: dict[str, Any] = glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
        if run["JobRunState"] in ("SUCCEEDED", "FAILED"):
            return run
    pytest.fail(f"the run of {name} did not end")


def test_a_job_writes_a_table_that_a_session_reads(
    cloud: Cloud, session: Session, database: str
) -> None:
    run = run_job(cloud, "writer", JOB, {"--table": f"{database}.from_job"})

    assert run["JobRunState"] == "SUCCEEDED", run
    found = session.sql(f"select * from {database}.from_job order by id")
    assert found == [(0, "writer"), (1, "writer")]


def test_a_job_that_spark_refuses_has_failed_with_the_words_of_spark(
    cloud: Cloud, database: str
) -> None:
    script = "from pyspark.sql import SparkSession\n"
    script += "SparkSession.builder.getOrCreate().table('nowhere.at_all').show()\n"

    run = run_job(cloud, "failing", script, {})

    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].startswith("AnalysisException: [TABLE_OR_VIEW_NOT_FOUND]")
