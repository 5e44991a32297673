"""A checksum of everything that a build is made by.

Data flow: models, macros, seeds, tests and settings of the project -> SHA-256
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ingestion.settings import Settings
from orchestration import project

_PROJECT_FILES = (
    *("dbt_project.yml", "profiles/profiles.yml", "uv.lock"),
    *("packages.yml", "dependencies.yml", "package-lock.yml"),
    *(f"{folder}/**/*.*" for folder in ("models", "macros", "seeds", "snapshots", "tests/dbt")),
)


def project_digest(settings: Settings, project_folder: Path | None = None) -> str:
    """SHA-256 of all that a build is made by: the project's files, the prefix of the databases."""
    digest = hashlib.sha256(settings.database_prefix.encode())
    folder = project_folder or project.PROJECT_FOLDER
    for path in sorted(project_files(folder)):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def project_files(project_folder: Path) -> Iterator[Path]:
    """All files that a build is made by."""
    for pattern in _PROJECT_FILES:
        yield from (path for path in project_folder.glob(pattern) if path.is_file())
