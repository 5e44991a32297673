"""Trino, the engine that Athena is built on, over the stand-in's Glue catalog and S3.

Flow: first query -> Java 25 with Trino 476 -> awsdatacatalog: tables of Glue, files of S3

Athena names its catalog `awsdatacatalog`; so does this one.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trino

from ingestion.errors import LakehouseError
from tests.cloud.parts import Parts, fetch
from tests.cloud.stand_in import REGION, end_group, free_port, signal_group

CATALOG = "awsdatacatalog"
_START_SECONDS = 180

_CONFIG = """\
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port={port}
discovery.uri=http://127.0.0.1:{port}
node.internal-address=127.0.0.1
plugin.dir={plugins}
catalog.config-dir={folder}/catalog
query.max-memory=512MB
memory.heap-headroom-per-node=256MB
"""

_CATALOG = """\
connector.name=delta_lake
hive.metastore=glue
hive.metastore.glue.endpoint-url={endpoint}
hive.metastore.glue.region={region}
hive.metastore.glue.aws-access-key=test
hive.metastore.glue.aws-secret-key=test
hive.metastore-cache-ttl=0s
delta.metadata.cache-ttl=0s
fs.native-s3.enabled=true
s3.endpoint={endpoint}
s3.region={region}
s3.path-style-access=true
s3.aws-access-key=test
s3.aws-secret-key=test
"""


@dataclass(frozen=True)
class Result:
    """What a statement gave.

    Attributes:
        columns: Name and type of each.
        rows: Values as Python's.
        scanned: Bytes read.
    """

    columns: list[tuple[str, str]]
    rows: list[list[Any]]
    scanned: int


@dataclass(frozen=True)
class Trino:
    """A running Trino.

    Attributes:
        port: On the loopback.
        process: Leader of its own process group.
    """

    port: int
    process: subprocess.Popen[Any]

    def query(self, sql: str, schema: str | None = None) -> Result:
        """Run a statement.

        Raises:
            trino.exceptions.Error: Trino refused it or failed.
        """
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                return self._query(sql, schema)
            except trino.exceptions.TrinoQueryError as error:
                # For some seconds after its start Trino does not count its one node as one that
                # has the catalog.
                if error.error_name != "NO_NODES_AVAILABLE" or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _query(self, sql: str, schema: str | None) -> Result:
        with self._connect(schema) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            rows = cursor.fetchall()
            columns = [(column[0], column[1]) for column in cursor.description or []]
            return Result(columns, rows, int((cursor.stats or {}).get("processedBytes", 0)))

    def _connect(self, schema: str | None) -> Any:
        return trino.dbapi.connect(  # type: ignore[no-untyped-call]
            host="127.0.0.1",
            port=self.port,
            user="athena",
            catalog=CATALOG,
            schema=schema,
            timezone="UTC",
        )

    def stop(self) -> None:
        """End it."""
        signal_group(self.process, signal.SIGTERM)
        end_group(self.process)


def _in_new_group(command: list[str], **options: Any) -> subprocess.Popen[Any]:
    return subprocess.Popen(command, start_new_session=True, **options)


def start(folder: Path, endpoint: str, popen: Callable[..., Any] = _in_new_group) -> Trino:
    """Start Trino and wait until it answers queries.

    Args:
        folder: For its settings, data and log; made if need be.
        endpoint: URL of the stand-in.
        popen: Starts a process as leader of its own group.

    Raises:
        LakehouseError: A part can't be fetched, or Trino does not start.
    """
    parts = fetch()
    port = free_port()
    command = _set_up(folder, parts, port, endpoint)
    with (folder / "trino.log").open("wb") as log:
        process = popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    server = Trino(port, process)
    try:
        _wait(server, folder / "trino.log")
    except BaseException:
        server.stop()
        raise
    return server


def _set_up(folder: Path, parts: Parts, port: int, endpoint: str) -> list[str]:
    """Write the settings; return the command that starts Trino with them."""
    plugins = parts.trino / "plugin"
    values = {"folder": folder, "port": port, "plugins": plugins}
    (folder / "catalog").mkdir(parents=True)
    (folder / "config.properties").write_text(_CONFIG.format(**values))
    (folder / "log.properties").write_text("io.trino=WARN\nio.airlift=WARN\norg.eclipse=WARN\n")
    (folder / "catalog" / f"{CATALOG}.properties").write_text(
        _CATALOG.format(endpoint=endpoint, region=REGION)
    )
    options = {
        "node.environment": "standin",
        "node.bind-ip": "127.0.0.1",
        "node.data-dir": folder / "data",
        "config": folder / "config.properties",
        "log.levels-file": folder / "log.properties",
    }
    return [
        str(parts.java / "bin" / "java"),
        "-Xmx1536m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:+EnableDynamicAgentLoading",
        "-Duser.timezone=UTC",
        "-Dfile.encoding=UTF-8",
        *(f"-D{name}={value}" for name, value in options.items()),
        *("-cp", f"{parts.trino}/lib/*", "io.trino.server.TrinoServer"),
    ]


def _wait(server: Trino, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        if _has_started(server):
            return
        time.sleep(0.2)
    raise LakehouseError("Trino did not start.", f"Its log, {log}, says why.")


def _has_started(server: Trino) -> bool:
    """It runs a query: it listens before it does."""
    try:
        socket.create_connection(("127.0.0.1", server.port), 1).close()
        server.query("select 1")
    except (OSError, trino.exceptions.Error):
        return False
    return True
