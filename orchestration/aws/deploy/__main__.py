"""`python -m orchestration.aws.deploy --env dev [--plan] [--version V]`, behind `make deploy`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from ingestion.errors import LakehouseError
from orchestration.aws.deploy.deploy import deploy, deployed_version, notified_address, plan
from orchestration.aws.deploy.package import Package, build_package
from orchestration.aws.deploy.releases import earlier_package
from orchestration.aws.deploy.report import print_outcome, watched
from orchestration.aws.environment import Environment
from orchestration.pipeline.console import new_console
from orchestration.project import PROJECT_FOLDER
from orchestration.state.aws_clients import caller_account


def main(
    env: Annotated[str, typer.Option(help="Environment: dev, staging or prod.")],
    only_plan: Annotated[
        bool, typer.Option("--plan", help="Show what would change; change nothing that runs.")
    ] = False,
    version: Annotated[
        str | None, typer.Option(help="An earlier version in the bucket, to go back to it.")
    ] = None,
    notify: Annotated[
        str | None,
        typer.Option(help="Address to notify of successes and failures; as before if not given."),
    ] = None,
) -> None:
    """Pack the project, upload it and bring the environment's stacks to it, in order."""
    console = new_console()
    try:
        _run(console, env, version, notify, only_plan=only_plan)
    except LakehouseError as error:
        complaint = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
        complaint.print(f"failed {error.problem}\n{error.next_step}")
        sys.exit(1)


def _run(
    console: Console, env: str, version: str | None, notify: str | None, *, only_plan: bool
) -> None:
    Environment(env, account="")  # a wrong name is reported before AWS is asked who is calling
    environment = Environment(env, caller_account())
    say = partial(console.print, soft_wrap=True, highlight=False, markup=False)
    with TemporaryDirectory() as folder:
        package = _package(environment, version, Path(folder))
        before = deployed_version(environment)
        say(f"Version {package.version} for {env} in account {environment.account}.")
        if only_plan:
            for outcome in plan(environment, package, notify):
                print_outcome(console, outcome, planned=True)
            say("Nothing was changed. To do it, leave out --plan.")
            return
        for outcome in deploy(environment, package, partial(watched, console), notify):
            print_outcome(console, outcome, planned=False)
    say(f"{env} is at version {package.version}.")
    if notified_address(environment) is None:
        say(f"Nobody is notified of failures: make deploy ENV={env} NOTIFY=<address> changes that.")
    if before not in (None, package.version):
        say(f"Back to what was there: make deploy ENV={env} VERSION={before}")


def _package(environment: Environment, version: str | None, folder: Path) -> Package:
    if version is None:
        return build_package(PROJECT_FOLDER, environment, folder)
    return earlier_package(environment, version, folder)


if __name__ == "__main__":
    typer.run(main)
