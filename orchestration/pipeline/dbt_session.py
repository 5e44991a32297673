"""The dbt plugin that lets a plain `dbt` command work: it brings the lakehouse's session.

dbt imports it by way of `dbt_plugin/dbt_lakehouse.py`. dbt-spark's `session` method takes the
process's Spark session or starts a bare one, which knows neither Delta nor any table. So before
dbt-spark opens its first connection, the session of `ingestion.session` is started, on the engine
that the target names, with the tables below `LAKEHOUSE_ROOT`, those of silver and gold in a
workspace (`dbt_settings`). Commands that open no connection, such as `dbt parse`, start nothing.

Models with the tag `memory_intensive` run one at a time, so that a build needs the memory of one of
them, whatever the number of dbt's threads. Their order is dbt's: a `ref` says what is read, and
nothing else.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import Any

from dbt.adapters.spark import session
from dbt.plugins.manager import dbtPlugin
from dbt_common.exceptions import DbtRuntimeError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from ingestion.layers import LAYERS
from ingestion.session import lost_session
from orchestration.pipeline.dbt_settings import settings_for_dbt
from orchestration.pipeline.faults.engine_words import first_words
from orchestration.pipeline.faults.sql_faults import explained
from orchestration.project.tables import is_made_here

logger = logging.getLogger(__name__)

# As macros/query_comment.sql writes it into the comment that a statement begins with.
_MEMORY_INTENSIVE = '"memory_intensive": true'
_one_at_a_time = Lock()
_READ_TABLE = re.compile(rf"\b(?:from|join)\s+((?:{'|'.join(LAYERS)})\.\w+)", re.IGNORECASE)


class LakehousePlugin(dbtPlugin):
    """Open dbt-spark's session connections on the lakehouse's session."""

    def initialize(self) -> None:
        """Put our connection in the place of the adapter's; doing it again changes nothing."""
        setattr(session, "Connection", LakehouseConnection)  # noqa: B010 (mypy protects classes)


class LakehouseConnection(session.Connection):
    """A connection on the lakehouse's session."""

    def __init__(self, **parameters: Any) -> None:
        from ingestion.session import get_session_for_models

        super().__init__(**parameters)
        engine = self.server_side_parameters["lakehouse.engine"]
        self._session = get_session_for_models(settings_for_dbt(engine))

    def cursor(self) -> session.Cursor:
        """A cursor of the same session."""
        return LakehouseCursor(self._session)


class LakehouseCursor(session.Cursor):
    """A cursor that runs its statement on the session it is given, whatever the engine."""

    def __init__(self, lakehouse_session: SparkSession) -> None:
        super().__init__()
        self._session = lakehouse_session
        self._statement = ""

    def execute(self, sql: str, *parameters: Any) -> None:
        """Run a statement.

        Raises:
            DbtRuntimeError: The engine refused it; with the place in the file that it is made of.
        """
        self._statement = sql % parameters if parameters else sql
        comment = self._statement.partition("*/")[0]
        turn = _one_at_a_time if _MEMORY_INTENSIVE in comment else nullcontext()
        with self._refusals_explained(), turn:
            self._df = self._session.sql(self._statement)

    @property
    def description(self) -> Any:
        """Names and types of the columns; dbt reads the types of queries without rows alone.

        Over Spark Connect each look at the columns plans the query once more; rows, which dbt
        fetches anyway, know them.
        """
        rows = self.fetchall()
        if rows:
            return [(name, *[None] * 6) for name in rows[0].__fields__]
        with self._refusals_explained():
            return super().description

    def fetchall(self) -> Any:
        """All rows."""
        with self._refusals_explained():
            return super().fetchall()

    def fetchone(self) -> Any:
        """The next row."""
        with self._refusals_explained():
            return super().fetchone()

    @contextmanager
    def _refusals_explained(self) -> Iterator[None]:
        try:
            yield
        except PySparkException as error:
            words = self._explained(first_words(str(error)))
            raise DbtRuntimeError(words or str(error)) from error

    def _explained(self, message: str) -> str | None:
        """What is wrong, by the names of the project; None if only the engine can say it."""
        if lost_session(message):
            return None
        comment = self._statement.partition("*/")[0]
        missing = _never_built(self._missing_tables(self._statement), comment)
        try:
            return missing or explained(self._statement, message, self._columns)
        except Exception:  # whatever it is, it may not hide the engine's error
            logger.debug("not explained", exc_info=True)
            return None

    def _columns(self, query: str) -> list[str] | None:
        try:
            return list(self._session.sql(query).columns)
        except PySparkException:
            return None

    def _missing_tables(self, statement: str) -> list[str]:
        """Tables of the project that a refused statement reads and that are not there."""
        read = sorted(set(_READ_TABLE.findall(statement)))
        made = [name for name in read if name.startswith(("bronze.", "ops.")) or is_made_here(name)]
        return [name for name in made if not self._session.catalog.tableExists(name)]


def _never_built(missing: Sequence[str], comment: str) -> str | None:
    """What to do about tables that a model reads and that are not there; None if all are."""
    if not missing:
        return None
    node = re.search(r'"node_id": "\w+\.\w+\.(\w+)', comment)
    model = node[1] if node else "MODEL"
    return (
        f"It reads {', '.join(missing)}: not there, so never built or not loaded on this root."
        f" Build it with all that it reads: --select +{model}"
    )


plugins = [LakehousePlugin]
