"""The dbt project as files: its folder, its digest, its seeds and its references."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT_FOLDER = Path(__file__).resolve().parents[2]


@contextmanager
def project_in(folder: Path) -> Iterator[None]:
    """Let the project of another checkout be the one that is built and traced meanwhile."""
    global PROJECT_FOLDER
    before, PROJECT_FOLDER = PROJECT_FOLDER, folder
    try:
        yield
    finally:
        PROJECT_FOLDER = before
