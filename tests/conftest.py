from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import orchestration.project
from ingestion.session import get_session
from ingestion.settings import Settings
from orchestration.pipeline import untested
from orchestration.pipeline.untested import untested as find_untested
from orchestration.project import PROJECT_FOLDER
from tests import stand_in_s3
from tests.lake import Lakehouse, new_lakehouse, publish_what_is_built_without_tests
from tests.projects import PARSED, copy_project, parse


def pytest_configure(config: pytest.Config) -> None:
    """Parse the dbt project once for a run on several workers, which inherit where that is kept."""
    if config.getoption("numprocesses", None) and PARSED not in os.environ:
        os.environ[PARSED] = parse(PROJECT_FOLDER, PROJECT_FOLDER / "target" / "parsed-for-tests")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """One session for all tests, on the engine of LAKEHOUSE_ENGINE or the default."""
    session = get_session(Settings.read(root=str(tmp_path_factory.mktemp("spark"))))
    yield session
    session.stop()


@pytest.fixture(scope="session", autouse=True)
def untested_builds_are_published() -> None:
    """A test of what holds them back takes `only_tested_builds_are_published`."""
    publish_what_is_built_without_tests()


@pytest.fixture
def only_tested_builds_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish what has passed its tests and nothing else, as the product does."""
    monkeypatch.setattr(untested, "untested", find_untested)


@pytest.fixture
def lakehouse(spark: SparkSession, tmp_path: Path) -> Lakehouse:
    """A root with empty tables, for one test."""
    return new_lakehouse(spark, tmp_path)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the dbt project that a test may break."""
    copy_project(tmp_path)
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
