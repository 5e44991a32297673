"""The session's catalog: databases and tables, put there from the paths at each start.

The paths are the truth. An embedded engine's catalog lives in memory and is filled here, so that
no crash can make it disagree with the tables.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from ingestion.declared import require_declared
from ingestion.delta import quoted
from ingestion.layers import BUILT_LAYERS, LAYERS, is_table_name
from ingestion.ops_tables import CREATED_AT_START
from ingestion.settings import Settings
from ingestion.tables import TABLES, Table, Type

TABLE_PROPERTIES = {
    # Every reader of today can read these tables: no deletion vectors, no column mapping.
    "delta.enableDeletionVectors": "false",
    # The engines would drop log entries by age, also of versions that a restore may ask for;
    # `lakehouse maintain` drops what none does. As in dbt_project.yml.
    "delta.enableExpiredLogCleanup": "false",
}

SPARK_TYPES: dict[Type, T.DataType] = {
    Type.BIGINT: T.LongType(),
    Type.STRING: T.StringType(),
    Type.MONEY: T.DecimalType(18, 2),
    Type.TIMESTAMP: T.TimestampType(),
    Type.DATE: T.DateType(),
}

_OF_INGESTION = tuple(layer for layer in LAYERS if layer not in BUILT_LAYERS)

logger = logging.getLogger(__name__)


def register_tables(spark: SparkSession, settings: Settings) -> None:
    """Put what ingestion writes in the catalog: databases, declared tables, tables that are there.

    Raises:
        LakehouseError: A bronze table is not as declared.
    """
    _register_layers(spark, settings, _OF_INGESTION)
    for table in TABLES.values():
        schema = bronze_schema(table)
        create_table(spark, settings, "bronze", table.name, schema, table.partition_by)
        stored = spark.table(settings.table("bronze", table.name)).schema
        require_declared(settings, table, schema, stored)
        _add_new_columns(spark, settings, "bronze", table.name, schema, stored)
    for name, schema in CREATED_AT_START.items():
        create_table(spark, settings, "ops", name, schema)
        stored = spark.table(settings.table("ops", name)).schema
        _add_new_columns(spark, settings, "ops", name, schema, stored)


def register_models(spark: SparkSession, settings: Settings) -> None:
    """Put the tables of silver and gold in the catalog, those of the workspace in the settings.

    They take the place of those that are there. On S3 nothing is done: the catalog there is not of
    this session alone.
    """
    if not settings.is_local:
        return
    for layer in BUILT_LAYERS:
        forget_database(spark, settings, layer)
    _register_layers(spark, settings, BUILT_LAYERS)


def forget_database(spark: SparkSession, settings: Settings, layer: str) -> None:
    """Take a layer's database out of the catalog; published tables stay where they are."""
    # It needs packages that a Glue job has not.
    from pyspark.sql.connect.session import SparkSession as ConnectSession

    database = settings.database(layer)
    if not spark.catalog.databaseExists(database):
        return
    if not isinstance(spark, ConnectSession):  # else Spark removes the database's folder, too
        spark.sql(f"alter database {database} set location '{quoted(settings.root)}/nowhere'")
    spark.sql(f"drop database {database} cascade")


def _register_layers(spark: SparkSession, settings: Settings, layers: Sequence[str]) -> None:
    for layer in layers:
        # Glue asks for the right to make databases even where there is nothing to make.
        if not spark.catalog.databaseExists(settings.database(layer)):
            spark.sql(
                f"create database if not exists {settings.database(layer)}"
                f" location '{quoted(settings.engine_location(layer))}'"
            )
        if settings.is_local:
            for name in _delta_tables_below(Path(settings.location(layer))):
                _register(spark, settings, layer, name)


def _delta_tables_below(folder: Path) -> list[str]:
    names = {path.parent.parent.name for path in folder.glob("*/_delta_log/*.json")}
    return sorted(filter(is_table_name, names))


def _register(spark: SparkSession, settings: Settings, layer: str, name: str) -> None:
    try:
        spark.sql(
            f"create table if not exists {settings.database(layer)}.`{name}`"
            f" using delta location '{quoted(settings.engine_location(layer, name))}'"
        )
    except PySparkException as error:
        # A build that was killed inside its first commit leaves a folder that is no table yet.
        logger.warning("%s is no readable Delta table: %s", settings.location(layer, name), error)


def create_table(
    spark: SparkSession,
    settings: Settings,
    layer: str,
    name: str,
    schema: T.StructType,
    partition_by: str | None = None,
) -> None:
    """Create an empty Delta table at its path unless it is there."""
    columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in schema)
    partition = f" partitioned by ({partition_by})" if partition_by else ""
    properties = ", ".join(f"'{key}' = '{value}'" for key, value in TABLE_PROPERTIES.items())
    spark.sql(
        f"create table if not exists {settings.database(layer)}.{name} ({columns})"
        f" using delta{partition} location '{quoted(settings.engine_location(layer, name))}'"
        f" tblproperties ({properties})"
    )


def _add_new_columns(
    spark: SparkSession,
    settings: Settings,
    layer: str,
    name: str,
    schema: T.StructType,
    stored: T.StructType,
) -> None:
    """Give a table that was made before a column was declared that column, as its last."""
    if set(schema.names) - set(stored.names):
        none = spark.createDataFrame([], schema)
        writer = none.write.format("delta").mode("append").option("mergeSchema", "true")
        writer.save(settings.engine_location(layer, name))


def bronze_schema(table: Table) -> T.StructType:
    """Columns of a bronze table: the CSV's, then where each row came from."""
    declared = [T.StructField(column.name, SPARK_TYPES[column.type]) for column in table.columns]
    return T.StructType([*declared, *LINEAGE])


LINEAGE = (
    T.StructField("_rescued", T.StringType()),
    T.StructField("source_file", T.StringType()),
    T.StructField("file_date", T.DateType()),
    T.StructField("record_number", T.LongType()),
    T.StructField("ingestion_timestamp", T.TimestampType()),
    T.StructField("batch_id", T.StringType()),
)
