"""The one Spark of the stand-in cloud: a JVM that Glue's job runs and sessions attach to.

Flow: first use -> JVM with Delta and S3A -> port and secret -> child processes (`attach.py`)

On AWS each job run and each session has a Spark of its own. Here a second JVM would cost memory and
ten seconds; each child gets its own `newSession()`, so that settings, temporary views and the
current database are apart as on AWS. What runs with which settings is left to the children: the
JVM itself is as bare as Glue's, but for what makes a small machine quick.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from ingestion.jars import jar_paths
from ingestion.java import find_java
from ingestion.settings import available_cores
from ingestion.spark_setup import set_up_spark
from tests.cloud.parts import fetch

_LOG4J = Path(__file__).parents[3] / "ingestion" / "log4j2.properties"


@dataclass(frozen=True)
class Jvm:
    """A running Spark.

    Attributes:
        session: This process's own session on it.
        gateway: The way into the JVM.
    """

    session: SparkSession
    gateway: Any

    @property
    def environment(self) -> dict[str, str]:
        """What a child process needs to find it."""
        parameters = self.gateway.java_parameters
        return {
            "PYSPARK_GATEWAY_PORT": str(parameters.port),
            "PYSPARK_GATEWAY_SECRET": parameters.auth_token,
        }

    def stop(self) -> None:
        """End the JVM."""
        self.session.stop()
        self.gateway.shutdown()
        self.gateway.proc.stdin.close()
        self.gateway.proc.wait(30)


def start(folder: Path, endpoint: str) -> Jvm:
    """Start Spark; what it says goes to `spark.log` in the folder.

    Args:
        folder: Where Spark may write.
        endpoint: URL of the stand-in's S3.

    Raises:
        LakehouseError: Java or a JAR is not there and can't be fetched.
    """
    set_up_spark()
    java = find_java()
    os.environ["JAVA_HOME"] = str(java.home)
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    conf = SparkConf(loadDefaults=False).setMaster(f"local[{available_cores()}]")
    conf.setAppName("stand-in")
    for key, value in (_machine(folder) | _delta() | _s3a(endpoint)).items():
        conf.set(key, value)
    with (folder / "spark.log").open("ab") as log:
        gateway = launch_gateway(conf, {"stdout": log, "stderr": log, "cwd": folder})  # type: ignore[no-untyped-call]
    context = SparkContext(conf=conf, gateway=gateway)
    return Jvm(SparkSession(context), gateway)


def _machine(folder: Path) -> dict[str, str]:
    """What makes tiny data quick on a small machine; no result depends on it."""
    cores = str(available_cores())
    java_options = [
        "-XX:+UseParallelGC",
        "-XX:ReservedCodeCacheSize=512m",
        "-XX:TieredStopAtLevel=1",
        f"-Dlog4j2.configurationFile={_LOG4J.as_uri()}",
        "-Duser.timezone=UTC",
    ]
    return {
        "spark.driver.memory": "3g",
        "spark.driver.extraJavaOptions": " ".join(java_options),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder / "spark"),
        "spark.sql.warehouse.dir": str(folder / "spark-warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.default.parallelism": cores,
        "spark.sql.shuffle.partitions": cores,
        "spark.sql.adaptive.coalescePartitions.initialPartitionNum": cores,
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": cores,
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.databricks.delta.vacuum.parallelDelete.enabled": "false",
    }


def _delta() -> dict[str, str]:
    """Settings that only a starting Spark takes; `profiles/profiles.yml` and the jobs have them."""
    jars = [*jar_paths(), *fetch().s3a_jars]
    return {
        "spark.jars": ",".join(str(jar) for jar in jars),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.delta.logStore.class": ("org.apache.spark.sql.delta.storage.S3SingleDriverLogStore"),
    }


def _s3a(endpoint: str) -> dict[str, str]:
    hadoop = {
        "endpoint": endpoint,
        "endpoint.region": "eu-west-1",
        "path.style.access": "true",
        "access.key": "test",
        "secret.key": "test",
        "connection.ssl.enabled": "false",
        "change.detection.mode": "none",
        "attempts.maximum": "3",
        "fast.upload.buffer": "bytebuffer",
    }
    conf = {f"spark.hadoop.fs.s3a.{key}": value for key, value in hadoop.items()}
    for scheme in ("s3", "s3a"):
        conf[f"spark.hadoop.fs.{scheme}.impl"] = "org.apache.hadoop.fs.s3a.S3AFileSystem"
    return conf
