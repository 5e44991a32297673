"""Commands that only look: `lakehouse status`, `runs`, `trace`, `report` and `cost`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ingestion.settings import Settings
from ingestion.tables import TABLES
from lakehouse.commands.options import Engine, Raw, Root
from lakehouse.commands.places import settings_with_raw
from orchestration.pipeline.console import new_console


def status(raw: Raw = None, root: Root = None, engine: Engine = None) -> None:
    """Show files, gaps, rejects with reasons, freshness, the last run and where every row went."""
    from lakehouse.status import print_status

    settings = settings_with_raw(root, raw, engine, is_quiet=True, needs_raw=False)
    print_status(new_console(), settings, datetime.now(UTC))


def runs(
    root: Root = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest runs.")] = 10,
) -> None:
    """Show the newest runs: records, seconds, tests passed, warned and failed, and what changed.

    A test whose outcome is another than the last time it ran is named: failed, warned or fixed.
    For example: lakehouse runs --limit 3
    """
    from lakehouse.runs_report import print_runs

    settings = Settings.read(root=root)
    print_runs(new_console(), settings, limit)


def trace(
    table: Annotated[str, typer.Argument(help=f"One of {', '.join(TABLES)}.")],
    key: Annotated[
        int, typer.Argument(help=f"Its {', '.join(table.key for table in TABLES.values())}.")
    ],
    root: Root = None,
) -> None:
    """Show a row's life: its lines of files, what became of each, and the gold rows that count it.

    For example: lakehouse trace orders 10000
    """
    from lakehouse.trace import print_trace

    settings = Settings.read(root=root)
    print_trace(new_console(), settings, table, key)


def report(
    root: Root = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write, over what it holds.")
    ] = Path("report.html"),
) -> None:
    """Write one HTML page about sales, departments, customers, products and the data's quality.

    The file needs nothing beside it: open it in a browser, send it, or print it. It is made from
    gold and the history of runs; no engine is started. For example: lakehouse report -o today.html
    """
    from lakehouse.report.page import write_report

    settings = Settings.read(root=root)
    size = write_report(settings, output)
    new_console().print(
        f"wrote {output.resolve()} ({size / 1000:,.0f} kB)", soft_wrap=True, markup=False
    )


def cost(
    root: Root = None,
    run_id: Annotated[str | None, typer.Option("--run", help="Id or its start. [newest]")] = None,
    workers: Annotated[int, typer.Option(min=2, help="Workers, the driver included.")] = 2,
    worker_type: Annotated[str, typer.Option(help="G.1X, G.2X, G.4X or G.8X.")] = "G.1X",
) -> None:
    """Estimate what a recorded run would cost on AWS Glue: by model, by run, by month.

    From its seconds and lakehouse/prices.yml; docs/scaling.md says how. No engine is started.
    """
    from lakehouse.cost_report import print_cost

    settings = Settings.read(root=root)
    print_cost(new_console(), settings, run_id, workers, worker_type)
