"""`lakehouse diff`: which rows, sums and columns a change moves."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.commands.options import Engine, Root
from lakehouse.commands.terminal import interruptible
from lakehouse.formats import Format
from orchestration import project
from orchestration.pipeline.console import new_console

if TYPE_CHECKING:
    from lakehouse.page import Page
    from orchestration.pipeline.progress import Display


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
        str | None,
        typer.Option("--from", help="What readers saw after a run, or at a time in UTC."),
    ] = None,
    to_run: Annotated[
        str | None, typer.Option("--to", help="Likewise. [what is published]")
    ] = None,
    checkout: Annotated[
        str | None,
        typer.Option(help="Build this branch, commit or folder, and compare with this checkout."),
    ] = None,
    raw: Annotated[
        str | None,
        typer.Option(help="Raw files that both checkouts build. [LAKEHOUSE_RAW, else sample/]"),
    ] = None,
    engine: Engine = None,
    output: Annotated[
        DiffFormat,
        typer.Option("--format", help="table, json for programs, or markdown for a pull request."),
    ] = DiffFormat.TABLE,
) -> None:
    """Show which rows, sums and columns differ between what is published and a workspace.

    With --from RUN (and --to RUN), what one run has left against another. With --checkout main,
    what this checkout makes of raw files against what another one does. It changes nothing, and
    ends with 0 whether there is a difference or not. For example: lakehouse diff --checkout main
    """
    from orchestration.pipeline.progress import Display

    console = new_console()
    display = Display(console, quiet=output is not DiffFormat.TABLE)
    if checkout is None:
        if raw is not None:
            raise LakehouseError(
                "--raw names what two checkouts build.", "Name the other one by --checkout."
            )
        page = _of_root(
            Settings.read(root=root, engine=engine), workspace, from_run, to_run, display
        )
    elif root or workspace or from_run or to_run:
        raise LakehouseError(
            "Two checkouts are compared on raw files, in a root of their own.",
            "Leave out --root, --workspace, --from and --to; --raw names the files.",
        )
    else:
        sample = str(project.PROJECT_FOLDER / "sample")
        raw = raw or os.environ.get("LAKEHOUSE_RAW") or sample
        page = _of_checkouts(Settings.read(raw=raw, engine=engine), checkout, display)
    if output is DiffFormat.MARKDOWN:
        console.out(page.as_markdown(), highlight=False)
    else:
        page.show(console, Format(output))


def _of_root(
    settings: Settings,
    workspace: str | None,
    from_run: str | None,
    to_run: str | None,
    display: Display,
) -> Page:
    from lakehouse.diff.page import diff_page
    from lakehouse.lineage.graph import Lineage
    from lakehouse.lineage.known import known_lineage
    from orchestration.pipeline.dbt_settings import DEFAULT_WORKSPACE, VARIABLE
    from orchestration.pipeline.progress import NodeProgress

    def trace() -> Lineage:
        with display.step("trace") as step:
            return known_lineage(settings, NodeProgress(step))

    if workspace is None and from_run is None and to_run is None:
        workspace = os.environ.get(VARIABLE) or DEFAULT_WORKSPACE
    return diff_page(settings, workspace, from_run, to_run, trace)


def _of_checkouts(settings: Settings, checkout: str, display: Display) -> Page:
    from lakehouse.diff.checkouts import built_checkouts
    from lakehouse.diff.page import checkouts_page

    with (
        interruptible("What was built for the comparison is gone."),
        built_checkouts(settings, checkout, display) as (old, new),
    ):
        return checkouts_page(old, new)
