"""`lakehouse erase-user`: a person out of the lakehouse, for good."""

from __future__ import annotations

from typing import Annotated

import typer

from ingestion.errors import LakehouseError
from lakehouse.commands.options import Engine, Quiet, Raw, Root
from lakehouse.commands.places import settings_with_raw
from lakehouse.commands.terminal import Ended, interruptible, require_local_root
from orchestration.pipeline.console import new_console


def erase_user(
    user_id: Annotated[int, typer.Argument(help="The person, as in the files.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show where the person is.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Erase; this can't be undone.")] = False,
    raw: Raw = None,
    root: Root = None,
    engine: Engine = None,
    quiet: Quiet = False,
) -> None:
    """Take a person out of every table, every old version and every log, and prove it.

    Runs from before can't be restored afterwards, and all workspaces are dropped. Raw files are
    listed, not changed.
    """
    from lakehouse.erasure_report import print_outcome
    from orchestration.pipeline.progress import Display
    from orchestration.upkeep.erasure.erase import erase_user as erase

    settings = settings_with_raw(root, raw, engine, is_quiet=quiet)
    require_local_root(settings)
    console = new_console()
    with interruptible("Repeat the same command: it finishes what is left."):
        outcome = erase(
            settings, Display(console, quiet), user_id, is_confirmed=yes and not dry_run
        )
    print_outcome(console, settings, user_id, outcome)
    is_done = outcome.erasure is not None and all(place.is_clean for place in outcome.before)
    if outcome.result is None and not dry_run and not is_done:
        raise LakehouseError(
            "Nothing was erased.", "Look at the list above, then repeat the command with --yes."
        )
    raise Ended(outcome.exit_code)
