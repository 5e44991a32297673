"""Stand-ins for what Spark needs beyond Python packages: a Java, a Maven repository."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from ingestion.jars import JARS, jar_paths

CUT_OFF = 0
Refusal = int  # An HTTP status, or CUT_OFF: the answer ends in the middle.

NEVER_RUN = "echo 'this Java must not be started' >&2; exit 1"


def make_java(home: Path, version: str | None, script: str = NEVER_RUN) -> Path:
    """A Java home; with a version it has a `release` file, as every JDK since 8."""
    (home / "bin").mkdir(parents=True)
    java = home / "bin" / "java"
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    if version:
        (home / "release").write_text(f'IMPLEMENTOR="Test"\nJAVA_VERSION="{version}"\n')
    return home


def make_repository(folder: Path) -> Path:
    """The JARs of this environment in the layout of a Maven repository."""
    for jar, path in zip(JARS, jar_paths(), strict=True):
        place = folder / jar.group.replace(".", "/") / jar.name / jar.version
        place.mkdir(parents=True)
        shutil.copy(path, place)
    return folder


@contextmanager
def served(
    folder: Path, first: Sequence[Refusal] = (), certificate: Path | None = None
) -> Iterator[str]:
    """The URL of a folder that is served on the loopback.

    Args:
        folder: A repository.
        first: What the first requests get in place of a file.
        certificate: Key and certificate, for HTTPS.
    """
    handler = partial(_Handler, list(first), directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, refusals: list[Refusal], *arguments: Any, **named: Any) -> None:
        self.refusals = refusals
        super().__init__(*arguments, **named)

    def do_GET(self) -> None:
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is None:
            super().do_GET()
        elif refusal == CUT_OFF:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"the first bytes")
        else:
            self.send_error(refusal)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""
