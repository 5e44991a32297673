"""What status says of the tables that readers see: by which runs, tested how, and what they lack.

Data flow: `ShownState` + files that are not built -> parts of the page
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import duckdb
from rich.text import Text

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from ingestion.visible import some
from lakehouse.page import Page, Table
from lakehouse.shown_state import FailedRun, Publisher, ShownState, shown_state
from lakehouse.unbuilt import UnbuiltFile, unbuilt_files
from orchestration.state.results import FAILED
from orchestration.state.workspaces import list_workspaces

_PUBLISHERS = ("run_id", "published_at", "command", "tables")
_TESTS = ("test", "table", "status", "rows", "run_id")
_UNBUILT = ("source_file", "state", "table_name", "recorded_at", "by_run")
_SHOWN = 5


def add_shown(page: Page, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Add the state of silver and gold as readers see it, whatever the newest command was."""
    state = shown_state(connection, settings)
    _add_publishers(page, settings, state.publishers)
    _add_failed(page, state.failed)
    unbuilt = None
    with suppress(LakehouseError):  # a damaged table has been named
        unbuilt = unbuilt_files(settings)
    _add_unbuilt(page, unbuilt)
    _add_workspaces(page, settings)
    _add_tests(page, settings, state)


def _add_publishers(page: Page, settings: Settings, publishers: Sequence[Publisher]) -> None:
    last = publishers[0] if publishers else None
    page.fact("workspace", settings.workspace or None)
    page.fact("published_by_run", last and last.run_id)
    page.fact("published_at", last and last.published_at)
    if settings.workspace:
        page.note(f"shown  silver and gold of the workspace {settings.workspace}")
    elif last:
        page.note(
            f"shown  silver and gold as run {last.run_id[:12]} published them,"
            f" {last.published_at:%Y-%m-%d %H:%M} UTC"
        )
    rows = [(one.run_id, one.published_at, one.command, list(one.tables)) for one in publishers]
    seen = [
        (
            one.run_id,
            one.published_at,
            one.command,
            f"{len(one.tables):,}: {some(one.tables, _SHOWN)}",
        )
        for one in publishers
    ]
    title = "Tables by the run that published them"
    page.table(
        Table("published", title, _PUBLISHERS, rows),
        Table(
            *("published", title, _PUBLISHERS, seen if len(seen) > 1 else ()),
            may_go=("published_at", "command"),
            text="tables",
        ),
    )


def _add_failed(page: Page, failed: FailedRun | None) -> None:
    if failed is None:
        page.fact("failed_run", None)
        return
    run = failed.run
    page.fact(
        "failed_run",
        {
            "run_id": run.run_id,
            "command": run.command,
            "finished_at": run.finished_at,
            "causes": list(failed.causes),
            "workspace": failed.workspace,
        },
    )
    causes = some(failed.causes, _SHOWN) if failed.causes else "before a table was built"
    where = f"; look at it with --workspace {failed.workspace}" if failed.workspace else ""
    page.note(
        Text.assemble(
            ("failed", "red"),
            f" run {run.run_id[:12]} ({run.command}), {run.finished_at:%Y-%m-%d %H:%M} UTC:"
            f" {causes}{where}",
        )
    )


def _add_unbuilt(page: Page, unbuilt: Sequence[UnbuiltFile] | None) -> None:
    """Add what bronze has and silver and gold lack; None if nobody knows."""
    rows = [
        (one.source_file, one.state, one.table_name, one.recorded_at, one.run_id)
        for one in unbuilt or ()
    ]
    title = "In bronze, and not in all of silver and gold: `lakehouse build` builds them"
    may_go = ("by_run", "recorded_at", "table_name")
    page.table(Table("unbuilt", title, _UNBUILT, rows, may_go=may_go, text="source_file"))
    if unbuilt is None:
        page.fact("unbuilt", None)
        page.note(
            "No recorded build of everything has left silver and gold as they are, so nobody can"
            " say which files they lack: `lakehouse build` builds all."
        )


def _add_workspaces(page: Page, settings: Settings) -> None:
    names = [workspace.name for workspace in list_workspaces(settings)]
    page.fact("workspaces", names)
    if names:
        words = f"{some(names, _SHOWN)}; `lakehouse workspace list` says more"
        page.note(f"also   {'workspaces' if len(names) > 1 else 'the workspace'} {words}")


def _add_tests(page: Page, settings: Settings, state: ShownState) -> None:
    odd = state.not_passed
    bad = sum(test.status in FAILED for test in odd)
    counts = {"passed": len(state.tests) - len(odd), "warned": len(odd) - bad, "failed": bad}
    page.fact("tests", counts)
    if state.tests:
        words = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        page.note(f"tests  {words}, of what is shown")
    elif settings.workspace:
        page.note("tests  not recorded, as this is the workspace of no run")
    rows = [(one.test_name, one.tested, one.status, one.failures, one.run_id) for one in odd]
    title = "Tests that what is shown has not passed; their rows are in ops.test_failures"
    page.table(Table("tests_not_passed", title, _TESTS, rows, may_go=("run_id", "table")))
