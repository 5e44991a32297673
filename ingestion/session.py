"""The session of this process: the one place that decides which engine runs.

Three cases: a platform such as Glue has started this process by spark-submit and brings its own
session; or an engine is embedded, Sail or Spark, as `Settings.engine` says. Everything else takes
the session as it is.
"""

from __future__ import annotations

import os
import re
from threading import Lock

from pyspark.sql import SparkSession

from ingestion.catalog import register_models, register_tables
from ingestion.errors import LakehouseError
from ingestion.settings import Engine, Settings
from ingestion.spark_conf import CORRECT_VALUES
from ingestion.writer_lock import OPS, Hold, not_shared

# dbt opens its connections from several threads.
_lock = Lock()
# Sail's words for all that is asked of a session that is gone.
_LOST = re.compile(r"session \S+ is not running")
_ready: dict[tuple[str, Engine], SparkSession] = {}
# Of which root and workspace the session has silver and gold in its catalog.
_models_of: list[Settings] = []


def get_session(settings: Settings, hold: Hold = not_shared) -> SparkSession:
    """Return the process's session with the tables that ingestion writes in its catalog.

    Args:
        settings: Where the lakehouse is, and the engine.
        hold: The lock for making tables, where other jobs may be at it.

    Raises:
        LakehouseError: The engine can't be started, such as Spark without a usable Java.
    """
    key = (settings.root, settings.engine)
    with _lock:
        if key not in _ready:
            _ready.clear()
            _models_of.clear()
            session = _start(settings)
            with hold(OPS):
                register_tables(session, settings)
            _ready[key] = session
        return _ready[key]


def get_session_for_models(settings: Settings) -> SparkSession:
    """As `get_session`, also with silver and gold, those of the workspace in the settings.

    Raises:
        LakehouseError: The engine can't be started.
    """
    session = get_session(settings)
    with _lock:
        if _models_of != [settings]:
            _models_of.clear()
            register_models(session, settings)
            _models_of.append(settings)
    return session


def _start(settings: Settings) -> SparkSession:
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        # spark-submit, and so Glue, hands its Python process a gateway to a running JVM.
        session = SparkSession.builder.getOrCreate()
        for key, value in CORRECT_VALUES.items():
            session.conf.set(key, value)
        return session
    # Only the engine that is asked for is imported: each costs start-up time of its own.
    if settings.engine == Engine.SAIL:
        from ingestion import sail

        return sail.start()
    from ingestion import spark

    return spark.start(settings)


def lost_session(words: str) -> LakehouseError | None:
    """What to say when an engine's words mean that it ended the session in the middle of a run."""
    lost = _LOST.search(words)
    if lost is None:
        return None
    return LakehouseError(
        f"The engine ended the session in the middle of the run: {lost[0]}.",
        "Run the same command again: nothing half done is visible, and what is missing is done "
        "then. If it happens again, choose the other engine with `--engine spark`.",
    )


def describe_engine(settings: Settings) -> str:
    """The engine, its version and what it runs on, in one line for people.

    Raises:
        LakehouseError: Spark is asked for and there is no usable Java.
    """
    if settings.engine == Engine.SAIL:
        from ingestion import sail

        return sail.describe()
    from ingestion import spark

    return spark.describe()
