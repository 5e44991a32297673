"""Which recorded build the tables are the outcome of, so that only what is new is built.

Data flow: ops.builds + ops.table_versions, against the version of every table now -> a `Build`

`ops.builds` names the runs that built every model, and `ops.table_versions` the version of every
table at the end of a run. So a table that somebody has changed by hand, that a build of some models
has moved, or that a killed run has left half done, matches no record, and is built from scratch.

A restore or a maintenance moves versions and no values: it hands the builds on to its own run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import TableNotFoundError

from ingestion.settings import Settings
from orchestration.state.past_runs import read_ops, recorded_versions
from orchestration.state.results import Build, NodeInputs
from orchestration.state.versions import TableVersion, unreadable_explained

LEDGER = "ops.ingested_files"
# A column of older versions, which left the tables of a failed build: the days it had not finished.
_UNFINISHED = "pending_days"

_Versions = dict[str, TableVersion]


@dataclass(frozen=True)
class BuiltSilver:
    """The build that silver is the outcome of, and the version of every table that it left."""

    build: Build
    versions: _Versions


def builds_that_left(settings: Settings, versions: _Versions) -> list[Build]:
    """The builds that left all tables in these versions.

    There are several if a build moved no table, as when only a test has changed.
    """
    return [build for build, left in _recorded_builds(settings) if left == versions]


def run_that_built(settings: Settings, project: str, versions: _Versions) -> str | None:
    """A run that built and tested everything by this project and left this state, else None."""
    builds = builds_that_left(settings, versions)
    return next((build.run_id for build in builds if build.project == project), None)


def built_silver(settings: Settings, fingerprint: str, versions: _Versions) -> BuiltSilver | None:
    """The newest build by this SQL that left silver as it is, whatever arrived in bronze since.

    Args:
        settings: Where the lakehouse is.
        fingerprint: A `silver_fingerprint`.
        versions: Of the tables now.
    """
    silver, ledger = _of_silver(versions), versions.get(LEDGER)
    found = [
        (left[LEDGER].version, BuiltSilver(build, left))
        for build, left in _recorded_builds(settings)
        if build.silver_fingerprint == fingerprint and _of_silver(left) == silver
        if ledger and LEDGER in left and left[LEDGER].table_id == ledger.table_id
    ]
    return max(found, key=lambda pair: pair[0], default=(0, None))[1]


@dataclass(frozen=True)
class BuiltNodes:
    """What the last build of everything has made and tested, and from what.

    Attributes:
        inputs: dbt's unique id to what a table was built from, or what a test passed on.
        versions: Of the tables at the end of that build, or of the upkeep that it was handed to.
        run_id: The build.
    """

    inputs: Mapping[str, NodeInputs]
    versions: _Versions
    run_id: str | None = None


def built_nodes(settings: Settings) -> BuiltNodes:
    """What is known of the last build of everything that is recorded; nothing without one.

    A node that is not in it is not known to be right.
    """
    numbers = {row["run_id"]: row["run_number"] or 0 for row in read_ops(settings, "runs")}
    recorded = recorded_versions(settings)
    rows = [
        (numbers[row["run_id"]], row["built_at"], row["run_id"], row["built_by_run_id"])
        for row in read_ops(settings, "builds")
        if row["run_id"] in numbers and row["run_id"] in recorded
    ]
    if not rows:
        return BuiltNodes({}, {})
    *_, left_by, built_by = max(rows)
    inputs = {node.node: node for node in _node_inputs(settings, built_by)}
    return BuiltNodes(inputs, recorded[left_by], built_by)


def _node_inputs(settings: Settings, run_id: str) -> list[NodeInputs]:
    location = settings.location("ops", "node_inputs")
    with unreadable_explained("ops.node_inputs", location):
        try:
            table = DeltaTable(location)
        except TableNotFoundError:  # the root of an older version
            return []
        # The log's statistics say which file has the run.
        quoted = run_id.replace("'", "''")
        query = QueryBuilder().register("inputs", table)
        found = query.execute(f"select * from inputs where run_id = '{quoted}'")
        rows = pa.RecordBatchReader.from_stream(found).read_all().to_pylist()
    return [
        NodeInputs(
            *(row["node"], row["kind"], row["table_name"]),
            *(tuple(row["files"]), row["fingerprint"], tuple(row["reads"])),
        )
        for row in rows
    ]


def _of_silver(versions: _Versions) -> _Versions:
    return {name: left for name, left in versions.items() if name.startswith("silver.")}


def _recorded_builds(settings: Settings) -> list[tuple[Build, _Versions]]:
    recorded = recorded_versions(settings)
    return [
        (_build_of(row), recorded[row["run_id"]])
        for row in read_ops(settings, "builds")
        if row["run_id"] in recorded and row.get(_UNFINISHED) is None
    ]


def _build_of(row: dict[str, Any]) -> Build:
    names = ("project", "built_by_run_id", "built_at")
    # Records of older versions lack the others.
    more = ("silver_fingerprint", "limits")
    return Build(*(row[name] for name in names), *(row.get(name) for name in more))
