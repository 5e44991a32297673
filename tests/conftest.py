from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ingestion.session import get_session
from ingestion.settings import Settings
from tests.lakehouse import Lakehouse, new_lakehouse


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
