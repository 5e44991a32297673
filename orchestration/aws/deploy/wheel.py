"""The package of the ingestion for the Glue jobs.

It is the folder `ingestion` alone and asks for no other package: pip would bring what the project's
lock has, PySpark among it, over Glue's own. What Glue lacks is named beside it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from ingestion.errors import LakehouseError

# Glue has boto3, numpy, pyarrow and pyspark of its own.
_GLUE_LACKS = ("cloudpathlib", "filelock")

_DECLARATION = """\
[project]
name = "ecommerce-lakehouse-ingestion"
version = "{version}"
description = "Raw CSV files to bronze tables, as a Glue job runs it."
requires-python = ">=3.11"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
only-include = ["ingestion"]
"""


def build_wheel(project: Path, target: Path) -> Path:
    """Build the wheel; the same sources give the same bytes.

    Args:
        project: The project's folder.
        target: Folder that the wheel is written to.

    Raises:
        LakehouseError: hatch could not build it.
    """
    declared = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(project / "ingestion", Path(folder) / "ingestion", ignore=ignored)
        text = _DECLARATION.format(version=declared["project"]["version"])
        (Path(folder) / "pyproject.toml").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise LakehouseError(
            f"The wheel of the ingestion can't be built: {(done.stderr or done.stdout).strip()}",
            "Run `make setup`, which installs hatchling, then deploy again.",
        )
    (wheel,) = target.glob("*.whl")
    return wheel


def python_modules(project: Path) -> str:
    """What a Glue job has to install beside the wheel, in the versions of the lock."""
    lock = tomllib.loads((project / "uv.lock").read_text(encoding="utf-8"))
    versions = {package["name"]: package["version"] for package in lock["package"]}
    return ",".join(f"{name}=={versions[name]}" for name in _GLUE_LACKS)
