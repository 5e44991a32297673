"""What commands have in common towards the terminal: its console, and how a command ends."""

from __future__ import annotations

import sys

from rich.console import Console

from ingestion.errors import LakehouseError
from ingestion.settings import Settings

_WIDTH_OF_A_PIPE = 160


class Ended(Exception):
    """A run came to its end with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def new_console() -> Console:
    """A pipe or a log file has no width of its own; tables need one that does not cut them."""
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH_OF_A_PIPE)


def require_local_root(settings: Settings) -> None:
    """Refuse a root that is not on this machine.

    Raises:
        LakehouseError: It is on S3.
    """
    if not settings.is_local:
        raise LakehouseError(
            f"The root {settings.root} is no folder of this machine.",
            "This command works on a folder; on S3 the Glue jobs and the dbt targets do the work.",
        )
