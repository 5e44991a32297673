"""What `lakehouse catalog` prints: one line for each difference, and what to do."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestion.settings import Settings
from orchestration.aws.catalog.diff import Drift, Kind


def print_check(console: Console, settings: Settings, found: list[Drift], target: str) -> None:
    """Print what was found, and how to repair it."""
    if not found:
        _say(console, f"The catalog is in step with {settings.root}.")
        return
    console.print(_table(settings, found))
    _say(console, f"{_count(found)} out of step. Repair: lakehouse catalog sync --target {target}")


def print_sync(console: Console, settings: Settings, repaired: list[Drift]) -> None:
    """Print what was repaired; what was taken out of the catalog by name."""
    if not repaired:
        _say(console, f"The catalog was in step with {settings.root}; nothing was changed.")
        return
    console.print(_table(settings, repaired))
    _say(console, f"{_count(repaired)} repaired.")
    gone = [_name(settings, drift) for drift in repaired if drift.kind == Kind.NOT_IN_STORAGE]
    if gone:
        _say(console, f"Dropped, as their Delta logs are gone: {', '.join(gone)}.")


def _table(settings: Settings, drifts: list[Drift]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("table", "difference", "detail"):
        table.add_column(heading, overflow="fold")
    for drift in drifts:
        table.add_row(_name(settings, drift), drift.kind, escape(drift.detail))
    return table


def _name(settings: Settings, drift: Drift) -> str:
    database = settings.database(drift.layer)
    return f"{database}.{drift.table}" if drift.table else database


def _count(drifts: list[Drift]) -> str:
    tables = {(drift.layer, drift.table) for drift in drifts}
    return f"{len(tables)} entr{'y' if len(tables) == 1 else 'ies'}"


def _say(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False, markup=False)
