"""`lakehouse catalog check` and `sync`: the Glue Data Catalog against the tables in the bucket."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from ingestion.settings import Settings
from lakehouse.commands.terminal import Ended
from orchestration.pipeline.console import new_console

app = typer.Typer(
    help="Keep the Glue Data Catalog in step with the Delta tables on S3.",
    no_args_is_help=True,
)
Target = Annotated[str, typer.Option(help="Environment: dev, staging or prod.")]
Root = Annotated[
    str | None, typer.Option(help="s3:// root of the tables. [the environment's bucket]")
]


@app.command()
def check(target: Target, root: Root = None) -> None:
    """Show how the catalog differs from the tables and the dbt project; change nothing.

    Ends with 0 if they are in step, with 2 if not. For example: lakehouse catalog check --target
    dev
    """
    from lakehouse.catalog_report import print_check
    from orchestration.aws.catalog import check as find_drift
    from orchestration.aws.catalog import described_project

    settings = _settings(target, root)
    found = find_drift(settings, described_project(settings))
    print_check(new_console(), settings, found, target)
    if found:
        raise Ended(2)


@app.command()
def sync(target: Target, root: Root = None) -> None:
    """Repair what differs: create, update, or take out what is no longer in the bucket."""
    from lakehouse.catalog_report import print_sync
    from orchestration.aws.catalog import described_project
    from orchestration.aws.catalog import sync as repair

    settings = _settings(target, root)
    print_sync(new_console(), settings, repair(settings, described_project(settings)))


def _settings(target: str, root: str | None) -> Settings:
    from orchestration.aws.environment import Environment
    from orchestration.state.aws_clients import caller_account

    environment = Environment(target, caller_account())
    settings = Settings.read(root=root or environment.root)
    # Not by the argument: no prefix, as in prod, would leave it to a variable.
    return replace(settings, database_prefix=environment.database_prefix)
