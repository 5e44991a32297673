from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDED = (
    *("Makefile", "pyproject.toml", "uv.lock"),
    *("orchestration/setup.py", "ingestion/ivy.py", "ingestion/jars.py"),
)


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
        "mkdir -p .venv/share/lakehouse/jars\ntouch .venv/share/lakehouse/jars/delta.jar\n"
        'rm -f .venv/setup-*\nsleep 0.01\ntouch "$3"\n'
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
    assert [line.split()[1] for line in lines][:4] == ["help", "setup", "run", "test"]


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


def test_a_lost_or_changed_jar_asks_for_setup(project: Path, python: str) -> None:
    folder = project / ".venv/share/lakehouse/jars"
    make(project, "setup", f"PYTHON={python}")
    (folder / "delta.jar").write_bytes(b"changed")
    assert not is_finished(project)
    make(project, "setup", f"PYTHON={python}")
    assert is_finished(project)
    (folder / "delta.jar").unlink()
    assert not is_finished(project)
    make(project, "setup", f"PYTHON={python}")
    shutil.rmtree(folder)
    assert not is_finished(project)


def test_a_copied_folder_asks_for_setup(project: Path, python: str) -> None:
    make(project, "setup", f"PYTHON={python}")
    copy = project.parent / "copy"
    shutil.copytree(project, copy, symlinks=True)
    assert not is_finished(copy)


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
    assert "asked to: run --raw sample --root lakehouse" in done.stdout
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
