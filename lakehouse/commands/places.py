"""Which raw folder a command works with, where none is named."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

from ingestion.errors import LakehouseError
from ingestion.files import raw_names
from ingestion.settings import Settings
from ingestion.visible import visible


def settings_in(root: str | None, workspace: str | None) -> Settings:
    """The settings of a command that only reads.

    Args:
        root: As on the command line.
        workspace: Whose silver and gold it reads; None for the published ones.

    Raises:
        LakehouseError: An argument has no usable value, or there is no such workspace.
    """
    return _in_workspace(Settings.read(root=root), workspace)


def _in_workspace(settings: Settings, workspace: str | None) -> Settings:
    if workspace is None:
        return settings
    # It imports what a command without a workspace does not need.
    from orchestration.state.workspaces import require_workspace

    return require_workspace(settings, workspace).settings


def settings_with_raw(
    root: str | None,
    raw: str | None,
    engine: str | None,
    *,
    workspace: str | None = None,
    is_quiet: bool = False,
    needs_raw: bool = True,
) -> Settings:
    """The settings, with the raw folder that the root remembers unless another one is named.

    Args:
        root: As on the command line.
        raw: As on the command line.
        engine: As on the command line.
        workspace: Whose silver and gold are read; None for the published ones.
        is_quiet: Do not say that the folder is remembered.
        needs_raw: The command can't do without the folder.

    Raises:
        LakehouseError: An argument has no usable value, or the folder is needed and gone.
    """
    from orchestration.state.raw_folder import remembered_raw

    settings = _in_workspace(Settings.read(root=root, raw=raw, engine=engine), workspace)
    remembered = None if raw or os.environ.get("LAKEHOUSE_RAW") else remembered_raw(settings)
    if remembered is None or remembered == settings.raw:
        return settings
    if needs_raw and raw_names(remembered) is None:
        raise LakehouseError(
            f"The raw folder {remembered}, which the root {settings.root} was last loaded from, is"
            " not there any more.",
            "Name the place that it has now with --raw DIR; later commands remember that.",
        )
    if not is_quiet:
        sys.stderr.write(f"raw    {visible(remembered)}, as last time; --raw names another\n")
    return replace(settings, raw=remembered)
