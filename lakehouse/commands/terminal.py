"""What commands have in common: how they end, and which roots some of them refuse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ingestion.errors import LakehouseError
from ingestion.settings import Settings

# What a shell says of a command that Ctrl-C has stopped: 128 and the number of SIGINT.
INTERRUPTED = 130


class Ended(Exception):
    """A run came to its end with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Interrupted(Exception):
    """Ctrl-C has stopped the command; the words say what holds now and how to go on."""


@contextmanager
def interruptible(words: str) -> Iterator[None]:
    """Let Ctrl-C end what happens inside with a sentence.

    Args:
        words: What holds then and how to go on.

    Raises:
        Interrupted: It was stopped.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(words) from None


def require_local_root(settings: Settings) -> None:
    """Refuse a root that is not on this machine: the command moves files of a folder.

    Raises:
        LakehouseError: It is on S3.
    """
    if not settings.is_local:
        raise LakehouseError(
            f"The root {settings.root} is no folder of this machine.",
            "This command works on a folder; on S3 the Glue jobs and the dbt targets do the work.",
        )
