"""What silver is built by, so that a build can tell whether it still is the same.

Data flow: SQL of silver and its rollups, macros, seeds, settings -> fingerprint; vars -> limits
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from ingestion.tables import TABLES
from orchestration import project

# These vars are no part of the fingerprint: a changed limit affects only the days that have an
# amount between its old and its new value.
LIMITS = ("min_order_amount", "max_order_amount")

_MODELS = ("models/silver/*.sql", "models/intermediate/*.sql")
_SQL = (*_MODELS, "macros/*.sql")
_VAR = re.compile(r"var\(\s*['\"](\w+)")
_BY_DAY = re.compile(r"affected_by='(\w+)'")


def silver_fingerprint(folder: Path | None = None) -> str:
    """SHA-256 of all that decides a value of silver beside its input files and the limits."""
    folder = folder or project.PROJECT_FOLDER
    settings = _project_settings(folder)
    digest = hashlib.sha256(
        json.dumps([settings.get(key) for key in ("models", "seeds")], sort_keys=True).encode()
    )
    names: set[str] = set()
    for path in _files(folder, (*_SQL, "seeds/*.csv")):
        text = path.read_text(encoding="utf-8")
        digest.update(f"{path.relative_to(folder).as_posix()}\0{text}\0".encode())
        names |= set(_VAR.findall(text))
    values = {name: str(settings["vars"].get(name)) for name in names - set(LIMITS)}
    digest.update(json.dumps(values, sort_keys=True).encode())
    return digest.hexdigest()


def project_vars(folder: Path | None = None) -> dict[str, Any]:
    """The vars of the project."""
    return dict(_project_settings(folder or project.PROJECT_FOLDER)["vars"])


def limits(folder: Path | None = None) -> dict[str, Decimal]:
    """The value of each limit, currency units."""
    values = project_vars(folder)
    return {name: Decimal(str(values[name])) for name in LIMITS}


def models_built_by_day(folder: Path | None = None) -> dict[str, str]:
    """Model to the raw table, or `departments`, by whose affected days it is built.

    The other models are built whole.
    """
    paths = _files(folder or project.PROJECT_FOLDER, _MODELS)
    found = ((path.stem, _BY_DAY.search(path.read_text(encoding="utf-8"))) for path in paths)
    return {name: affected[1] for name, affected in found if affected}


def tables_built_by_day(folder: Path | None = None) -> set[str]:
    """Raw tables whose silver is built by affected days; that of the others is built whole."""
    return set(models_built_by_day(folder).values()) & set(TABLES)


def _project_settings(folder: Path) -> dict[str, Any]:
    text = (folder / "dbt_project.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def _files(folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(folder.glob(pattern))
