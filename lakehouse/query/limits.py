"""What one question may use: memory, time and rows."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from ingestion.errors import LakehouseError

_MEGABYTE = 10**6


@dataclass(frozen=True)
class Limits:
    """Where a question is stopped.

    Attributes:
        memory: Megabytes that DuckDB may hold.
        seconds: Of wall time until the last row.
        rows: In the answer.
    """

    memory: int = 2_000
    seconds: int = 300
    rows: int = 10_000_000

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Limits:
        """The defaults with what the environment says.

        Raises:
            LakehouseError: A variable is no whole number above 0.
        """
        return cls(
            _number(environment, "LAKEHOUSE_QUERY_MEMORY_MB", cls.memory),
            _number(environment, "LAKEHOUSE_QUERY_SECONDS", cls.seconds),
            _number(environment, "LAKEHOUSE_QUERY_ROWS", cls.rows),
        )

    def set(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Limit a connection's memory; nothing is written to the disk in its place."""
        connection.execute(f"set memory_limit = '{self.memory * _MEGABYTE}B'")
        connection.execute("set temp_directory = ''")

    @contextmanager
    def watch(self, connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[None]:
        """Stop the connection when the time is over.

        Raises:
            LakehouseError: The time is over, or the memory.
        """
        timer = threading.Timer(self.seconds, connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except duckdb.InterruptException as error:
            raise LakehouseError(
                f"The query was stopped after {self.seconds} seconds.",
                "Ask for fewer rows, or raise LAKEHOUSE_QUERY_SECONDS.",
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise LakehouseError(
                f"The query needs more than {self.memory} MB of memory.",
                "Ask for fewer rows, or raise LAKEHOUSE_QUERY_MEMORY_MB.",
            ) from error
        finally:
            # Ended before the connection is: a thread that outlives it would end the program badly.
            timer.cancel()
            timer.join()

    def require_rows(self, count: int) -> None:
        """Stop when an answer has too many rows.

        Raises:
            LakehouseError: It has.
        """
        if count > self.rows:
            raise LakehouseError(
                f"The answer has more than {self.rows:,} rows.",
                "Add a LIMIT, or raise LAKEHOUSE_QUERY_ROWS.",
            )


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    written = environment.get(name, "")
    if written and not (written.isdecimal() and int(written) > 0):
        raise LakehouseError(
            f"{name}={written!r} is no whole number above 0.",
            f"Set it to e.g. {default}, or unset it.",
        )
    return int(written) if written else default
