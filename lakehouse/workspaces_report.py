"""What `lakehouse workspace list` shows."""

from __future__ import annotations

from ingestion.settings import Settings
from ingestion.visible import some
from lakehouse.page import Page, Table
from orchestration.state.built_tables import built_versions
from orchestration.state.versions import require_lakehouse
from orchestration.state.workspaces import Workspace, list_workspaces

_NAMED = 3
_COLUMNS = ("workspace", "opened_at", "changed", "state", "changed_tables")


def workspaces_page(settings: Settings) -> Page:
    """A row for each workspace of a root.

    Raises:
        LakehouseError: There is no lakehouse at the root.
    """
    require_lakehouse(settings)
    page = Page()
    found = list_workspaces(settings)
    rows = [_row(settings, workspace) for workspace in found]
    page.table(Table("workspaces", "Workspaces", _COLUMNS, rows, ("changed_tables",)))
    if not found:
        page.note("There is none; `lakehouse workspace new dev` makes one.")
    return page


def _row(settings: Settings, workspace: Workspace) -> tuple[object, ...]:
    changed = workspace.changed_tables()
    is_current = workspace.base == built_versions(settings)
    if not changed:
        state = "as published" if is_current else "as published before"
    else:
        state = "can be published" if is_current else "built on what was published before"
    return workspace.name, workspace.created_at, len(changed), state, some(changed, _NAMED)
