"""What the measured programs share: their arguments, the clock, and the one line they print.

Each program is a process of its own, so that start-up counts and nothing is left over from another.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Phases:
    """Seconds of each phase, in the order in which they began."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add the time spent inside to a phase."""
        started = time.monotonic()
        yield
        self.add(name, time.monotonic() - started)

    def add(self, name: str, seconds: float) -> None:
        """Add seconds to a phase."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def started(self) -> None:
        """End the phase `start`, which began with the process itself: imports count."""
        self.seconds["start"] = _process_age()

    def print(self) -> None:
        """Print the result, the last line of a program's output."""
        rounded = {name: round(seconds, 3) for name, seconds in self.seconds.items()}
        sys.stdout.write(json.dumps({"seconds": rounded}) + "\n")


def argument_parser(description: str) -> argparse.ArgumentParser:
    """A parser with the arguments that every program takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--raw", type=Path, required=True, help="folder of the raw files")
    parser.add_argument("--root", type=Path, required=True, help="folder for the tables")
    return parser


def _process_age() -> float:
    # Field 22 of proc(5) stat; the name in field 2 may hold blanks, so count from behind it.
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    born = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - born
