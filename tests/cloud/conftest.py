from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cloud.cloud import Cloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One stand-in cloud for all tests; each uses names of its own."""
    with Cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """moto without the patches: what it can't do yet is why there are patches."""
    with Cloud(tmp_path_factory.mktemp("plain"), plain=True) as running:
        yield running
