from __future__ import annotations

from pathlib import Path

import pytest
from deltalake import write_deltalake
from pyarrow import table
from trino.exceptions import TrinoUserError

from tests.cloud.cloud import Cloud
from tests.cloud.trino import start


def test_trino_reads_what_glue_has_as_soon_as_it_has_started_and_stops_whole(
    cloud: Cloud, tmp_path: Path
) -> None:
    cloud.client("s3").create_bucket(
        Bucket="trino-tests", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    write_deltalake("s3://trino-tests/n", table({"id": [1, 2]}), storage_options=cloud.variables)
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": "trino_tests"})
    glue.create_table(
        DatabaseName="trino_tests",
        TableInput={
            "Name": "numbers",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"table_type": "DELTA", "spark.sql.sources.provider": "delta"},
            "StorageDescriptor": {
                "Columns": [{"Name": "id", "Type": "bigint"}],
                "Location": "s3://trino-tests/n",
                "SerdeInfo": {"Parameters": {"path": "s3://trino-tests/n"}},
            },
        },
    )

    trino = start(tmp_path / "trino", cloud.endpoint)
    try:
        result = trino.query("select sum(id) as total from numbers", schema="trino_tests")
        with pytest.raises(TrinoUserError, match="Column 'colour' cannot be resolved"):
            trino.query("select colour from numbers", schema="trino_tests")
    finally:
        trino.stop()

    assert result.columns == [("total", "bigint")]
    assert result.rows == [[3]]
    assert trino.process.poll() is not None
