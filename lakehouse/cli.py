"""The `lakehouse` command: its subcommands, and an exit code for scripts."""

from __future__ import annotations

import atexit
import logging
import os
import sys

import typer
from rich.console import Console
from rich.markup import escape

from ingestion.errors import LakehouseError
from ingestion.visible import visible
from lakehouse.commands import (
    catalog,
    documentation,
    erase,
    generate,
    new,
    pipeline,
    query,
    reports,
    upkeep,
)
from lakehouse.commands.terminal import Ended

EPILOG = (
    "Exit codes: 0 all well; 2 finished, but something is quarantined or missing; 1 failed. "
    "Start with: lakehouse run --raw sample"
)
# What `lakehouse build` does not know goes to dbt.
_PASSES_ARGUMENTS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(
    help="Raw CSV files in, trusted tables out.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command()(pipeline.run)
app.command()(pipeline.ingest)
app.command(context_settings=_PASSES_ARGUMENTS_ON)(pipeline.build)
app.command()(pipeline.replay)
app.command()(reports.status)
app.command()(reports.runs)
app.command()(reports.trace)
app.command()(reports.report)
app.command()(reports.cost)
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


def main() -> None:
    """Run the command; show what a user can fix as two sentences, never as a stack trace."""
    logging.basicConfig(format="%(message)s")
    try:
        app()
    except Ended as ended:
        sys.exit(ended.code)
    except SystemExit as stopped:
        # Wrong arguments end with 2 by custom, which means "finished, incomplete" here.
        sys.exit(1 if stopped.code == 2 else stopped.code)
    except LakehouseError as error:
        _complain(error.problem, error.next_step)


def _complain(problem: str, next_step: str) -> None:
    console = Console(stderr=True)
    words = escape(_plain(problem))
    console.print(f"[red]failed[/] {words}", soft_wrap=True, highlight=False)
    console.print(_plain(next_step), soft_wrap=True, highlight=False, markup=False)
    sys.exit(1)


def _plain(message: str) -> str:
    """A message of one or more lines; a name in it may steer no terminal."""
    return "\n".join(visible(line) for line in message.split("\n"))


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
