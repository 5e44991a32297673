from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.aws.deploy import progress
from orchestration.aws.deploy.contents import bundle_files
from orchestration.aws.deploy.package import Package, build_package
from orchestration.aws.environment import Environment
from orchestration.project import PROJECT_FOLDER
from tests.cloud.cloud import Cloud

ACCOUNT = "123456789012"
DEV = Environment("dev", ACCOUNT)

Build = Callable[..., Package]


@pytest.fixture(scope="module")
def empty_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud without stacks at first, which this process takes for AWS."""
    with Cloud(tmp_path_factory.mktemp("cloud")) as cloud, pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.variables.items():
            patch.setenv(name, value)
        patch.setattr("boto3.DEFAULT_SESSION", None)
        patch.setattr(progress, "POLL_SECONDS", 0.05)
        yield cloud


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The project as it is, packed for dev."""
    return build_package(PROJECT_FOLDER, DEV, tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def project_files() -> dict[str, Path]:
    return bundle_files(PROJECT_FOLDER)


@pytest.fixture
def project(tmp_path: Path, project_files: dict[str, Path]) -> Path:
    """A copy of all that is packed, which a test may change."""
    folder = tmp_path / "project"
    for name, path in project_files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
    shutil.copyfile(PROJECT_FOLDER / ".gitignore", folder / ".gitignore")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


@pytest.fixture
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Packs a project into a folder of its own."""

    def package_of(project: Path, environment: Environment = DEV) -> Package:
        return build_package(project, environment, tmp_path_factory.mktemp("package"))

    return package_of
