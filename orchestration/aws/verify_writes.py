"""Whether each table that dbt says it has built was really written.

Data flow: dbt's results + Delta logs before and after -> results, those that are not true as errors

dbt-glue can report success wrongly: it takes some errors of AWS for an empty answer. A table that
was built has a new commit, unless it is incremental and has no row of an affected day; and the
table of a seed has as many rows as its file.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow.dataset as ds
from deltalake import DeltaTable

from ingestion.settings import Settings
from orchestration.project import PROJECT_FOLDER
from orchestration.state.datasets import dataset_of
from orchestration.state.results import AffectedDays, NodeResult
from orchestration.state.versions import (
    TableVersion,
    open_table,
    table_locations,
    version_of,
)

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_TABLES = ("table", "seed", "incremental_by_day")
_NEXT = (
    "Build again, which makes everything anew; if it stays so, read what the Glue session has"
    " logged of this table."
)


@dataclass(frozen=True)
class Expected:
    """What a table must be like once dbt has built it.

    Attributes:
        affected_by: Whose affected days it replaces, such as `orders`, for an incremental one.
        onwards: All days from the first affected one on are replaced.
        rows: Of a seed, the rows of its file.
    """

    affected_by: str | None = None
    onwards: bool = False
    rows: int | None = None


def expected_of(manifest: Manifest) -> dict[str, Expected]:
    """`<layer>.<table>` to what is expected of it, for each model and seed that is a table."""
    return {
        f"{node.config.schema}.{node.name}": Expected(
            node.config.get("affected_by"),
            bool(node.config.get("onwards")),
            _rows_of(node) if str(node.resource_type) == "seed" else None,
        )
        for node in manifest.nodes.values()
        if node.config.get("materialized") in _TABLES
    }


def checked(
    settings: Settings,
    results: Sequence[NodeResult],
    expected: Mapping[str, Expected],
    before: Mapping[str, TableVersion],
    affected: AffectedDays | None,
) -> list[NodeResult]:
    """The results, with an error in the place of each success that the tables do not bear out.

    Args:
        settings: Where the tables are.
        results: Of the build.
        expected: What each table must be like.
        before: The version of each table before the build.
        affected: The days of silver that the build replaced; None for all.

    Raises:
        LakehouseError: A table can't be read.
    """
    locations = table_locations(settings)

    def check(result: NodeResult) -> NodeResult:
        name = result.table or ""
        if result.status != "success" or name not in expected:
            return result
        if name not in locations:
            place = settings.location(*name.split("."))
            return _untrue(result, f"there is no Delta table at {place}")
        problem = _problem(name, locations[name], expected[name], before.get(name), affected)
        return _untrue(result, problem) if problem else result

    return [check(result) for result in results]


def _problem(
    name: str,
    location: str,
    expected: Expected,
    before: TableVersion | None,
    affected: AffectedDays | None,
) -> str | None:
    """What is wrong with a table, None if nothing is."""
    table = open_table(name, location)
    if before and version_of(table) == before and _must_move(table, expected, affected):
        return f"its table at {location} is still in version {before.version} of before the build"
    if expected.rows is not None and table.count() != expected.rows:
        return f"its table at {location} has {table.count()} rows, and its file {expected.rows}"
    return None


def _must_move(table: DeltaTable, expected: Expected, affected: AffectedDays | None) -> bool:
    """Whether the build had to write to it; to replace no rows by none is no commit."""
    if expected.affected_by is None or affected is None:
        return True
    days = affected[expected.affected_by]
    if not days:
        return False
    date = ds.field("date")
    replaced = date >= min(days) if expected.onwards else date.isin(days)
    return int(dataset_of(table).count_rows(filter=replaced)) > 0


def _untrue(result: NodeResult, problem: str) -> NodeResult:
    message = f"dbt says that it has built {result.table}, but {problem}. {_NEXT}"
    return replace(result, status="error", message=message)


def _rows_of(seed: Any) -> int:
    with (PROJECT_FOLDER / seed.original_file_path).open(newline="") as file:
        return sum(1 for _ in csv.DictReader(file))
