"""Sail, embedded: an engine in Rust that speaks Spark Connect, for the same PySpark and SQL.

Data flow: PySpark -> Spark Connect on a loopback port -> Sail, in this process -> Delta tables

What Sail lacks is bridged here and nowhere else: `SailSession.sql` takes the statements that Spark
takes. Each bridge has a test in tests/ingestion/test_sail.py that fails on the day Sail can do it.
"""

from __future__ import annotations

import atexit
import logging
import os
import pwd
import re
import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pysail
from deltalake import DeltaTable, WriterProperties
from pyspark.sql import SparkSession
from pyspark.sql import types as T
from pyspark.sql.connect.client import SparkConnectClient
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession as ConnectSession

from ingestion.settings import available_cores

# dbt opens each statement with a comment.
_COMMENT = r"\s*(?:/\*.*?\*/\s*)?"
_REPLACE = re.compile(
    rf"({_COMMENT}create or replace table\s.*?using delta\b)", re.DOTALL | re.IGNORECASE
)
_DESCRIBE = re.compile(rf"{_COMMENT}describe (?:table )?extended\s+([\w.`]+)\s*", re.DOTALL | re.I)
_SHOW = re.compile(rf"{_COMMENT}show table extended in .*", re.DOTALL | re.IGNORECASE)
_ZORDER = re.compile(
    rf"{_COMMENT}optimize\s+([\w.`]+)(?:\s+where\s+(.*?))?\s+zorder\s+by\s*\(([^)]*)\)\s*",
    re.DOTALL | re.IGNORECASE,
)

# A day's file is a megabyte or two, so what a look-up can skip are pages, and a page that uses a
# dictionary costs the whole dictionary.
_SMALL_PAGES = WriterProperties(
    compression="ZSTD", data_page_row_count_limit=2048, dictionary_page_size_limit=8192
)

_SECONDS_TO_EXIT = 15

# The ids that Linux gives to people rather than to services.
_PEOPLE = range(1000, 60001)

# Sail ends a session that has made no request for 15 minutes, also while it waits for an answer. A
# server that lives and ends with this process needs no such limit. There is no value for never, and
# the largest number hangs; no run takes a year.
SESSION_SECONDS = 365 * 24 * 60 * 60

_servers: list[Any] = []

logger = logging.getLogger(__name__)


def start() -> SparkSession:
    """Open a session with an empty catalog; the server starts with the first one."""
    os.environ.setdefault("RUST_LOG", "error")
    if not _servers:
        from pysail.spark import SparkConnectServer

        # Whatever the caller's environment says: a run may not lose its session.
        os.environ["SAIL_SPARK__SESSION_TIMEOUT_SECS"] = str(SESSION_SECONDS)
        others = other_people(_owners_of_processes(), os.getuid())
        if others:
            logger.warning(
                "%s at work on this machine too: while a run lasts, Sail's port takes requests from"
                " any user. Choose `--engine spark` if they may not read or change these tables.",
                f"{', '.join(others)} {'is' if len(others) == 1 else 'are'}",
            )
        server = SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
        _servers.append(server)
        atexit.register(_stop, server)
    # PySpark's functions look here for the kind of session they work for.
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    host, port = _servers[0].listening_address
    session = SailSession(f"sc://{host}:{port}")
    session.conf.set("spark.sql.session.timeZone", "UTC")
    session.conf.set("spark.sql.shuffle.partitions", str(available_cores()))
    # The two classes share an interface and no ancestor.
    return cast(SparkSession, session)


def other_people(owners: Iterable[int], own: int) -> list[str]:
    """Names of the people among owners of processes, without oneself and the system's accounts."""
    found = {owner for owner in owners if owner in _PEOPLE and owner != own}
    return sorted(map(_name_of, found))


