"""What `lakehouse plan` shows: what a run would do, in the order in which it would.

It takes no lock and writes nothing. No engine is started and no model is parsed, so the tests that
would run are counted by the last run that ran them.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from rich.text import Text

from ingestion.ledger import Batch
from ingestion.raw_checks import require_raw
from ingestion.settings import RUN_PREFIX, Settings
from ingestion.visible import some
from lakehouse.page import Page, Table
from lakehouse.plan.building import (
    NOTHING,
    SOME_DAYS,
    PlannedBuild,
    PlannedNodes,
    planned_build,
    planned_nodes,
)
from lakehouse.plan.files import LOAD, PlannedFiles, planned_files
from lakehouse.plan.past import TimedRun, expected_seconds, runs_alike
from orchestration.state.damage import find_damage
from orchestration.state.lock import unfinished_restore
from orchestration.state.published import read_intent
from orchestration.state.workspaces import list_workspaces

_STEPS = ("start", "ingest", "build")
_FILES = ("source_file", "action", "why", "table_name", "bytes")
_DAYS = ("table_name", "days")


def plan_page(settings: Settings, now: datetime) -> Page:
    """What `lakehouse run` would do now.

    Args:
        settings: The root and the raw folder.
        now: The time of the run that is planned.

    Raises:
        LakehouseError: A run would not begin either, or a table of ops can't be read.
    """
    require_raw(settings.raw, settings.root)
    page = Page()
    for name, value in (("root", settings.root), ("raw", settings.raw)):
        page.fact(name, value)
        page.note(f"{name:<7}{value}")
    _add_cut_off(page, settings)
    files = planned_files(settings, Batch("planned", now))
    _add_files(page, files)
    build = planned_build(settings, files.todo)
    _add_build(page, build, planned_nodes(settings, build, files.todo))
    loads = any(file.action == LOAD for file in files.todo)
    _add_past(page, runs_alike(settings, loads=loads, builds=build.extent != NOTHING))
    _add_publication(page, settings, build)
    return page


def _add_cut_off(page: Page, settings: Settings) -> None:
    """Add what a run would have to repair or to finish first, or what would stop it."""
    damages = [str(damage) for damage in find_damage(settings)]
    page.fact("damaged", damages)
    for damage in damages:
        page.note(Text.assemble(("damaged", "red"), f" {damage}; the run repairs it first"))
    intent, restore = read_intent(settings), unfinished_restore(settings)
    publication = intent and intent.run_id
    page.fact("unfinished_publication", publication)
    page.fact("unfinished_restore", restore)
    if publication:
        page.note(f"cut off: the publication of run {publication}; the run finishes it first")
    if restore:
        page.note(
            "cut off: a restore. No run begins before `lakehouse restore --run"
            f" {restore}` has finished it"
        )


def _add_files(page: Page, files: PlannedFiles) -> None:
    actions = Counter(file.action for file in files.todo)
    page.fact("files_known", files.known)
    page.fact("files_gone", files.gone)
    words = [f"{count:,} to {action}" for action, count in actions.items()] or ["nothing to load"]
    words.append(f"{files.known:,} known and unchanged")
    words += [f"{len(files.waiting):,} in quarantine"] if files.waiting else []
    words += [f"{files.gone:,} loaded and gone since (their rows stay)"] if files.gone else []
    page.note(f"\nfiles  {', '.join(words)}")
    todo = [
        (file.source_file, file.action, file.why, file.table_name, file.bytes)
        for file in files.todo
    ]
    title = "Files; one that is loaded may still be refused when it is read"
    page.table(
        Table("files", title, _FILES, todo, may_go=("table_name", "bytes"), text="why"),
    )
    waiting = [(row.source_file, row.reason) for row in files.waiting]
    title = "In quarantine, unchanged"
    page.table(Table("quarantined", title, ("source_file", "reason"), waiting, text="reason"))


def _add_build(page: Page, build: PlannedBuild, nodes: PlannedNodes) -> None:
    columns = ("extent", "why", "since")
    row = (build.extent, list(build.why), build.since)
    if build.extent == NOTHING:
        words = f"nothing: run {build.since} built and tested what is there"
    elif not nodes.tables:
        words = "no table; tests that are new, have warned or were edited run"
    elif build.extent == SOME_DAYS:
        words = f"silver by days and gold whole, starting from run {build.since}"
    else:
        words = "all days of every table"
    page.fact("build", dict(zip(columns, row, strict=True)))
    page.note(f"\nbuild  {words}")
    for why in build.why:
        page.note(f"       because {why}")
    days = [(name, found) for name, found in build.days.items()]
    seen = [(name, len(found), some(map(str, found))) for name, found in build.days.items()]
    title = "Days known so far; rows that refer to changed ones may add others"
    page.table(
        Table("days", title, _DAYS, days),
        Table("days", title, ("table", "count", "days"), seen, text="days"),
    )
    tables = [(table.table, table.built, table.why) for table in nodes.tables]
    title = "Tables that are built"
    page.table(Table("tables", title, ("table", "built", "why"), tables, text="why"))
    page.fact("tables_left", nodes.tables_left)
    page.fact("tests_left", nodes.tests_left)
    if build.extent != NOTHING and (nodes.tables_left or nodes.tests_left):
        page.note(
            f"\nleft   {len(nodes.tables_left):,} tables and {nodes.tests_left:,} tests stay, as"
            " nothing they depend on has changed"
        )


def _add_past(page: Page, runs: list[TimedRun]) -> None:
    rows = [
        (
            *(run.run_id, run.files_loaded, run.records_loaded, run.models_built, run.tests),
            *(_rounded(run.steps.get(step)) for step in _STEPS),
            _rounded(run.seconds),
        )
        for run in runs
    ]
    names = ("run_id", "files", "records", "models", "tests", *_STEPS, "seconds")
    title = "The last runs with the same kind of work; steps in seconds"
    may_go = ("models", "start", "records")
    page.table(Table("past_runs", title, names, rows, may_go=may_go))
    expected = expected_seconds(runs)
    page.fact("expected_seconds", _rounded(expected))
    page.fact("expected_tests", runs[0].tests if runs else None)
    if expected is None:
        page.note("\ntime   not known: no run here has done this kind of work yet")
    else:
        page.note(f"\ntime   about {expected:,.0f} s, the median of these runs")


def _add_publication(page: Page, settings: Settings, build: PlannedBuild) -> None:
    left = list_workspaces(settings)
    rows = [(workspace.name, workspace.created_at) for workspace in left]
    if build.extent == NOTHING:
        page.note("\nthen   nothing is published: all tables stay as they are")
    else:
        page.note("\nthen   silver and gold are published together if no test fails")
    title = f"Workspaces; the next run that publishes drops those named {RUN_PREFIX}..."
    page.table(Table("workspaces", title, ("name", "opened_at"), rows))


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
