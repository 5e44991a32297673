"""Serves the docs site to this machine alone."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rich.console import Console

from ingestion.errors import LakehouseError

_HOST = "127.0.0.1"


def serve_site(console: Console, folder: Path, port: int) -> None:
    """Serve a folder until Ctrl-C.

    Args:
        console: Gets the address.
        folder: Holds the pages.
        port: 0 takes a free one.

    Raises:
        LakehouseError: The port is taken.
    """
    with new_server(folder, port) as server:
        console.print(f"Open {address_of(server)}   (Ctrl-C ends it)", highlight=False)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.print("Ended.")


def new_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of the folder's files that listens on the loopback address.

    Raises:
        LakehouseError: The port is taken.
    """
    handler = partial(_QuietHandler, directory=str(folder))
    try:
        return ThreadingHTTPServer((_HOST, port), handler)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LakehouseError(
            f"The docs site can't be served on port {port}: {reason}.",
            "Choose another with --port, or --port 0 for a free one; --no-serve only writes it.",
        ) from error


def address_of(server: ThreadingHTTPServer) -> str:
    """Where a browser finds it."""
    return f"http://{_HOST}:{server.server_address[1]}/"


class _QuietHandler(SimpleHTTPRequestHandler):
    """Serves files; says nothing of each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