def _owners_of_processes() -> Iterator[int]:
    """User ids; none where the system does not show its processes as files."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            yield process.stat().st_uid


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def _stop(server: Any) -> None:
    """Stop the server at exit, by force if need be.

    A query that Ctrl-C left at work has threads that Python waits for without end.
    """
    server.stop()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_SECONDS_TO_EXIT)


def describe() -> str:
    """Version of Sail."""
    return f"sail {pysail.__version__}"


class _Client(SparkConnectClient):
    """Takes an answer only from a session that is still there.

    When Sail ends a session, an answer on its way just stops: the rows so far would pass for all.
    """

    def _execute_and_fetch(self, *arguments: Any, **named: Any) -> Any:
        answer = super()._execute_and_fetch(*arguments, **named)
        *_, statement_result = answer
        if not statement_result:  # which comes whole or not at all
            self.get_configs("spark.sql.session.timeZone")
        return answer


class SailSession(ConnectSession):
    """A session on Sail that also takes what only Spark takes by itself."""

    def __init__(self, connection: str) -> None:
        super().__init__(connection)
        self._client = _Client(connection)
        self._session_id = self._client._session_id
        # There is no network to lose an answer on, and the threads that would fetch it again belong
        # to all sessions of the process: the end of an older session would stop them.
        self.client.disable_reattachable_execute()

    def sql(self, sqlQuery: str, *arguments: Any, **named: Any) -> DataFrame:  # noqa: N803
        """Run a statement as Spark does."""
        zorder = _ZORDER.fullmatch(sqlQuery)
        if zorder:
            self._zorder(*zorder.groups())
            return super().sql("select 1 where false")
        # Without the option Sail refuses to replace a table by one of another schema.
        statement = _REPLACE.sub(r"\1 options ('overwriteSchema' = 'true')", sqlQuery, count=1)
        answer = super().sql(statement, *arguments, **named)
        describe = _DESCRIBE.fullmatch(sqlQuery)
        if describe:
            return self._described(describe[1], answer)
        if _SHOW.fullmatch(sqlQuery):
            return self._shown(answer)
        return answer

    def _zorder(self, table: str, condition: str | None, columns: str) -> None:
        """Sail has no `optimize`; delta-rs has.

        It interleaves the bits of the values as they are, so of two ids the one with more bits that
        vary hides the other, and a look-up by product would still read everything. The rows are
        therefore ordered by the first column alone. The others are pruned by the files' statistics
        where they grow with the partition, as order ids do with the day.
        """
        rows = super().sql(f"describe table extended {table}").collect()
        location = next(row["data_type"] for row in rows if row["col_name"] == "Location")
        delta_table = DeltaTable(location)
        partitions = self._partitions(table, delta_table, condition)
        if partitions != []:
            delta_table.optimize.z_order(
                [columns.split(",")[0].strip(" `")], partitions, writer_properties=_SMALL_PAGES
            )

    def _partitions(
        self, table: str, delta_table: DeltaTable, condition: str | None
    ) -> list[tuple[str, str, list[str]]] | None:
        """The partitions whose rows meet a condition, as delta-rs takes them; None for all."""
        if condition is None:
            return None
        (column,) = delta_table.metadata().partition_columns
        rows = super().sql(
            f"select distinct cast(`{column}` as string) from {table} where {condition}"
        )
        values = [row[0] for row in rows.collect()]
        return [(column, "in", values)] if values else []

    def _described(self, table: str, answer: DataFrame) -> DataFrame:
        """Sail names no columns of a table that was registered by its path."""
        rows = answer.collect()
        if rows[0]["col_name"]:
            return answer
        columns = [
            (field.name, field.dataType.simpleString(), None) for field in self._fields(table)
        ]
        return self.createDataFrame([*columns, *(tuple(row) for row in rows)], answer.schema)

    def _shown(self, answer: DataFrame) -> DataFrame:
        """As `_described`, for the listing that dbt's docs are made from."""
        rows = [row.asDict() for row in answer.collect()]
        for row in rows:
            if row["information"].endswith("Schema: root\n"):
                row["information"] += "".join(
                    f" |-- {field.name}: {field.dataType.simpleString()}"
                    f" (nullable = {str(field.nullable).lower()})\n"
                    for field in self._fields(f"{row['database']}.{row['tableName']}")
                )
        return self.createDataFrame([tuple(row.values()) for row in rows], answer.schema)

    def _fields(self, table: str) -> list[T.StructField]:
        return list(self.table(table).schema)
