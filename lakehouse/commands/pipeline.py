"""`lakehouse run`, its two halves `ingest` and `build`, and `replay`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ingestion.settings import Settings
from lakehouse.commands.options import DryRun, Engine, FullRefresh, Quiet, Raw, Root, Warnings
from lakehouse.commands.places import settings_with_raw
from lakehouse.commands.terminal import Ended, interruptible, require_local_root
from orchestration.pipeline.console import new_console

_WHOLE = "Nothing half done is visible; run the same command again to go on."


def run(
    raw: Raw = None,
    root: Root = None,
    engine: Engine = None,
    full_refresh: FullRefresh = False,
    quiet: Quiet = False,
    warnings: Warnings = False,
) -> None:
    """Load the raw files, build silver and gold, test everything: the whole line in one go.

    A table is not built and a test not run again while nothing that it depends on has changed.
    """
    settings = settings_with_raw(root, raw, engine, is_quiet=quiet)
    arguments = ["--full-refresh"] * full_refresh
    _run(settings, quiet, with_ingest=True, build_arguments=arguments, with_known=warnings)


def ingest(raw: Raw = None, root: Root = None, engine: Engine = None, quiet: Quiet = False) -> None:
    """Load what is new or changed in the raw folder into bronze, the first half of a run."""
    settings = settings_with_raw(root, raw, engine, is_quiet=quiet)
    _run(settings, quiet, with_ingest=True, build_arguments=None)


def build(
    context: typer.Context,
    root: Root = None,
    engine: Engine = None,
    workspace: Annotated[
        str | None, typer.Option(help="Build in this workspace, which nobody else reads.")
    ] = None,
    quiet: Quiet = False,
    warnings: Warnings = False,
) -> None:
    """Build and test silver and gold, the second half; other arguments go to `dbt build`.

    Without other arguments it leaves what can't have changed; --full-refresh builds and tests all.
    What has passed every test is published. For example: lakehouse build --select daily_sales+
    """
    settings = Settings.read(root=root, engine=engine)
    arguments = context.args
    if workspace is None:
        _run(settings, quiet, with_ingest=False, build_arguments=arguments, with_known=warnings)
    else:
        _build_in(settings, workspace, quiet, arguments)


def replay(
    raw: Raw = None, root: Root = None, engine: Engine = None, dry_run: DryRun = False
) -> None:
    """Read again what was refused, by today's rules, repair it and build what that touches.

    Run it after a rule has changed: a limit, an alias, a reader. --dry-run says what would happen.
    """
    from lakehouse.replay_report import print_replay
    from orchestration.pipeline.progress import Display
    from orchestration.upkeep.replay import replay as replay_refused

    settings = settings_with_raw(root, raw, engine)
    console = new_console()
    require_local_root(settings)
    with interruptible(_WHOLE):
        done = replay_refused(settings, Display(console, quiet=False), dry_run=dry_run)
    print_replay(console, done, dry_run=dry_run)
    raise Ended(0 if dry_run else done.exit_code)


def _build_in(settings: Settings, workspace: str, quiet: bool, arguments: list[str]) -> None:
    from orchestration.pipeline.progress import Display
    from orchestration.pipeline.summary import print_summary
    from orchestration.pipeline.workspace_runs import build_in_workspace

    console = new_console()
    require_local_root(settings)
    with interruptible("What is published is as it was; run the same command again to go on."):
        result = build_in_workspace(settings, Display(console, quiet), workspace, arguments)
    if not quiet or result.exit_code:
        print_summary(console, settings, result)
    raise Ended(result.exit_code)


def _run(
    settings: Settings,
    quiet: bool,
    *,
    with_ingest: bool,
    build_arguments: list[str] | None,
    with_known: bool = False,
) -> None:
    # dbt and Spark take a second to import; --help should not wait for them.
    from orchestration.pipeline.progress import Display
    from orchestration.pipeline.run import run as run_pipeline
    from orchestration.pipeline.summary import print_summary
    from orchestration.pipeline.verdict import verdict_with_cure
    from orchestration.state.results import EXIT_FAILED, EXIT_INCOMPLETE

    console = new_console()
    require_local_root(settings)
    with interruptible(_WHOLE):
        result = run_pipeline(
            settings,
            Display(console, quiet),
            with_ingest=with_ingest,
            build_arguments=build_arguments,
        )
    if not quiet or result.exit_code == EXIT_FAILED:
        print_summary(console, settings, result, with_known=with_known)
    elif result.exit_code == EXIT_INCOMPLETE:
        sys.stderr.write(f"{verdict_with_cure(settings, result)}\n")
    raise Ended(result.exit_code)
