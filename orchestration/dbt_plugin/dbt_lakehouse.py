"""The dbt plugin that lets a plain `dbt` command work: it brings the lakehouse's Spark session.

dbt finds modules named `dbt_*` by itself. dbt-spark's `session` method takes the process's Spark
session or starts a bare one, which knows neither Delta nor any table. So before dbt-spark opens its
first connection, the session of `ingestion.spark` is started, with the JARs, the Java and the
tables below `LAKEHOUSE_ROOT`. Commands that open no connection, such as `dbt parse`, start nothing.
"""

from __future__ import annotations

from typing import Any

from dbt.adapters.spark import session
from dbt.plugins.manager import dbtPlugin


class LakehousePlugin(dbtPlugin):
    """Open dbt-spark's session connections on the lakehouse's Spark session."""

    def initialize(self) -> None:
        """Put our connection in the place of the adapter's; doing it again changes nothing."""
        setattr(session, "Connection", LakehouseConnection)  # noqa: B010 (mypy protects classes)


class LakehouseConnection(session.Connection):
    """A session connection that makes sure the session is the lakehouse's."""

    def __init__(self, **parameters: Any) -> None:
        from ingestion.settings import Settings
        from ingestion.spark import get_session

        get_session(Settings.read())
        super().__init__(**parameters)


plugins = [LakehousePlugin]
