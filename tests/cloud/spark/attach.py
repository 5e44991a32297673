"""The child's side: attach this process to the stand-in's Spark, as spark-submit does on Glue.

`SparkSession.builder.getOrCreate()` then returns a session of this process's own.
"""

from __future__ import annotations

import os
import re
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

# Of what Glue is asked for, the settings that belong to a session and not to the JVM.
_SESSION_CONF = re.compile(r"spark\.(sql|databricks)\.(?!extensions|catalog\.|warehouse)")
# Variables of a process that the Python functions of its queries need too.
_WORKERS_NEED = ("AWS_", "NO_PROXY", "PYTHONPATH")


def attach(conf: str = "") -> SparkSession:
    """Make the process's session from the gateway that the environment names.

    Args:
        conf: Value of Glue's argument `--conf`: `key=value`, further pairs each after ` --conf `.
    """
    gateway = launch_gateway()  # type: ignore[no-untyped-call]
    running = gateway.jvm.org.apache.spark.SparkContext.getOrCreate()
    java_context = gateway.jvm.org.apache.spark.api.java.JavaSparkContext.fromSparkContext(running)
    context = SparkContext(
        gateway=gateway, jsc=java_context, conf=SparkConf(_jconf=java_context.getConf())
    )
    # Python functions inside Spark run in processes of the JVM, which is not of this job.
    own = {name: os.environ[name] for name in os.environ if name.startswith(_WORKERS_NEED)}
    context.environment.update(own)
    java_session = gateway.jvm.org.apache.spark.sql.SparkSession.builder().getOrCreate()
    session = SparkSession(context, java_session.newSession())
    for key, value in pairs(conf).items():
        if _SESSION_CONF.match(key):
            session.conf.set(key, value)
    _leave_running(session)
    return session


def pairs(conf: str) -> dict[str, str]:
    """The settings in a value of `--conf`."""
    texts = [text.strip() for text in conf.split("--conf")]
    return {key.strip(): value.strip() for key, _, value in (t.partition("=") for t in texts if t)}


def _leave_running(session: SparkSession) -> None:
    """The Spark is not this process's alone: `stop()` in a script must not end it."""

    def stop(*arguments: Any) -> None:
        return None

    session.stop = stop  # type: ignore[method-assign]
    session.sparkContext.stop = stop  # type: ignore[method-assign]
