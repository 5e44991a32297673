from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

import pytest

from ingestion.jars import JARS, JarsMissingError, fetch, jar_paths
from ingestion.maven import NotFetchedError
from tests.ingestion.spark_parts import make_repository, served

# The JARs are those of this machine.
pytestmark = pytest.mark.spark


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with both JARs, as the set-up of Spark leaves it."""
    copy = tmp_path / "share" / "jars"
    copy.mkdir(parents=True)
    for path in jar_paths():
        shutil.copy(path, copy)
    return copy


def test_the_jars_of_this_environment_are_as_pinned() -> None:
    assert [path.name for path in jar_paths()] == [
        "delta-spark_2.12-3.3.3.jar",
        "delta-storage-3.3.3.jar",
    ]


def test_the_jars_fit_the_locked_packages() -> None:
    assert {jar.version for jar in JARS} == {importlib.metadata.version("delta-spark")}
    pyspark = importlib.util.find_spec("pyspark")
    assert pyspark
    assert pyspark.submodule_search_locations
    # Delta's other dependency, which is therefore not fetched.
    assert (Path(pyspark.submodule_search_locations[0]) / "jars/antlr4-runtime-4.9.3.jar").exists()


def test_notices_a_missing_jar_and_names_the_next_step(folder: Path) -> None:
    (folder / "delta-storage-3.3.3.jar").unlink()
    with pytest.raises(JarsMissingError, match=r"delta-storage-3\.3\.3\.jar is missing") as raised:
        jar_paths(folder)
    assert "make setup-spark" in raised.value.next_step


def test_notices_a_damaged_jar(folder: Path) -> None:
    jar = folder / "delta-storage-3.3.3.jar"
    jar.write_bytes(jar.read_bytes()[:-1])
    with pytest.raises(JarsMissingError, match="not the pinned"):
        jar_paths(folder)


def test_fetches_nothing_when_the_jars_are_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", "no URL, so any fetch would fail")
    assert fetch(folder) == jar_paths(folder)


def test_repairs_what_is_missing_or_damaged_and_keeps_the_rest(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "delta-storage-3.3.3.jar").write_bytes(b"half a file")
    whole = (folder / "delta-spark_2.12-3.3.3.jar").stat().st_mtime_ns
    with served(make_repository(tmp_path / "repository")) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        fetch(folder)
    assert len(jar_paths(folder)) == 2
    assert (folder / "delta-spark_2.12-3.3.3.jar").stat().st_mtime_ns == whole
    assert list(folder.parent.iterdir()) == [folder], "nothing temporary is left"


def test_puts_no_jar_in_place_when_one_is_not_as_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = make_repository(tmp_path / "repository")
    next(repository.glob("**/delta-storage-3.3.3.jar")).write_bytes(b"not Delta")
    folder = tmp_path / "share" / "jars"
    with served(repository) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        with pytest.raises(
            NotFetchedError, match=r"delta-storage-3\.3\.3.*not the pinned"
        ) as raised:
            fetch(folder)
    assert list(folder.iterdir()) == []
    assert "make setup-spark" in raised.value.next_step
