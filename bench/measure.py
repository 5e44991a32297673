"""Programs as child processes: seconds, phases, memory of the process tree, bytes written.

Data flow: command -> child in a session of its own -> Measurement

A child is the leader of a new session, so the processes of its tree are those that have its
session id, whoever started them. Their memory is summed ten times a second as the kernel counts it
(resident set); pages that two of them share count twice, so the true peak may be a little lower.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from threading import Event, Thread

PROJECT = Path(__file__).resolve().parent.parent
_SECONDS_BETWEEN_SAMPLES = 0.1
_SESSION, _RESIDENT_PAGES = 3, 21  # fields of proc(5) stat, counted from behind the name
_LOGS = "logs"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Program:
    """A measured program: a module of this package and its arguments beside --raw and --root."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()

    def command(self, raw: Path, root: Path) -> list[str]:
        """Its command line, with the Python that runs this."""
        places = ["--raw", str(raw), "--root", str(root)]
        return [sys.executable, "-m", self.module, *places, *self.arguments]


@dataclass(frozen=True)
class Measurement:
    """What one run of a program took.

    Attributes:
        program: Its name.
        round: Which round it was in, from 1.
        seconds: From its start to its end, as a person with a watch would say.
        phases: Seconds by phase, as the program itself says.
        peak_bytes: Largest resident memory of all its processes together.
        written_bytes: Size of everything below the root, without logs.
        exit_code: 0 is well.
    """

    program: str
    round: int
    seconds: float
    phases: dict[str, float]
    peak_bytes: int
    written_bytes: int
    exit_code: int

    @property
    def seconds_without_start(self) -> float:
        """Seconds over start-up."""
        return self.seconds - self.phases.get("start", 0.0)


def alternate(
    programs: Sequence[Program], rounds: int, raw: Path, scratch: Path
) -> list[Measurement]:
    """Run programs in turns, A B C A B C, each into an empty root that is removed afterwards."""
    measurements = []
    for number in range(1, rounds + 1):
        for program in programs:
            root = scratch / "root"
            shutil.rmtree(root, ignore_errors=True)
            measurements.append(measure(program, raw, root, scratch / "logs", number))
            shutil.rmtree(root)
    return measurements


def _environment() -> dict[str, str]:
    """A clean one: where Sail was started in this process, PySpark would want a remote session."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("SPARK_")}
    return {**inherited, "TZ": "UTC"}


def measure(
    program: Program, raw: Path, root: Path, logs: Path, number: int = 1, project: Path = PROJECT
) -> Measurement:
    """Run one program and measure it.

    Args:
        program: What to run.
        raw: Folder it reads.
        root: Folder it writes; made when it is not there.
        logs: Where its standard error goes.
        number: The round.
        project: The checkout whose code is run.
    """
    for folder in (root, logs):
        folder.mkdir(parents=True, exist_ok=True)
    os.sync()  # what the program before has left to write is not this one's
    log = logs / f"{program.name.replace(' ', '-').replace(',', '')}.log"
    with log.open("wb") as errors:
        started = time.monotonic()
        child = subprocess.Popen(
            program.command(raw, root),
            cwd=project,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        sampler = MemorySampler(child.pid)
        try:
            output, _ = child.communicate()
        finally:
            peak = sampler.stop()
            with suppress(ProcessLookupError):
                os.killpg(child.pid, SIGKILL)
        seconds = time.monotonic() - started
    measurement = Measurement(
        program=program.name,
        round=number,
        seconds=round(seconds, 3),
        phases=_phases(output),
        peak_bytes=peak,
        written_bytes=written_bytes(root),
        exit_code=child.returncode,
    )
    logger.info("%s", _summary(measurement, log))
    return measurement


def _phases(output: bytes) -> dict[str, float]:
    """The phases in the last line of a program's output; none if it failed before."""
    lines = output.decode(errors="replace").splitlines()
    try:
        return dict(json.loads(lines[-1])["seconds"])
    except (IndexError, ValueError, KeyError, TypeError):
        return {}


def _summary(done: Measurement, log: Path) -> str:
    what = f"round {done.round}: {done.program:<24} {done.seconds:8.1f} s"
    if done.exit_code:
        return f"{what}  FAILED with exit code {done.exit_code}, see {log}"
    phases = ", ".join(f"{name} {seconds:.1f}" for name, seconds in done.phases.items())
    return f"{what}  {done.peak_bytes / 1024**2:6.0f} MiB  ({phases})"


def written_bytes(root: Path) -> int:
    """Size of all files below a root; those of logs don't count."""
    return sum(
        path.stat().st_size
        for path in root.rglob("*")
        if path.is_file() and path.relative_to(root).parts[0] != _LOGS
    )


class MemorySampler:
    """Watches the memory of all processes of a session in a thread."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._peak = 0
        self._ended = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """End watching; the largest sum that was seen, in bytes."""
        self._ended.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._ended.wait(_SECONDS_BETWEEN_SAMPLES):
            self._peak = max(self._peak, resident_bytes(self._session))


def resident_bytes(session: int) -> int:
    """Resident memory of all processes of a session, together."""
    pages = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[_SESSION]) == session:
            pages += int(fields[_RESIDENT_PAGES])
    return pages * os.sysconf("SC_PAGE_SIZE")
