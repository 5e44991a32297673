"""The console that every command prints to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook
from rich.segment import Segment

from ingestion.visible import visible_lines

_WIDTH_OF_A_PIPE = 160


def new_console() -> Console:
    """A console on which no text of a file, a name or an engine can steer the terminal.

    A pipe or a log file has no width of its own; what wraps there needs one that does not cut it.
    """
    console = _Console() if sys.stdout.isatty() else _Console(width=_WIDTH_OF_A_PIPE)
    console.push_render_hook(_VisibleText())
    return console


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Go on without a reader that has seen enough, such as `head`, to the own exit code."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _VisibleText(RenderHook):
    """Shows control characters by their codes, whatever is printed and whoever forgot to."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Put each renderable into one that escapes its text."""
        return [_Visible(renderable) for renderable in renderables]


class _Visible:
    def __init__(self, inner: ConsoleRenderable) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self._inner, options):
            if segment.control:  # of rich itself, such as for a bar that is drawn again
                yield segment
            else:
                yield Segment(visible_lines(segment.text), segment.style)
