"""`lakehouse diff`: which rows, sums and columns a change moves."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

from ingestion.settings import Settings
from lakehouse.commands.options import Root
from lakehouse.formats import Format
from orchestration.pipeline.console import new_console


class DiffFormat(StrEnum):
    """For people, for programs, or for the text of a pull request."""

    TABLE = Format.TABLE
    JSON = Format.JSON
    MARKDOWN = "markdown"


def diff(
    root: Root = None,
    workspace: Annotated[
        str | None,
        typer.Option(help="Compare it with what is published. [LAKEHOUSE_WORKSPACE, else dev]"),
    ] = None,
    from_run: Annotated[
        str | None, typer.Option("--from", help="A run to compare from: its id or its start.")
    ] = None,
    to_run: Annotated[
        str | None, typer.Option("--to", help="A run to compare with. [what is published]")
    ] = None,
    output: Annotated[
        DiffFormat,
        typer.Option("--format", help="table, json for programs, or markdown for a pull request."),
    ] = DiffFormat.TABLE,
) -> None:
    """Show which rows, sums and columns differ between what is published and a workspace.

    With --from RUN (and --to RUN), what one run has left against another. It only reads, and ends
    with 0 whether there is a difference or not. For example: lakehouse diff --workspace dev
    """
    from lakehouse.diff.page import diff_page
    from orchestration.pipeline.dbt_settings import DEFAULT_WORKSPACE, VARIABLE

    settings = Settings.read(root=root)
    if workspace is None and from_run is None and to_run is None:
        workspace = os.environ.get(VARIABLE) or DEFAULT_WORKSPACE
    page, console = diff_page(settings, workspace, from_run, to_run), new_console()
    if output is DiffFormat.MARKDOWN:
        console.out(page.as_markdown(), highlight=False)
    else:
        page.show(console, Format(output))
