"""The Spark session, and the catalogue that is rebuilt from the tables' paths.

Two cases only: a platform such as Glue has started this process by spark-submit and brings its own
session, or nobody has and an embedded Spark is started, tuned for one small machine.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from ingestion.delta import quoted
from ingestion.jars import jar_paths
from ingestion.java import find_java
from ingestion.ops_tables import CREATED_AT_START
from ingestion.settings import Settings
from ingestion.tables import TABLES, Table, Type

LAYERS = ("bronze", "silver", "gold", "ops")

# Every reader of today can read these tables: no deletion vectors, no column mapping.
TABLE_PROPERTIES = {"delta.enableDeletionVectors": "false"}

_LOG4J = Path(__file__).parent / "log4j2.properties"
_DRIVER_MEMORY = "4g"
_SMALL_BYTES = 16 * 1024**2

SPARK_TYPES: dict[Type, T.DataType] = {
    Type.BIGINT: T.LongType(),
    Type.STRING: T.StringType(),
    Type.MONEY: T.DecimalType(18, 2),
    Type.TIMESTAMP: T.TimestampType(),
    Type.DATE: T.DateType(),
}

logger = logging.getLogger(__name__)

# dbt opens its connections from several threads.
_lock = Lock()
_ready: dict[str, Any] = {}


def get_session(settings: Settings) -> SparkSession:
    """Return the process's Spark session with every table of the lakehouse in its catalogue.

    Raises:
        LakehouseError: No usable Java, or the JARs are not there.
    """
    with _lock:
        if _ready.get("root") != settings.root:
            _ready.clear()
            spark = _session_of_the_platform() if _is_submitted() else _embedded_session(settings)
            register_tables(spark, settings)
            _ready.update(root=settings.root, session=spark)
        session: SparkSession = _ready["session"]
        return session


def _is_submitted() -> bool:
    """spark-submit, and so Glue, hands its Python process a gateway to a running JVM."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def _session_of_the_platform() -> SparkSession:
    return SparkSession.builder.getOrCreate()


def _embedded_session(settings: Settings) -> SparkSession:
    java = find_java()
    os.environ["JAVA_HOME"] = str(java.home)
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    running = SparkSession.getActiveSession()
    if running is not None:
        # Another root was open in this process; its catalogue must not be mistaken for this one's.
        running.stop()
    builder = SparkSession.builder.master(f"local[{_cores()}]").appName("lakehouse")
    for key, value in _embedded_conf(settings).items():
        builder = builder.config(key, value)
    with _stderr_to(settings.log_folder / "spark.log"):
        return builder.getOrCreate()


@contextmanager
def _stderr_to(log: Path) -> Iterator[None]:
    """Let the JVM that is started inside inherit a log file as its stderr, and nobody else."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.flush()
    kept = os.dup(2)
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2


def _embedded_conf(settings: Settings) -> dict[str, str]:
    cores = _cores()
    is_small = _is_small(settings)
    java_options = [
        "-XX:+UseParallelGC",
        # Generated code is plenty here; when this cache is full, Java stops compiling for good.
        "-XX:ReservedCodeCacheSize=512m",
        f"-Dlog4j2.configurationFile={_LOG4J.as_uri()}",
        "-Duser.timezone=UTC",
        *(["-XX:TieredStopAtLevel=1"] if is_small else []),
    ]
    return {
        "spark.jars": ",".join(str(path) for path in jar_paths()),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": settings.location("spark-warehouse"),
        "spark.driver.memory": _DRIVER_MEMORY,
        "spark.driver.extraJavaOptions": " ".join(java_options),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        # By default one order of the year 1 stops the whole write.
        "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.shuffle.partitions": str(cores),
        "spark.default.parallelism": str(cores),
        "spark.sql.adaptive.coalescePartitions.initialPartitionNum": str(cores),
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.databricks.delta.vacuum.parallelDelete.enabled": "false",
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(cores),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.legacy.createHiveTableByDefault": "false",
        "spark.sql.codegen.wholeStage": str(not is_small).lower(),
        "spark.sql.codegen.factoryMode": "NO_CODEGEN" if is_small else "FALLBACK",
    }


def _is_small(settings: Settings) -> bool:
    """Little data is there, so that compiling queries would take longer than running them."""
    folders = [Path(place) for place in (settings.raw, settings.location("bronze"))]
    files = (path for folder in folders if folder.is_dir() for path in folder.rglob("*.*"))
    return sum(path.stat().st_size for path in files) < _SMALL_BYTES


def register_tables(spark: SparkSession, settings: Settings) -> None:
    """Put the databases, the declared tables and every Delta table below the root in the catalogue.

    The paths are the truth. An embedded catalogue lives in memory and is filled here at each start,
    so that no crash can make it disagree with the tables.
    """
    for layer in LAYERS:
        spark.sql(
            f"create database if not exists {settings.database(layer)}"
            f" location '{quoted(settings.location(layer))}'"
        )
    if settings.is_local:
        for layer in LAYERS:
            for name in _delta_tables_below(Path(settings.location(layer))):
                _register(spark, settings, layer, name)
    for table in TABLES.values():
        create_table(
            spark, settings, "bronze", table.name, bronze_schema(table), table.partition_by
        )
    for name, schema in CREATED_AT_START.items():
        create_table(spark, settings, "ops", name, schema)


def _delta_tables_below(folder: Path) -> list[str]:
    return sorted({path.parent.parent.name for path in folder.glob("*/_delta_log/*.json")})


def _register(spark: SparkSession, settings: Settings, layer: str, name: str) -> None:
    location = settings.location(layer, name)
    try:
        spark.sql(
            f"create table if not exists {settings.database(layer)}.`{name}`"
            f" using delta location '{quoted(location)}'"
        )
    except PySparkException as error:
        # A build that was killed inside its first commit leaves a folder that is no table yet.
        logger.warning("%s is no readable Delta table: %s", location, error)


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
        f" using delta{partition} location '{quoted(settings.location(layer, name))}'"
        f" tblproperties ({properties})"
    )


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
