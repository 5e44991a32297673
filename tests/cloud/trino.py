"""Trino, the engine that Athena is built on, over the stand-in's Glue catalogue and S3.

Flow: first query -> Java 25 with Trino 476 -> awsdatacatalog: tables of Glue, files of S3

Athena names its catalogue `awsdatacatalog`; so does this one.
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
from tests.cloud.stand_in import REGION, end_group, signal_group

CATALOGUE = "awsdatacatalog"
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

_CATALOGUE = """\
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
class Trino:
    """A running Trino.

    Attributes:
        port: On the loopback.
        process: Leader of its own process group.
    """

    port: int
    process: subprocess.Popen[Any]

    def query(self, sql: str, schema: str | None = None) -> tuple[list[Any], list[list[Any]]]:
        """Run a statement; return the columns, as Python's DB API describes them, and the rows.

        Raises:
            trino.exceptions.Error: Trino refused it or failed.
        """
        with self.connect(schema) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            rows = cursor.fetchall()
            return list(cursor.description or []), rows

    def connect(self, schema: str | None = None) -> Any:
        """A connection of Trino's Python client."""
        return trino.dbapi.connect(  # type: ignore[no-untyped-call]
            host="127.0.0.1",
            port=self.port,
            user="athena",
            catalog=CATALOGUE,
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
    port = _free_port()
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
    (folder / "catalog" / f"{CATALOGUE}.properties").write_text(
        _CATALOGUE.format(endpoint=endpoint, region=REGION)
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
    """It runs a query: it listens before it does, and answers before its one node counts."""
    try:
        with socket.create_connection(("127.0.0.1", server.port), 1):
            pass
        server.query("select 1")
    except (OSError, trino.exceptions.Error):
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
