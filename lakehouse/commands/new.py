"""`lakehouse new`: the files that a new raw table or a new model begins with."""

from __future__ import annotations

from typing import Annotated

import typer

from lakehouse.new.model import Layer
from orchestration.pipeline.console import new_console

app = typer.Typer(
    help="Write the files of a new raw table or model, and say what is left to do.",
    no_args_is_help=True,
)


@app.command()
def table(
    name: Annotated[str, typer.Argument(help="A table that ingestion/tables.py declares.")],
) -> None:
    """Write the bronze source and the silver models of a raw table.

    docs/recipes.md has the whole of it. For example: lakehouse new table returns
    """
    from lakehouse.new.printing import print_new_files
    from lakehouse.new.raw_table import new_raw_table

    print_new_files(new_console(), new_raw_table(name))


@app.command()
def model(
    name: Annotated[str, typer.Argument(help="Its name, such as weekly_sales.")],
    layer: Annotated[Layer, typer.Option(help="The folder of models/.")] = Layer.GOLD,
    reads: Annotated[
        list[str] | None, typer.Option(help="A model that it reads; may be given again. [orders]")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="A column of its key; may be given again. [order_id]")
    ] = None,
) -> None:
    """Write the SQL of a model and its description with tests, and in gold with a contract.

    For example: lakehouse new model weekly_sales --reads daily_sales --key week_start
    """
    from lakehouse.new.model import new_model
    from lakehouse.new.printing import print_new_files

    print_new_files(new_console(), new_model(name, layer, reads or ["orders"], key or ["order_id"]))
