"""`lakehouse workspace new`, `list` and `drop`, and `lakehouse publish`."""

from __future__ import annotations

from typing import Annotated

import typer

from ingestion.settings import Settings
from lakehouse.commands.options import Engine, Output, Quiet, Root
from lakehouse.commands.terminal import Ended, interruptible, require_local_root
from lakehouse.formats import Format
from orchestration.pipeline.console import new_console

app = typer.Typer(
    help="Build and look at silver and gold apart from what others read, without a copy of data.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="Small letters, digits, - and _, such as dev.")]


@app.command("new")
def new(name: Name, root: Root = None) -> None:
    """Make a workspace that begins as what is published.

    For example: lakehouse workspace new dev, then lakehouse build --workspace dev
    """
    from orchestration.state.lock import only_run
    from orchestration.state.workspaces import new_workspace

    settings = _local(root)
    with only_run(settings):
        made = new_workspace(settings, name)
    new_console().print(
        f"workspace {name}: {len(made.base)} tables as they are published. Build in it by"
        f" `lakehouse build --workspace {name}`, or by plain `dbt` with LAKEHOUSE_WORKSPACE={name}",
        highlight=False,
        soft_wrap=True,
    )


@app.command("list")
def show(root: Root = None, output: Output = Format.TABLE) -> None:
    """Show the workspaces: since when, what was built in them, whether they can be published."""
    from lakehouse.workspaces_report import workspaces_page

    workspaces_page(Settings.read(root=root)).show(new_console(), output)


@app.command("drop")
def drop(name: Name, root: Root = None) -> None:
    """Delete a workspace with all that was built in it; what is published stays as it is."""
    from orchestration.state.workspaces import drop_workspace, require_workspace

    settings = Settings.read(root=root)
    require_workspace(settings, name)
    drop_workspace(settings, name)
    new_console().print(f"dropped the workspace {name}", highlight=False)


def publish(
    workspace: Annotated[str, typer.Option(help="What to publish: a workspace of this root.")],
    root: Root = None,
    engine: Engine = None,
    quiet: Quiet = False,
) -> None:
    """Run every test that the tables of a workspace reach, then let everybody read them.

    If one fails, nothing is published and the workspace stays. Exit codes: 0 published, 1 not.
    """
    from orchestration.pipeline.progress import Display
    from orchestration.pipeline.summary import print_summary
    from orchestration.pipeline.workspace_runs import publish_workspace

    settings = _local(root, engine)
    console = new_console()
    with interruptible("Nothing is published by halves; repeat the command to go on."):
        result = publish_workspace(settings, Display(console, quiet), workspace)
    if not quiet or result.exit_code:
        print_summary(console, settings, result)
    raise Ended(result.exit_code)


def _local(root: str | None, engine: str | None = None) -> Settings:
    settings = Settings.read(root=root, engine=engine)
    require_local_root(settings)
    return settings
