"""The JARs of Delta Lake: fetched once, when Spark is first asked for, then passed to it as files.

Flow: Maven repository -> Ivy -> scratch folder, SHA-256 -> <environment>/share/lakehouse/jars

Spark could resolve them at each start (`spark.jars.packages`), but that costs three seconds each
time and needs the network.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ingestion.errors import LakehouseError
from ingestion.ivy import Jar, JarsNotFetchedError, retrieve
from ingestion.java import PARTS_FOLDER

# Delta's third dependency, antlr4-runtime 4.9.3, is among pyspark's own JARs.
JARS = (
    Jar(
        group="io.delta",
        name="delta-spark_2.12",
        version="3.3.3",
        sha256="4912bf902a1c453aba3bd838ff212dedd357155212f9bb37a6b47d97f2827ebc",
    ),
    Jar(
        group="io.delta",
        name="delta-storage",
        version="3.3.3",
        sha256="45ad193053fd30cebe6d9ab1889873cde39b223a0f210e00ebee8b6642476901",
    ),
)

JAR_FOLDER = PARTS_FOLDER / "jars"


class JarsMissingError(LakehouseError):
    """A JAR is not there, or not the one that was pinned."""


def jar_paths(folder: Path = JAR_FOLDER) -> list[Path]:
    """The JARs that Spark needs for Delta, each with the pinned content.

    Raises:
        JarsMissingError: One is not there or is damaged.
    """
    for jar in JARS:
        fault = _fault(jar, folder)
        if fault:
            raise JarsMissingError(f"{folder / jar.filename} {fault}.", "Run `make setup-spark`.")
    return [folder / jar.filename for jar in JARS]


def fetch(folder: Path = JAR_FOLDER, environ: Mapping[str, str] | None = None) -> list[Path]:
    """Brings the JARs that are missing or damaged; does nothing when there are none.

    A file is put in place only when it is whole: whatever stops a fetch, the next one repairs it.

    Raises:
        JarsNotFetchedError: The repository can't be reached or has something else.
        JavaNotFoundError: Ivy needs Java 17 as well.
    """
    wanted = [jar for jar in JARS if _fault(jar, folder)]
    if wanted:
        environ = os.environ if environ is None else environ
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder.parent) as scratch:
            arrived = retrieve(wanted, Path(scratch), environ)
            for jar in wanted:
                fault = _fault(jar, arrived)
                if fault:
                    raise JarsNotFetchedError.because([jar], f"the file that arrived {fault}")
            for jar in wanted:
                (arrived / jar.filename).replace(folder / jar.filename)
    return jar_paths(folder)


def _fault(jar: Jar, folder: Path) -> str:
    """What is wrong with a JAR in a folder, empty when it is as pinned."""
    try:
        content = (folder / jar.filename).read_bytes()
    except FileNotFoundError:
        return "is missing"
    digest = hashlib.sha256(content).hexdigest()
    return "" if digest == jar.sha256 else f"has SHA-256 {digest}, not the pinned {jar.sha256}"
