from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from ingestion.settings import Settings
from lakehouse.cli import main
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run as run_pipeline
from orchestration.project import PROJECT_FOLDER
from tests.orchestration.aws.catalog.conftest import lake as lake
from tests.orchestration.aws.catalog.conftest import server as server

Outcome = tuple[int, str, str]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A lakehouse built from sample/, for tests that only read."""
    root = str(tmp_path_factory.mktemp("sample"))
    settings = Settings.read(root=root, raw=str(PROJECT_FOLDER / "sample"), environment={})
    run_pipeline(settings, Display(Console(), quiet=True))
    return settings


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Outcome]:
    """Runs the command as from a shell: exit code, output, error output."""
    monkeypatch.chdir(tmp_path)
    for name in ("ROOT", "RAW", "ENGINE", "REJECT_LIMIT"):
        monkeypatch.delenv(f"LAKEHOUSE_{name}", raising=False)

    def lakehouse(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["lakehouse", *arguments])
        with pytest.raises(SystemExit) as raised:
            main()
        shown = capsys.readouterr()
        assert "Traceback" not in shown.out + shown.err
        return int(raised.value.code or 0), shown.out, shown.err

    return lakehouse
