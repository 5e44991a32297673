"""Copies of the dbt project that tests may edit, and what dbt keeps of a parse."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from orchestration.project import PROJECT_FOLDER

# Names the parsed project that dbt starts from, so that it reads only what differs from it.
PARSED = "DBT_PARTIAL_PARSE_FILE_PATH"


def copy_project(folder: Path) -> Path:
    """Copy what dbt reads into a folder."""
    for name in ("models", "macros", "seeds", "profiles", "tests/dbt"):
        shutil.copytree(PROJECT_FOLDER / name, folder / name)
    shutil.copy(PROJECT_FOLDER / "dbt_project.yml", folder)
    return folder


def parse(project: Path, folder: Path) -> str:
    """Parse a project, and return the file for `PARSED`: each root would parse it in seconds."""
    dbt = Path(sys.executable).with_name("dbt")
    places = ["--profiles-dir", "profiles", "--target-path", str(folder), "--log-path", str(folder)]
    subprocess.run([dbt, "--quiet", "parse", *places], cwd=project, check=False)
    return str(folder / "partial_parse.msgpack")
