"""The JARs of Delta Lake: fetched once, when Spark is first asked for, then passed to it as files.

Flow: Maven repository -> scratch folder, SHA-256 -> <environment>/share/lakehouse/jars

Spark could resolve them at each start (`spark.jars.packages`), but that costs three seconds each
time and needs the network.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from ingestion.errors import LakehouseError
from ingestion.java import PARTS_FOLDER
from ingestion.maven import Artifact, download

# Delta's third dependency, antlr4-runtime 4.9.3, is among pyspark's own JARs.
JARS = (
    Artifact(
        group="io.delta",
        name="delta-spark_2.12",
        version="3.3.3",
        sha256="4912bf902a1c453aba3bd838ff212dedd357155212f9bb37a6b47d97f2827ebc",
    ),
    Artifact(
        group="io.delta",
        name="delta-storage",
        version="3.3.3",
        sha256="45ad193053fd30cebe6d9ab1889873cde39b223a0f210e00ebee8b6642476901",
    ),
)

JAR_FOLDER = PARTS_FOLDER / "jars"
_RETRY = "run `make setup-spark` (the engine sail needs no JARs)"


class JarsMissingError(LakehouseError):
    """A JAR is not there, or not the one that was pinned."""


def jar_paths(folder: Path = JAR_FOLDER) -> list[Path]:
    """The JARs that Spark needs for Delta, each with the pinned content.

    Raises:
        JarsMissingError: One is not there or is damaged.
    """
    for jar in JARS:
        fault = jar.fault(folder / jar.filename)
        if fault:
            raise JarsMissingError(f"{folder / jar.filename} {fault}.", "Run `make setup-spark`.")
    return [folder / jar.filename for jar in JARS]


def fetch(folder: Path = JAR_FOLDER) -> list[Path]:
    """Bring the JARs that are missing or damaged; do nothing when there are none.

    A file is put in place only when all are whole: whatever stops a fetch, the next one repairs it.

    Raises:
        NotFetchedError: The repository can't be reached or has something else.
    """
    wanted = [jar for jar in JARS if jar.fault(folder / jar.filename)]
    if wanted:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder.parent) as scratch:
            for jar in wanted:
                download(jar, Path(scratch), _RETRY)
            for jar in wanted:
                (Path(scratch) / jar.filename).replace(folder / jar.filename)
    return jar_paths(folder)
