"""The buildspec, run by bash as CodeBuild does, with a stand-in for the interpreter."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.project import PROJECT_FOLDER

BUILDSPEC: Any = yaml.safe_load(
    (PROJECT_FOLDER / "orchestration" / "aws" / "buildspec.yml").read_text()
)


def commands(phase: str) -> str:
    assert BUILDSPEC["env"]["shell"] == "bash"
    return "\n".join(BUILDSPEC["phases"][phase]["commands"])


def run(phase: str, folder: Path, code: int) -> tuple[int, str]:
    """Exit code of a phase, and what it asked the interpreter, which then ends with a code."""
    interpreter = folder / "python"
    interpreter.write_text(f'#!/bin/sh\necho "$@" "$PYTHONPATH" > asked\nexit {code}\n')
    interpreter.chmod(0o755)
    environment = os.environ | {"PYTHON": str(interpreter), "DBT_TARGET": "dev"}
    done = subprocess.run(["bash", "-c", commands(phase)], cwd=folder, env=environment, check=False)
    asked = folder / "asked"
    return done.returncode, asked.read_text().strip() if asked.exists() else ""


@pytest.mark.parametrize(("code", "ended"), [(0, 0), (2, 0), (1, 1), (137, 1)])
def test_an_incomplete_build_is_a_success_and_every_other_code_a_failure(
    tmp_path: Path, code: int, ended: int
) -> None:
    assert run("build", tmp_path, code)[0] == ended


def test_the_build_is_the_module_that_a_person_calls_with_the_code_of_the_bundle(
    tmp_path: Path,
) -> None:
    _, asked = run("build", tmp_path, 0)
    path = f"{tmp_path}:{tmp_path}/orchestration/pipeline/dbt_plugin"
    assert asked == f"-m orchestration.aws.build --target dev {path}"


def test_nothing_is_installed_where_an_interpreter_is_given(tmp_path: Path) -> None:
    assert run("install", tmp_path, 1) == (0, "")


def test_the_locked_environment_is_made_by_the_interpreter_that_the_image_is_asked_for(
    tmp_path: Path,
) -> None:
    asked = tmp_path / "asked"
    interpreter = tmp_path / "bin" / "python3.11"
    interpreter.parent.mkdir()
    interpreter.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    interpreter.chmod(0o755)
    # No other command is found, as in the image, where pip adds none.
    environment = {"PATH": str(interpreter.parent)}
    bash = shutil.which("bash")
    assert bash
    subprocess.run([bash, "-ec", commands("install")], cwd=tmp_path, env=environment, check=True)
    install, sync = asked.read_text().splitlines()
    assert install.startswith("-m pip install ")
    assert sync == "-m uv sync --frozen --no-dev --no-install-project --python 3.11"
    assert str(BUILDSPEC["phases"]["install"]["runtime-versions"]["python"]) == "3.11"


def test_uv_is_the_one_of_the_lock() -> None:
    lock = tomllib.loads((PROJECT_FOLDER / "uv.lock").read_text())
    (locked,) = [package["version"] for package in lock["package"] if package["name"] == "uv"]
    assert re.findall(r"uv==([0-9.]+)", commands("install")) == [locked]
