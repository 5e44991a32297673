"""The `lakehouse` command: its subcommands, and an exit code for scripts."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from ingestion.errors import LakehouseError
from ingestion.visible import visible_lines
from lakehouse.commands import (
    catalog,
    diff,
    documentation,
    erase,
    generate,
    new,
    pipeline,
    plan,
    query,
    reports,
    upkeep,
    workspaces,
)
from lakehouse.commands.terminal import INTERRUPTED, Ended, Interrupted

EPILOG = (
    "Exit codes: 0 all well; 2 finished, but something is quarantined or missing; 1 failed; "
    "130 stopped by Ctrl-C. "
    "Start with: lakehouse run --raw sample"
)
# What `lakehouse build` does not know goes to dbt.
_PASSES_ARGUMENTS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        sys.stdout.write(f"lakehouse {version('ecommerce-lakehouse')}\n")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version."),
    ] = False,
) -> None:
    """Raw CSV files in, trusted tables out."""


app.command()(pipeline.run)
app.command()(pipeline.ingest)
app.command(context_settings=_PASSES_ARGUMENTS_ON)(pipeline.build)
app.command()(pipeline.replay)
app.add_typer(workspaces.app, name="workspace")
app.command()(workspaces.publish)
app.command()(plan.plan)
app.command()(reports.status)
app.command()(reports.runs)
app.command()(reports.trace)
app.command()(reports.report)
app.command()(reports.cost)
app.command()(diff.diff)
app.command(epilog=query.EXAMPLES)(query.query)
app.command()(documentation.docs)
app.command()(documentation.lineage)
app.command()(upkeep.restore)
app.command()(upkeep.maintain)
app.command()(upkeep.dismiss)
app.command()(upkeep.repair)
app.command()(erase.erase_user)
app.add_typer(catalog.app, name="catalog")
app.add_typer(new.app, name="new")
app.command(epilog=generate.defect_list())(generate.generate)


class _VisibleLines(logging.Formatter):
    """A message may hold names of files, and they may steer no terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return visible_lines(super().format(record))


def main() -> None:
    """Run the command; show what a user can fix as two sentences, never as a stack trace."""
    handler = logging.StreamHandler()
    handler.setFormatter(_VisibleLines("%(message)s"))
    logging.basicConfig(handlers=[handler])
    try:
        app()
    except Ended as ended:
        sys.exit(ended.code)
    except Interrupted as stopped:
        _end_interrupted(str(stopped))
    except SystemExit as stopped:
        if stopped.code == INTERRUPTED:
            _end_interrupted("")
        # Wrong arguments end with 2 by custom, which means "finished, incomplete" here.
        sys.exit(1 if stopped.code == 2 else stopped.code)
    except LakehouseError as error:
        _complain(error.problem, error.next_step)


def _end_interrupted(words: str) -> NoReturn:
    # What still ends behind this may take a moment: a second Ctrl-C cuts that short, silently.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stderr.write(f"interrupted. {words}".strip() + "\n")
    sys.exit(INTERRUPTED)


def _complain(problem: str, next_step: str) -> None:
    console = Console(stderr=True)
    words = escape(visible_lines(problem))
    console.print(f"[red]failed[/] {words}", soft_wrap=True, highlight=False)
    console.print(visible_lines(next_step), soft_wrap=True, highlight=False, markup=False)
    sys.exit(1)


def command() -> None:
    """The command of the shell: `main`, and an end that no query still at work can hold up."""
    try:
        main()
    except SystemExit as ended:
        # What Python does at its end, but for waiting until all threads have ended.
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(ended.code or 0))


if __name__ == "__main__":
    command()
