"""Where a person may be beside the tables: in workspaces, and in what repairs have set aside.

Both hold what killed processes and bad disks have left, so nothing is asked of a log here. A file
that can't be read counts for nothing, as among those of a table, and goes with an erasure.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa

from ingestion.settings import WORKSPACES, Settings
from orchestration.state.rollback import ASIDE
from orchestration.state.storage import storage_of
from orchestration.state.workspaces import drop_workspace
from orchestration.upkeep.erasure.search import Place, entries_of, rows_of, text_names_user


def search_beside(settings: Settings, user_id: int) -> list[Place]:
    """Search each workspace, what else lies among them, and what was set aside."""
    root = Path(settings.root)
    places = []
    for place in (*sorted((root / WORKSPACES).glob("*")), root / ASIDE):
        if place.exists():
            found = [_count(path, user_id) or (0, 0) for path in _files(place)]
            rows, entries = (sum(counts[column] for counts in found) for column in (0, 1))
            places.append(Place(place.relative_to(root).as_posix(), rows, log_entries=entries))
    return places


def workspaces_to_drop(settings: Settings) -> list[str]:
    """Names of all workspaces, also of what is left of one."""
    return storage_of(settings.root).folders(WORKSPACES)


def clear_beside(settings: Settings, user_id: int) -> None:
    """Drop all workspaces, and delete what was set aside of the person; the root is held."""
    for name in workspaces_to_drop(settings):
        drop_workspace(settings, name)
    shutil.rmtree(Path(settings.root, WORKSPACES), ignore_errors=True)
    for path in _files(Path(settings.root, ASIDE)):
        counts = _count(path, user_id)
        if counts is None or any(counts):
            path.unlink()


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]


def _count(path: Path, user_id: int) -> tuple[int, int] | None:
    """Rows and log entries in a file that name the person, None if it can't be read."""
    try:
        if "_delta_log" in path.parts:
            return 0, entries_of(path, user_id)
        if path.suffix == ".parquet":
            return rows_of(path, user_id), 0
        return 0, int(text_names_user(path, user_id))
    except (pa.ArrowException, OSError, ValueError):
        return None
