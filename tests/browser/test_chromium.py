from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.project import PROJECT_FOLDER
from tests.browser import chromium


class Machine:
    """A machine with no other programs than those that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.log = folder / "log"
        self.own = folder / "playwright"

    def has(self, name: str, *, leaves: Path | None = None, code: int = 0) -> Path:
        """A program that notes how it was called and may install a browser."""
        program = self.programs / name
        lines = ["#!/bin/sh", "PATH=/usr/bin:/bin", f'echo "{name} $*" >> {self.log}']
        if leaves:
            # Not for `apt-get update`.
            lines += ['case "$*" in *install*) ;; *) exit 0;; esac']
            lines += [f"mkdir -p '{leaves.parent}'; cp /bin/true '{leaves}'"]
        program.write_text("\n".join([*lines, f"exit {code}\n"]))
        program.chmod(0o755)
        return program

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(machine.programs))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(machine.own))
    monkeypatch.setattr(chromium, "PLAYWRIGHT", machine.programs / "playwright")
    return machine


APT = ["apt-get update", "apt-get install -y --no-install-recommends chromium"]


def test_nothing_is_installed_where_one_is_there(machine: Machine) -> None:
    there = machine.has("google-chrome")
    machine.has("apt-get")
    machine.has("playwright")
    assert chromium.install(is_root=True) == str(there)
    assert machine.calls == ["google-chrome --version"]


def test_root_installs_it_by_apt(machine: Machine) -> None:
    arrives = machine.programs / "chromium"
    machine.has("apt-get", leaves=arrives)
    machine.has("playwright")
    assert chromium.install(is_root=True) == str(arrives)
    assert machine.calls == APT


def test_another_user_installs_it_by_sudo_without_a_password(machine: Machine) -> None:
    arrives = machine.programs / "chromium"
    machine.has("apt-get")
    machine.has("sudo", leaves=arrives)
    assert chromium.install(is_root=False) == str(arrives)
    assert machine.calls == [f"sudo -n {call}" for call in APT]


@pytest.mark.parametrize("apt", [None, 100])
def test_without_apt_or_its_rights_playwright_installs_its_own(
    machine: Machine, apt: int | None
) -> None:
    arrives = Path(chromium.own_of_playwright())
    assert machine.own in arrives.parents
    if apt:
        machine.has("apt-get")
        machine.has("sudo", code=apt)
    machine.has("playwright", leaves=arrives)
    assert chromium.install(is_root=False) == str(arrives)
    refused = ["sudo -n apt-get update"] if apt else []
    assert machine.calls == [*refused, "playwright install chromium"]


def test_a_browser_that_does_not_run_counts_for_none(machine: Machine) -> None:
    machine.has("chromium", code=127)
    assert chromium.find() is None


def test_where_it_can_not_be_had_the_set_up_says_so_and_goes_on(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.has("playwright", code=1)
    assert chromium.main() == 0
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.message.startswith("Chromium is missing, so pages can't be tested. Install it")


PAGES = ("tests/browser/test_docs_site.py", "tests/browser/test_column_lineage.py")


def test_where_it_can_not_be_had_the_tests_of_pages_fail_with_one_line(machine: Machine) -> None:
    assert machine.calls == []
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *PAGES],
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    failures, summary = done.stdout.split("short test summary info")
    assert failures.count("Chromium is missing") == summary.count("ERROR ") == 1
    assert "skipped, 1 error" in done.stdout.splitlines()[-1]
