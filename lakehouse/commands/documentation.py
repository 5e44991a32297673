"""What the project says of itself: `lakehouse docs` and `lakehouse lineage`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingestion.settings import Settings
from lakehouse.commands.options import Engine, Output, Root
from lakehouse.formats import Format
from lakehouse.lineage.report import print_lineage
from orchestration.pipeline.console import new_console


def docs(
    root: Root = None,
    engine: Engine = None,
    output: Annotated[Path, typer.Option(help="Folder that the site is written to.")] = Path(
        "target/docs"
    ),
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.")] = 8080,
    serve: Annotated[bool, typer.Option(help="Serve the site once it is written.")] = True,
) -> None:
    """Write the docs site: every table and column, the graph, and where each column comes from.

    It is two pages that need no server. They are then served to this machine alone, until Ctrl-C.
    """
    from lakehouse.docs_site.build import write_site
    from lakehouse.docs_site.serve import serve_site
    from orchestration.pipeline.progress import Display

    settings = Settings.read(root=root, engine=engine)
    console = new_console()
    written = write_site(settings, output, Display(console, quiet=False))
    console.print(written.message(settings.root), highlight=False, soft_wrap=True)
    if serve:
        serve_site(console, output, port)


def lineage(
    name: Annotated[str, typer.Argument(help="<table>.<column>, or <table> for all its columns.")],
    downstream: Annotated[
        bool, typer.Option("--downstream", help="What is made of it, in place of what made it.")
    ] = False,
    output: Output = Format.TABLE,
    engine: Engine = None,
) -> None:
    """Show which columns of the CSV files a column is computed from, or what is made of it.

    For example: lakehouse lineage gold.daily_sales.total_sales, or with --downstream
    lakehouse lineage orders.csv.total_amount. After a change of the project it takes some seconds.
    """
    from lakehouse.lineage.known import known_lineage
    from orchestration.pipeline.progress import Display, NodeProgress

    settings = Settings.read(engine=engine)
    console = new_console()
    with Display(console, quiet=output == Format.JSON).step("compile") as step:
        found = known_lineage(settings, NodeProgress(step))
    print_lineage(console, found, name, output, downstream=downstream)
