"""`lakehouse query`: SQL on the tables, as Athena takes it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ingestion.errors import LakehouseError
from lakehouse.commands.options import Root, Workspace
from lakehouse.commands.places import settings_in
from orchestration.pipeline.console import new_console

EXAMPLES = """
Examples:

- `lakehouse query "select order_date, total_sales from gold.daily_sales order by 1"`
- `lakehouse query "show tables in gold"`, `lakehouse query "describe gold.daily_sales"`
- `lakehouse query --file analyses/sales_by_weekday.sql --format csv`
- `lakehouse query --as-of 2025-04-10 "select count(*) from silver.orders"`; or a run, `3f2a91c0`
- `lakehouse query --output sales.parquet --format parquet "table gold.daily_sales"`
- `echo "select 1" | lakehouse query`; `lakehouse query` alone opens a shell

docs/query.md has more. Exit codes: 0 all well; 1 failed.
"""


def query(
    sql: Annotated[
        str | None, typer.Argument(help="One statement. [standard input; on a terminal: a shell]")
    ] = None,
    root: Root = None,
    workspace: Workspace = None,
    file: Annotated[
        Path | None, typer.Option(help="Read the SQL from this file, such as one of analyses/.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, csv, json or parquet.")] = "table",
    output: Annotated[
        Path | None, typer.Option(help="Write the answer to this file. [standard output]")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="Tables as of a version, a time in UTC or a run; also :as_of."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows that a table shows.")] = 1000,
) -> None:
    """Ask the tables by SQL, in Athena's dialect and without an engine to start; it only reads."""
    from lakehouse.query.asking import QueryOptions, answer_question
    from lakehouse.query.limits import Limits
    from lakehouse.query.output import Format
    from orchestration.state.past_states import PastState, parse_as_of

    settings = settings_in(root, workspace)
    if form not in list(Format):
        raise LakehouseError(
            f"There is no format {form!r}.", f"Choose one of {', '.join(Format)} with --format."
        )
    moment = None if as_of is None else parse_as_of(settings, as_of)
    if workspace and isinstance(moment, PastState):
        raise LakehouseError(
            f"No run has left a state of the workspace {workspace}.",
            "Leave out --workspace for what was published, or give --as-of a time.",
        )
    limits = Limits.read(os.environ)
    options = QueryOptions(Format(form), output, limit, moment, limits)
    options.require_sound()
    if sql is None and file is None and sys.stdin.isatty():
        from lakehouse.query.shell import run_shell

        run_shell(settings, new_console(), options)
        return
    answer_question(settings, new_console(), _text(sql, file), options)


def _text(sql: str | None, file: Path | None) -> str:
    if sql is not None and file is not None:
        raise LakehouseError("There are two queries.", "Give the SQL or --file, not both.")
    if file is None:
        # Windows editors put a mark before the first letter.
        return sys.stdin.read().removeprefix("\ufeff") if sql is None else sql
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise LakehouseError(f"{file} can't be read: {reason}.", "Name another --file.") from error
