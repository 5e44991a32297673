from __future__ import annotations

from collections import Counter

import pytest
from pyspark.sql import SparkSession

from tests.properties.bronze import Loads
from tests.properties.lakes import Lakes

TALLY = pytest.StashKey[Counter[str]]()


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Counter[str]:
    """How many plans, runs and so on the tests of this folder tried; shown at the end."""
    return request.config.stash.setdefault(TALLY, Counter())


@pytest.fixture(scope="session")
def lakes(tmp_path_factory: pytest.TempPathFactory, tally: Counter[str]) -> Lakes:
    return Lakes(tmp_path_factory.mktemp("lakes"), tally)


@pytest.fixture(scope="session")
def loads(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, tally: Counter[str]
) -> Loads:
    return Loads(spark, tmp_path_factory.mktemp("loads"), tally)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    tally = config.stash.get(TALLY, None)
    if tally:
        tried = ", ".join(f"{count} {what}" for what, count in sorted(tally.items()))
        terminalreporter.write_line(f"tests/properties tried {tried}")
