"""Commands that only look: `lakehouse status`, `runs`, `trace`, `report` and `cost`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ingestion.settings import Settings
from ingestion.tables import TABLES
from lakehouse.commands.options import Engine, Output, Raw, Root, Workspace
from lakehouse.commands.places import settings_in, settings_with_raw
from lakehouse.formats import Format
from orchestration.pipeline.console import new_console


def status(
    raw: Raw = None,
    root: Root = None,
    workspace: Workspace = None,
    engine: Engine = None,
    output: Output = Format.TABLE,
) -> None:
    """Show what is published, tested how and by which run; files, gaps, rejects; where rows went.

    For programs: lakehouse status --format json | jq '.quarantined[].source_file'
    """
    from lakehouse.status import status_page

    settings = settings_with_raw(
        root, raw, engine, workspace=workspace, is_quiet=True, needs_raw=False
    )
    status_page(settings, datetime.now(UTC)).show(new_console(), output)


def runs(
    root: Root = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest runs.")] = 10,
    output: Output = Format.TABLE,
) -> None:
    """Show the newest runs: records, seconds, tests passed, warned and failed, and what changed.

    A test whose outcome is another than the last time it ran is named: failed, warned or fixed.
    For example: lakehouse runs --limit 3
    """
    from lakehouse.runs_report import runs_page

    settings = Settings.read(root=root)
    runs_page(settings, limit).show(new_console(), output)


def trace(
    table: Annotated[
        str,
        typer.Argument(help=f"One of {', '.join(TABLES)}.", autocompletion=lambda: list(TABLES)),
    ],
    key: Annotated[
        int, typer.Argument(help=f"Its {', '.join(table.key for table in TABLES.values())}.")
    ],
    root: Root = None,
    workspace: Workspace = None,
    output: Output = Format.TABLE,
) -> None:
    """Show a row's life: its lines of files, what became of each, and the gold rows that count it.

    For example: lakehouse trace orders 10000
    """
    from lakehouse.trace import trace_page

    settings = settings_in(root, workspace)
    trace_page(settings, table, key).show(new_console(), output)


def report(
    root: Root = None,
    workspace: Workspace = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write, over what it holds.")
    ] = Path("report.html"),
) -> None:
    """Write one HTML page about sales, departments, customers, products and the data's quality.

    The file needs nothing beside it: open it in a browser, send it, or print it. It is made from
    gold and the history of runs; no engine is started. For example: lakehouse report -o today.html
    """
    from lakehouse.report.page import write_report

    settings = settings_in(root, workspace)
    size = write_report(settings, output)
    new_console().print(
        f"wrote {output.resolve()} ({size / 1000:,.0f} kB)", soft_wrap=True, markup=False
    )


def cost(
    root: Root = None,
    run_id: Annotated[str | None, typer.Option("--run", help="Id or its start. [newest]")] = None,
    workers: Annotated[int, typer.Option(min=2, help="Workers, the driver included.")] = 2,
    worker_type: Annotated[str, typer.Option(help="G.1X, G.2X, G.4X or G.8X.")] = "G.1X",
    output: Output = Format.TABLE,
) -> None:
    """Estimate what a recorded run would cost on AWS Glue: by model, by run, by month.

    From its seconds and lakehouse/prices.yml; docs/scaling.md says how. No engine is started.
    """
    from lakehouse.cost_report import cost_page

    settings = Settings.read(root=root)
    cost_page(settings, run_id, workers, worker_type).show(new_console(), output)
