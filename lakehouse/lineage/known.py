"""The lineage of the project as it is on the disk, computed once for each state of it.

Data flow: project files -> target/column_lineage.json, else dbt compile -> sqlglot -> that file
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ingestion import tables
from ingestion.settings import Settings
from lakehouse.lineage.graph import Lineage
from lakehouse.lineage.project import lineage_of
from orchestration import project
from orchestration.pipeline import dbt
from orchestration.project.digest import project_digest

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# What a compile writes for the run, which is another one each time.
RUN_ID = "id of the run"


def known_lineage(
    settings: Settings, on_event: Callable[[dbt.NodeEvent], None] = lambda event: None
) -> Lineage:
    """The lineage of the project; no lakehouse needs to be there.

    Raises:
        LakehouseError: A model can't be compiled or traced.
    """
    state = _state(settings)
    cache = project.PROJECT_FOLDER / "target" / "column_lineage.json"
    with suppress(OSError, ValueError, KeyError):
        stored = json.loads(cache.read_text())
        if stored["state"] == state:
            return Lineage.from_json(stored["tables"])
    with TemporaryDirectory(prefix="lakehouse-lineage-") as folder:
        lineage = compiled_lineage(
            dbt.compiled_project(replace(settings, root=folder), RUN_ID, on_event)
        )
    with suppress(OSError):  # a project that can't be written to is traced each time
        cache.parent.mkdir(exist_ok=True)
        cache.write_text(json.dumps({"state": state, "tables": lineage.to_json()}))
    return lineage


def compiled_lineage(manifest: Manifest) -> Lineage:
    """The lineage of a project that dbt has compiled.

    Raises:
        LakehouseError: A model can't be traced.
    """
    return lineage_of(manifest.writable_manifest().to_dict(omit_none=False))


def _state(settings: Settings) -> str:
    """Of all that lineage follows from: the project, the raw columns, and how they are traced."""
    code = [Path(tables.__file__), *sorted(Path(__file__).parent.glob("*.py"))]
    digest = hashlib.sha256(project_digest(settings).encode())
    for path in code:
        digest.update(path.read_bytes())
    return digest.hexdigest()
