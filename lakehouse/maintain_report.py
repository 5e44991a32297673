"""What `lakehouse maintain` prints: files and bytes of each table before and after."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.upkeep.maintain import Maintenance, Size


def print_maintenance(console: Console, outcome: Maintenance, *, dry_run: bool) -> None:
    """Print what a maintenance has done, or would do."""
    due = [care for care in outcome.tables if care.is_due]
    if due:
        console.print(_tables(outcome))
    console.print(f"{len(outcome.tables) - len(due)} tables need nothing.")
    if outcome.kept:
        oldest = outcome.kept[-1]
        console.print(
            f"Kept, and to be restored: {len(outcome.kept):,} runs, the oldest {oldest.run_id} of"
            f" {oldest.finished_at:%Y-%m-%d %H:%M}.",
            soft_wrap=True,
        )
    if outcome.workspaces:
        word = "would be dropped" if dry_run else "dropped"
        names = ", ".join(outcome.workspaces)
        console.print(f"Workspaces that runs have left, {word}: {names}.", soft_wrap=True)
    if dry_run:
        console.print("Nothing was changed. To do it, leave out --dry-run.")
    elif outcome.run_id:
        console.print(f"Done, as run {outcome.run_id}. No value was changed.", soft_wrap=True)


def _tables(outcome: Maintenance) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    for heading in ("files read", "after", "files on disk", "after", "bytes on disk", "after"):
        table.add_column(heading, justify="right")
    for care in outcome.tables:
        if care.is_due:
            table.add_row(escape(care.name), *_numbers(care.before, care.after))
    before, after = (
        Size(
            sum(size.read for size in sizes),
            sum(size.on_disk for size in sizes),
            sum(size.bytes for size in sizes),
        )
        for sizes in (
            [care.before for care in outcome.tables],
            [care.after for care in outcome.tables],
        )
    )
    table.add_section()
    table.add_row("all tables", *_numbers(before, after))
    return table


def _numbers(before: Size, after: Size) -> list[str]:
    pairs = (
        (before.read, after.read),
        (before.on_disk, after.on_disk),
        (before.bytes, after.bytes),
    )
    return [f"{number:,}" for pair in pairs for number in pair]
