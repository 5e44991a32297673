"""Which tables a run would build, over which days, and why.

Data flow: planned files + recorded builds + versions now + project -> tables, and nothing, some
days or all of them

It asks what a build asks, before any file is read: so it knows the days that files are named for
and those of rows that they replace, and not yet those of rows that refer to them. As no model is
parsed, tests that were added since the last build are not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ingestion.errors import LakehouseError
from ingestion.layers import DATA_OF_OPS
from ingestion.settings import Settings
from ingestion.tables import TABLES
from lakehouse.plan.files import LOAD, PlannedFile
from orchestration import project
from orchestration.pipeline.changes import Changes, changes_since
from orchestration.pipeline.unchanged import reasons
from orchestration.project.digest import project_digest
from orchestration.project.fingerprints import Fingerprints
from orchestration.project.silver import limits, models_built_by_day, silver_fingerprint
from orchestration.state.build_cache import BuiltNodes, built_nodes, built_silver, run_that_built
from orchestration.state.past_runs import read_ops
from orchestration.state.results import NodeInputs
from orchestration.state.versions import TableVersion, current_versions

NOTHING, SOME_DAYS, ALL_DAYS = "nothing", "some days", "all days"
_WHOLE = "whole"
# Such a model is part of the query of others.
_EPHEMERAL = "materialized='ephemeral'"


@dataclass(frozen=True)
class PlannedBuild:
    """What a build would do.

    Attributes:
        extent: `nothing`, `some days` or `all days`.
        why: In words.
        since: The run whose build it starts from or that has done it already; None without one.
        days: Raw table to its days, as far as they are known; empty unless it is for some days.
    """

    extent: str
    why: tuple[str, ...]
    since: str | None = None
    days: Mapping[str, Sequence[date]] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedTable:
    """A table that would be built.

    Attributes:
        table: `<layer>.<table>`.
        built: `whole`, or the days by whose table it is built.
        why: In words.
    """

    table: str
    built: str
    why: str


@dataclass(frozen=True)
class PlannedNodes:
    """What a build would do of all that it could.

    Attributes:
        tables: That would be built, silver first.
        tables_left: That stay, as nothing they depend on has changed.
        tests_left: How many tests have passed on what stays.
    """

    tables: list[PlannedTable]
    tables_left: list[str]
    tests_left: int


def planned_build(settings: Settings, files: Sequence[PlannedFile]) -> PlannedBuild:
    """What a build would do after these files.

    Raises:
        LakehouseError: A table of ops can't be read.
    """
    digest, versions = project_digest(settings), current_versions(settings)
    done = None if files else run_that_built(settings, digest, versions)
    if done is not None:
        why = "no file, table or part of the project has changed since"
        return PlannedBuild(NOTHING, (why,), done)
    news = _news(files)
    builds = read_ops(settings, "builds")
    if not builds:
        return PlannedBuild(ALL_DAYS, (*news, "no build of every model is recorded yet"))
    newest = max(builds, key=lambda row: row["built_at"])
    if newest["project"] not in (digest, None):
        news.append(f"the project has changed since run {_short(newest['built_by_run_id'])}")
    if newest["project"] is None:
        news.append(f"run {_short(newest['built_by_run_id'])} did not pass every test")
    fingerprint = silver_fingerprint()
    base = built_silver(settings, fingerprint, versions)
    if base is None:
        return PlannedBuild(ALL_DAYS, (*news, _why_all(newest, fingerprint, versions)))
    try:
        changes = changes_since(settings, base, limits())
    except LakehouseError:
        gone = f"`lakehouse maintain` has deleted the ledger of run {_short(base.build.run_id)}"
        return PlannedBuild(ALL_DAYS, (*news, gone), base.build.run_id)
    news += _changed(changes)
    return PlannedBuild(SOME_DAYS, tuple(news), base.build.run_id, _days(changes, files))


def _news(files: Sequence[PlannedFile]) -> list[str]:
    verb = "file is" if len(files) == 1 else "files are"
    return [f"{len(files):,} {verb} new, changed or gone"] if files else []


def _why_all(
    newest: Mapping[str, object], fingerprint: str, versions: Mapping[str, TableVersion]
) -> str:
    run = f"run {_short(str(newest['built_by_run_id']))}"
    if newest["silver_fingerprint"] != fingerprint:
        return f"what silver is built by (SQL, macros, seeds, vars) has changed since {run}"
    if not any(name.startswith("silver.") for name in versions):
        return "there is no silver"
    return f"silver is not as {run} left it: a build of some models or a repair has changed it"


def _changed(changes: Changes) -> list[str]:
    names = [name for files in changes.files.values() for name in files.names]
    verb = "loaded file is" if len(names) == 1 else "loaded files are"
    words = [f"{len(names):,} {verb} not built yet"] if names else []
    words += [
        f"a limit has changed: days with an amount from {least} to {greatest} are built, too"
        for least, greatest in changes.limits
    ]
    return words


def _days(changes: Changes, files: Sequence[PlannedFile]) -> dict[str, list[date]]:
    found = {
        name: set(changes.files[name].dates) for name, table in TABLES.items() if table.partition_by
    }
    for file in files:
        if file.table_name in found:
            found[file.table_name] |= set(file.dates)
    return {name: sorted(days) for name, days in found.items()}


def planned_nodes(
    settings: Settings, build: PlannedBuild, files: Sequence[PlannedFile]
) -> PlannedNodes:
    """Every model that would be built, and what would be left.

    Raises:
        LakehouseError: A table of ops can't be read.
    """
    tables, built = _tables(), built_nodes(settings)
    if build.extent == NOTHING:
        return PlannedNodes([], list(tables), sum(node.is_test for node in built.inputs.values()))
    nodes = _nodes_now(settings, built)
    moving = {f"bronze.{file.table_name}" for file in files if file.action == LOAD}
    moving |= {f"ops.{name}" for name in DATA_OF_OPS} if files else set()
    moving |= tables.keys() - {node.table for node in nodes}  # new, or never known to be right
    why = reasons(nodes, built, current_versions(settings), moving)
    left = [node for node in nodes if node.node not in why]
    names = {node.table for node in left if not node.is_test}
    words = {node.table: why[node.node] for node in nodes if not node.is_test and node not in left}
    by_day = models_built_by_day() if build.extent == SOME_DAYS else {}
    return PlannedNodes(
        [
            PlannedTable(
                *(table, f"days of {by_day[name]}" if name in by_day else _WHOLE),
                words.get(table, "is not known to be right"),
            )
            for table, name in tables.items()
            if table not in names
        ],
        sorted(map(str, names)),
        sum(node.is_test for node in left),
    )


def _nodes_now(settings: Settings, built: BuiltNodes) -> list[NodeInputs]:
    """The nodes of the last build, with the fingerprints of now."""
    fingerprints = Fingerprints(settings)
    return [
        replace(node, fingerprint=fingerprints.of(node.files) or "")
        for node in built.inputs.values()
    ]


def _tables() -> dict[str, str]:
    """`<layer>.<table>` to the model of each table, silver first."""
    places = {"silver": "silver", "intermediate": "silver", "ops": "ops", "gold": "gold"}
    return {
        f"{layer}.{path.stem}": path.stem
        for folder, layer in places.items()
        for path in sorted((project.PROJECT_FOLDER / "models" / folder).glob("*.sql"))
        if _EPHEMERAL not in path.read_text(encoding="utf-8")
    }


def _short(run_id: str) -> str:
    return run_id[:12]
