from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.cloud import Cloud
from tests.orchestration.aws.state_machines.machines import Machines


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with Cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def machines(cloud: Cloud, tmp_path: Path) -> Machines:
    return Machines(cloud, tmp_path.name.replace("_", "-")[-40:].strip("-").lower(), tmp_path)
