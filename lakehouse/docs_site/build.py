"""Writes the docs site: two pages that hold all they show, so that they open without a server.

Data flow: dbt parse, compile, docs generate --static + Delta logs of the root -> index.html;
lineage -> column_lineage.html

dbt works on an empty root of its own, for the SQL of a full refresh is the same on every root. What
the tables of the lakehouse are like comes from their Delta logs, so any root can be described, and
also while a run is at work on it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.docs_site.catalog import Catalog, catalog_of
from lakehouse.lineage.graph import Lineage
from lakehouse.lineage.known import RUN_ID, compiled_lineage
from orchestration import project
from orchestration.pipeline import dbt
from orchestration.pipeline.progress import Display, NodeProgress
from orchestration.state.published import shown_tables, shown_versions
from orchestration.state.versions import table_locations

INDEX, LINEAGE_PAGE, LINEAGE_DATA = "index.html", "column_lineage.html", "column_lineage.json"
_PAGE = Path(__file__).with_name(LINEAGE_PAGE)
_DATA_MARK = "__LINEAGE__"
_PICTURES = "models/docs/pictures"


@dataclass(frozen=True)
class Site:
    """What was written.

    Attributes:
        folder: Holds the pages.
        root: The lakehouse whose tables are in it; None if there was none.
    """

    folder: Path
    root: str | None

    def message(self, root: str) -> str:
        """What a person should know of it, asked for the lakehouse at `root`."""
        pages = f"{self.folder / INDEX} and {self.folder / LINEAGE_PAGE}"
        if self.root is None:
            return (
                f"Written without types and sizes, for there are no tables at {root}: {pages}\n"
                "`lakehouse run` makes them; then write the site again."
            )
        return f"Written: {pages}"


def write_site(settings: Settings, folder: Path, display: Display) -> Site:
    """Write the pages; without a lakehouse at the root all but the types and sizes of its tables.

    Args:
        settings: Where the lakehouse is.
        folder: Is made if it is not there; other files in it stay.
        display: Shows progress.

    Raises:
        LakehouseError: A model can't be compiled or traced, a table of the root can't be read, or
            the folder can't be written to.
    """
    tables = shown_tables(settings, shown_versions(settings)) if table_locations(settings) else {}
    with display.step("docs") as step, TemporaryDirectory(prefix="lakehouse-docs-") as scratch:
        empty = replace(settings, root=scratch)
        manifest = dbt.compiled_project(empty, RUN_ID, NodeProgress(step))
        arguments = ["docs", "generate", "--static", "--no-compile", "--empty-catalog"]
        dbt.invoke_dbt(empty, RUN_ID, arguments, manifest=manifest)
        step("reading the tables", 0, 0)
        target = dbt.artifacts_folder(empty)
        index = _with_catalog(target, catalog_of(manifest, tables, settings.database_prefix))
        step("tracing the columns", 0, 0)
        lineage = compiled_lineage(manifest)
    _write(folder, _without_places(index, target), lineage)
    return Site(folder, settings.root if tables else None)


def _with_catalog(target: Path, tables: Catalog) -> str:
    """Dbt's page with these tables in its catalog, which dbt has left empty."""
    index = (target / "static_index.html").read_text("utf-8")
    empty = (target / "catalog.json").read_text("utf-8")
    return index.replace(empty, json.dumps(json.loads(empty) | tables), 1)


def _write(folder: Path, index: str, lineage: Lineage) -> None:
    tables = json.dumps(lineage.to_json())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / INDEX).write_text(_with_pictures(index), "utf-8")
        (folder / LINEAGE_PAGE).write_text(lineage_page(tables), "utf-8")
        (folder / LINEAGE_DATA).write_text(tables, "utf-8")
    except OSError as error:
        raise LakehouseError(
            f"The docs site can't be written to {folder}: {error.strerror}.",
            "Name another folder with --output.",
        ) from error


def lineage_page(tables: str) -> str:
    """The page of column lineage with its data in it.

    Args:
        tables: JSON; nothing in it can end the element that it stands in.
    """
    return _PAGE.read_text("utf-8").replace(_DATA_MARK, tables.replace("<", "\\u003c"))


def _without_places(index: str, target: Path) -> str:
    """The page without the folders of this machine: it may be shown to the world."""
    for place in (target, project.PROJECT_FOLDER):
        index = index.replace(json.dumps(str(place))[1:-1], ".")
    return index


def _with_pictures(index: str) -> str:
    """The page of dbt with the pictures of the overview in it, in the place of their paths."""
    for picture in sorted((project.PROJECT_FOLDER / _PICTURES).glob("*.svg")):
        encoded = base64.b64encode(picture.read_bytes()).decode()
        index = index.replace(f"{_PICTURES}/{picture.name}", f"data:image/svg+xml;base64,{encoded}")
    return index
