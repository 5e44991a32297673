"""The Chromium that pages are tested in: the machine's, else Playwright's own.

Flow: PATH -> apt, as root or by sudo -> `playwright install` -> one line that says it is missing

    python -m tests.browser.chromium    installs it where it may (`make setup-browser`)
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

logger = logging.getLogger(__name__)

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "Chromium is missing, so pages can't be tested. Install it, such as by"
    " `sudo apt-get install -y --no-install-recommends chromium`, then run `make test`."
)
PLAYWRIGHT = Path(sys.prefix) / "bin" / "playwright"


def find() -> str | None:
    """The program, None where there is none that runs."""
    on_path = next((path for path in map(shutil.which, NAMES) if path), None)
    found = on_path or own_of_playwright()
    return found if _succeeds(found, "--version") else None


def own_of_playwright() -> str:
    """Where Playwright puts its Chromium, there or not."""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def install(*, is_root: bool) -> str | None:
    """Install Chromium where this user may, and return the program; None where nothing helped."""
    found = find()
    if not found and shutil.which("apt-get"):
        # Without a password to ask for, as nobody may be there to type it.
        apt = [*([] if is_root else ["sudo", "-n"]), "apt-get"]
        if _succeeds(*apt, "update"):
            logger.info("installing Chromium by apt, for the tests of pages")
            _succeeds(*apt, "install", "-y", "--no-install-recommends", "chromium")
        found = find()
    if not found:
        logger.info("fetching Playwright's Chromium, for the tests of pages")
        _succeeds(str(PLAYWRIGHT), "install", "chromium")
        found = find()
    return found


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def main() -> int:
    """Install it; that it can't be had is said here and is no failure yet."""
    logging.basicConfig(level=logging.INFO, format="set-up: %(message)s")
    if not install(is_root=os.geteuid() == 0):
        logger.error("%s All other tests run, and the run fails at its end.", MISSING)
    return 0


if __name__ == "__main__":
    sys.exit(main())
