"""Apache Spark, embedded: a JVM of this process, tuned for one small machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

from ingestion.jars import jar_paths
from ingestion.java import find_java
from ingestion.settings import Settings, available_cores
from ingestion.spark_conf import CORRECT_VALUES
from ingestion.spark_setup import set_up_spark

_LOG4J = Path(__file__).parent / "log4j2.properties"
_DRIVER_MEMORY = "4g"
_SMALL_BYTES = 16 * 1024**2


def describe() -> str:
    """Version of Spark and the Java it runs on.

    Raises:
        JavaNotFoundError: There is no usable Java.
    """
    return f"spark {pyspark.__version__} on {find_java()}"


def start(settings: Settings) -> SparkSession:
    """Start a Spark in this process; what its JVM says goes to `ROOT/logs/spark.log`.

    Raises:
        LakehouseError: Java or the JARs are not there and can't be fetched.
    """
    set_up_spark()
    java = find_java()
    # Set by the other engine, it makes PySpark's functions work for Spark Connect.
    os.environ.pop("SPARK_CONNECT_MODE_ENABLED", None)
    os.environ["JAVA_HOME"] = str(java.home)
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    running = SparkSession.getActiveSession()
    if running is not None:
        # Another root was open in this process; its catalog must not be mistaken for this one's.
        running.stop()
    builder = SparkSession.builder.master(f"local[{available_cores()}]").appName("lakehouse")
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


def _embedded_conf(settings: Settings) -> dict[str, str]:
    cores = available_cores()
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
        # Not `spark.jars`, a list of URLs and patterns, which some names of folders break.
        "spark.driver.extraClassPath": ":".join(str(path) for path in jar_paths()),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": settings.engine_location("spark-warehouse"),
        "spark.driver.memory": _DRIVER_MEMORY,
        "spark.driver.extraJavaOptions": " ".join(java_options),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **CORRECT_VALUES,
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
