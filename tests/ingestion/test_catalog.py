from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import pyarrow as pa
from deltalake import write_deltalake
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from ingestion.catalog import bronze_schema, register_tables
from ingestion.ops_tables import REJECTED_RECORDS
from ingestion.settings import Settings
from ingestion.tables import TABLES
from tests.lake import Lakehouse, use

OLD_ROW = {"table_name": "orders", "source_file": "a file", "record_number": 7}


def test_an_ops_table_of_an_earlier_version_gets_the_columns_it_lacks_and_keeps_its_rows(
    spark: SparkSession, tmp_path: Path
) -> None:
    lakehouse = Lakehouse(spark, Settings(str(tmp_path), str(tmp_path / "raw")))
    write_deltalake(tmp_path / "ops/rejected_records", pa.Table.from_pylist([OLD_ROW]))
    use(lakehouse)
    columns = {name for name, *_ in lakehouse.query("describe ops.rejected_records")}
    assert columns == set(REJECTED_RECORDS.names)
    assert lakehouse.query(
        "select source_file, record_number, header, closed_batch_id from ops.rejected_records"
    ) == [("a file", 7, None, None)]
    before = lakehouse.versions()
    use(lakehouse)
    assert lakehouse.versions() == before


def test_on_s3_only_the_databases_that_ingestion_writes_to_are_asked_for() -> None:
    spark = MagicMock(spec=SparkSession)
    spark.catalog.databaseExists.return_value = True
    made = {f"dev_bronze.{table.name}": bronze_schema(table) for table in TABLES.values()}
    spark.table.side_effect = lambda name: MagicMock(schema=made.get(name, T.StructType([])))
    register_tables(spark, Settings("s3://lake", "s3://lake/raw", database_prefix="dev_"))
    asked = [call.args[0] for call in spark.catalog.databaseExists.call_args_list]
    assert asked == ["dev_bronze", "dev_ops"]
