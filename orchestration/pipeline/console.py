"""The console that every command prints to."""

from __future__ import annotations

import sys

from rich.console import Console

_WIDTH_OF_A_PIPE = 160


def new_console() -> Console:
    """A pipe or a log file has no width of its own; tables need one that does not cut them."""
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH_OF_A_PIPE)
