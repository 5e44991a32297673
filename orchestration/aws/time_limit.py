"""A limit of time for a build, and a good end when it is asked to stop.

CodeBuild kills at its own limit, which would leave the Glue session running. So the build stops
itself before: by an exception in the main thread. If a thread of dbt then hangs, as dbt-glue does
while it waits for a statement that was cancelled, the process ends hard after a time of grace.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

logger = logging.getLogger(__name__)

GRACE_SECONDS = 180
_SIGNALS = (signal.SIGALRM, signal.SIGTERM, signal.SIGINT)


class Stopped(KeyboardInterrupt):
    """The build was stopped; dbt and its threads take it for Ctrl-C."""


@contextmanager
def stopped_in_time(seconds: float, at_stop: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Raise `Stopped` inside once the time is over or the process is asked to end.

    Args:
        seconds: The limit.
        at_stop: Called before; what it ends, dbt's threads need not wait for.
    """

    def stop(why: str) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, end_hard)
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
        at_stop()
        raise Stopped(why)

    def end_hard(number: int, frame: FrameType | None) -> None:
        logger.error("A statement hangs: the build ends without waiting for it.")
        os._exit(1)

    def at_limit(number: int, frame: FrameType | None) -> None:
        stop(
            f"The build took longer than {seconds / 60:g} minutes and was stopped. Look at what the"
            " Glue session was at, give the build more time or workers, and run it again."
        )

    def when_told(number: int, frame: FrameType | None) -> None:
        stop(
            "The build was stopped before its end. Run it again: what was half done is not"
            " visible and will be done anew."
        )

    kept = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        signal.signal(number, at_limit if number == signal.SIGALRM else when_told)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in kept.items():
            signal.signal(number, handler)
