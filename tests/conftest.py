from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import orchestration.project
from ingestion.session import get_session
from ingestion.settings import Settings
from orchestration.project import PROJECT_FOLDER
from tests import stand_in_s3
from tests.lake import Lakehouse, new_lakehouse


def pytest_configure(config: pytest.Config) -> None:
    """Parse the dbt project once for a run on several workers.

    Each root would parse it anew, in several seconds; from here dbt reads only what differs.
    """
    if os.environ.get("PYTEST_XDIST_WORKER") or not config.getoption("numprocesses", None):
        return
    folder = PROJECT_FOLDER / "target" / "parsed-for-tests"
    dbt = Path(sys.executable).with_name("dbt")
    places = ["--profiles-dir", "profiles", "--target-path", str(folder), "--log-path", str(folder)]
    subprocess.run([dbt, "--quiet", "parse", *places], cwd=PROJECT_FOLDER, check=False)
    os.environ["DBT_PARTIAL_PARSE_FILE_PATH"] = str(folder / "partial_parse.msgpack")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """One session for all tests, on the engine of LAKEHOUSE_ENGINE or the default."""
    session = get_session(Settings.read(root=str(tmp_path_factory.mktemp("spark"))))
    yield session
    session.stop()


@pytest.fixture
def lakehouse(spark: SparkSession, tmp_path: Path) -> Lakehouse:
    """A root with empty tables, for one test."""
    return new_lakehouse(spark, tmp_path)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the dbt project that a test may break."""
    for folder in ("models", "macros", "seeds", "profiles"):
        shutil.copytree(PROJECT_FOLDER / folder, tmp_path / folder)
    shutil.copytree(PROJECT_FOLDER / "tests" / "dbt", tmp_path / "tests" / "dbt")
    shutil.copy(PROJECT_FOLDER / "dbt_project.yml", tmp_path)
    monkeypatch.setattr(orchestration.project, "PROJECT_FOLDER", tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def stand_in() -> Iterator[str]:
    """The address of a stand-in S3."""
    with stand_in_s3.served() as address:
        yield address


@pytest.fixture
def bucket(stand_in: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The location of an empty bucket."""
    with stand_in_s3.bucket_at(stand_in, monkeypatch) as location:
        yield location
