"""What `lakehouse restore` prints: the tables now and then, what comes next, and the way back."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.state.past_runs import PastRun
from orchestration.upkeep.restore_plan import Action, Restore

_TOP = 3
_NEWEST = 20


def print_runs(console: Console, runs: list[PastRun]) -> None:
    """Print the runs that can be gone back to, the newest first."""
    table = Table(title="Runs to go back to", title_justify="left", box=None, pad_edge=False)
    table.add_column("run", no_wrap=True)
    for heading in ("number", "ended", "status", "command"):
        table.add_column(heading, justify="right" if heading == "number" else "left")
    for run in runs[:_NEWEST]:
        ended = f"{run.finished_at:%Y-%m-%d %H:%M}"
        table.add_row(run.run_id, f"{run.number:,}", ended, run.status, escape(run.command))
    console.print(table)
    if len(runs) > _NEWEST:
        console.print(f"and {len(runs) - _NEWEST:,} older ones in ops.runs")
    console.print("Next: lakehouse restore --run RUN --dry-run; the beginning of an id is enough.")


def print_restore(console: Console, outcome: Restore, *, dry_run: bool) -> None:
    """Print what a restore has done, or would do."""
    run = outcome.run
    head = f"run {run.run_id}, number {run.number:,}: {run.command}, {run.status}"
    console.print(f"{head}, {run.finished_at:%Y-%m-%d %H:%M}", markup=False, soft_wrap=True)
    if not outcome.changes:
        console.print("All tables are as that run left them; there is nothing to do.")
        return
    console.print(_tables(outcome))
    kept = len(outcome.steps) - len(outcome.changes)
    console.print(f"{kept} tables are as they were then.\n")
    for line in _next_steps(outcome, dry_run=dry_run):
        console.print(line, markup=False, soft_wrap=True)


def _tables(outcome: Restore) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    for heading in ("version now", "version then", "rows now", "rows then"):
        table.add_column(heading, justify="right")
    table.add_column("note")
    for step in outcome.changes:
        table.add_row(
            escape(step.name),
            f"{step.version_now:,}",
            "" if step.version_then is None else f"{step.version_then:,}",
            f"{step.rows_now:,}",
            f"{step.rows_then:,}",
            step.action.value if step.action == Action.EMPTIED else "",
        )
    return table


def _next_steps(outcome: Restore, *, dry_run: bool) -> list[str]:
    lines = []
    files = outcome.forgotten
    if files:
        names = ", ".join(files[:_TOP]) + (", ..." if len(files) > _TOP else "")
        lines.append(
            f"Raw files that came or changed after that run ({len(files):,}): {names}. The next run"
            " takes them for new and loads them again. Correct or remove a bad one first."
        )
    if dry_run:
        return [
            *lines,
            f"Nothing was changed. To do it: lakehouse restore --run {outcome.run.run_id}",
        ]
    lines.append(f"Done, as run {outcome.run_id}. Each table got one more commit; nothing is lost.")
    if outcome.undo:
        lines.append(f"To undo it: lakehouse restore --run {outcome.undo}")
    return lines
