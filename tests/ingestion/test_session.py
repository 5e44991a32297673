from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ingestion.sail import SailSession
from ingestion.session import describe_engine, get_session
from ingestion.settings import Engine, Settings


def test_the_session_is_one_for_each_root_and_knows_its_tables(
    spark: SparkSession, tmp_path: Path
) -> None:
    del spark  # started first, so that the session of all tests is the one to go back to
    settings = Settings(root=str(tmp_path), raw="", engine=Engine.SAIL)
    session = get_session(settings)
    assert isinstance(session, SailSession)
    assert get_session(settings) is session
    assert session.table("bronze.orders").count() == 0
    other = get_session(Settings(root=str(tmp_path / "other"), raw="", engine=Engine.SAIL))
    assert other is not session


def test_a_platform_that_has_started_the_process_brings_its_own_session(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Conf(dict[str, str]):
        set = dict.__setitem__

    class Platform:
        """Stands where Glue's own session would be found."""

        conf = Conf({"spark.sql.session.timeZone": "America/New_York"})

        def getOrCreate(self) -> Platform:  # noqa: N802
            return self

    platform = Platform()
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    monkeypatch.setattr(SparkSession, "builder", platform)
    monkeypatch.setattr("ingestion.session.register_tables", lambda session, settings: None)
    settings = Settings(root=str(tmp_path), raw="", engine=Engine.SAIL)
    assert get_session(settings) is platform  # type: ignore[comparison-overlap]
    assert platform.conf["spark.sql.session.timeZone"] == "UTC"


def test_the_engine_is_described_with_its_version(tmp_path: Path) -> None:
    settings = Settings(root=str(tmp_path), raw="", engine=Engine.SAIL)
    assert describe_engine(settings) == "sail 0.7.2"
