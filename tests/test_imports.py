"""The contracts on imports in pyproject.toml: each names both rooms of an import against it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from orchestration.project import PROJECT_FOLDER

# Module, what it imports, and what lint-imports says of it.
FORBIDDEN = (
    (
        *("ingestion.completeness", "orchestration.state.versions"),
        "ingestion is not allowed to import orchestration",
    ),
    (
        *("orchestration.state.history", "orchestration.pipeline.run"),
        "orchestration.state is not allowed to import orchestration.pipeline",
    ),
    (
        *("orchestration.state.history", "orchestration.project.digest"),
        "orchestration.state is not allowed to import orchestration.project",
    ),
    (
        *("orchestration.upkeep.restore", "orchestration.aws.environment"),
        "orchestration.upkeep is not allowed to import orchestration.aws",
    ),
    (
        *("lakehouse.query.queries", "lakehouse.status"),
        "lakehouse.query is not allowed to import lakehouse.status",
    ),
    ("ingestion.layers", "duckdb", "ingestion is not allowed to import duckdb"),
    ("lakehouse.query.queries", "pyspark", "lakehouse.query is not allowed to import pyspark"),
    (
        *("orchestration.aws.lambdas.outcome", "orchestration.aws.environment"),
        "orchestration.aws.lambdas is not allowed to import orchestration.aws.environment",
    ),
    ("lakehouse.report.wording", "lakehouse.report.page", ".wording -> .page (1 import)"),
)


def test_each_contract_refuses_what_is_against_it_and_names_both_rooms(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for room in ("ingestion", "lakehouse", "orchestration"):
        shutil.copytree(PROJECT_FOLDER / room, tmp_path / room, ignore=ignored)
    shutil.copy(PROJECT_FOLDER / "pyproject.toml", tmp_path)
    for module, imported, _ in FORBIDDEN:
        with (tmp_path / f"{module.replace('.', '/')}.py").open("a") as file:
            file.write(f"\nimport {imported}  # noqa\n")
    lint_imports = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint_imports, "--no-cache", "--no-logo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Contracts: 0 kept, 7 broken." in done.stdout
    said = " ".join(done.stdout.split())
    assert [words for *_, words in FORBIDDEN if words not in said] == []
