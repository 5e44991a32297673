"""`lakehouse restore`, `maintain`, `repair` and `dismiss`: tables and files as they lie there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from ingestion.settings import Settings
from ingestion.visible import visible
from lakehouse.commands.options import DryRun, Engine, Raw, Root
from lakehouse.commands.places import settings_with_raw
from lakehouse.commands.terminal import Ended, interruptible, require_local_root
from orchestration.pipeline.console import new_console


def restore(
    root: Root = None,
    run_id: Annotated[
        str | None, typer.Option("--run", help="Id or its start. [none: list the runs]")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Restore all tables to the state after a recorded run. A restore can itself be undone.

    docs/recovery.md says what the next run does then.
    """
    from lakehouse.restore_report import print_restore, print_runs
    from orchestration.upkeep.restore import restorable_runs
    from orchestration.upkeep.restore import restore as restore_tables

    settings = Settings.read(root=root)
    require_local_root(settings)
    if run_id is None:
        print_runs(new_console(), restorable_runs(settings))
        return
    with interruptible("Repeat the command to finish the restore; until then no run begins."):
        outcome = restore_tables(settings, run_id, _now, dry_run=dry_run)
    print_restore(new_console(), outcome, dry_run=dry_run)


def maintain(
    root: Root = None,
    keep_days: Annotated[
        int, typer.Option(help="Runs of so many days can be restored afterwards; at least 7.")
    ] = 30,
    dry_run: DryRun = False,
) -> None:
    """Merge small files, and delete files that no recent run needs; no value changes.

    docs/recovery.md says what is kept and for how long.
    """
    from lakehouse.maintain_report import print_maintenance
    from orchestration.upkeep.maintain import maintain as maintain_tables

    settings = Settings.read(root=root)
    require_local_root(settings)
    with interruptible("Every table is whole; repeat the command to go on."):
        outcome = maintain_tables(settings, keep_days, _now, dry_run=dry_run)
    print_maintenance(new_console(), outcome, dry_run=dry_run)


def dismiss(
    file: Annotated[str, typer.Argument(help="Its path below the raw folder, as status shows it.")],
    root: Root = None,
    engine: Engine = None,
) -> None:
    """Take a file out of the quarantine: it stays refused, and no run asks for it any more.

    With other content it is judged anew. For example: lakehouse dismiss "orders/2025-04-09 (1).csv"
    """
    from orchestration.pipeline.progress import Display
    from orchestration.upkeep.dismiss import dismiss as dismiss_file

    settings = Settings.read(root=root, engine=engine)
    require_local_root(settings)
    console = new_console()
    for row in dismiss_file(settings, file, Display(console, quiet=False)):
        console.print(
            f"dismissed {visible(f'{row.source_file}: {row.reason}')}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def repair(raw: Raw = None, root: Root = None, engine: Engine = None) -> None:
    """Repair damaged tables: load again what the raw files have, and say what is lost.

    Then silver and gold are built as far as that touches them. Any run does the same by itself
    where nothing is lost; docs/recovery.md has the cases.
    """
    from orchestration.pipeline.progress import Display
    from orchestration.pipeline.run import run
    from orchestration.pipeline.summary import print_summary
    from orchestration.state.versions import require_lakehouse

    settings = settings_with_raw(root, raw, engine)
    require_local_root(settings)
    require_lakehouse(settings)
    console = new_console()
    with interruptible("Repeat the command to go on."):
        result = run(settings, Display(console, quiet=False), gives_up=True)
    print_summary(console, settings, result)
    raise Ended(result.exit_code)


def _now() -> datetime:
    return datetime.now(UTC)
