"""Copies of the dbt project that tests may edit, and what dbt keeps of a parse."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from orchestration.project import PROJECT_FOLDER

# Names the parsed project that dbt starts from, so that it reads only what differs from it.
PARSED = "DBT_PARTIAL_PARSE_FILE_PATH"


def copy_project(folder: Path) -> Path:
    """Copy what dbt reads into a folder."""
    for name in ("models", "macros", "seeds", "profiles", "tests/dbt"):
        shutil.copytree(PROJECT_FOLDER / name, folder / name)
    shutil.copy(PROJECT_FOLDER / "dbt_project.yml", folder)
    return folder


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files of a project: name below the folder to text, whose indentation is taken away."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))


def parse(project: Path, folder: Path) -> str:
    """Parse a project, and return the file for `PARSED`: each root would parse it in seconds."""
    dbt = Path(sys.executable).with_name("dbt")
    places = ["--profiles-dir", "profiles", "--target-path", str(folder), "--log-path", str(folder)]
    subprocess.run([dbt, "--quiet", "parse", *places], cwd=project, check=False)
    return str(folder / "partial_parse.msgpack")
