"""The history of runs: what a run did, how long it took and what its tables are like afterwards.

Data flow: result of a run + Delta logs + silver.row_accounting -> ops.model_results, test_results,
run_steps, table_versions, node_inputs, builds, row_accounting -> ops.runs

No engine is needed, so that a run is recorded also when its engine has failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import datetime
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from ingestion.errors import LakehouseError
from ingestion.ops_tables import (
    BUILDS,
    MODEL_RESULTS,
    NODE_INPUTS,
    ROW_ACCOUNTING,
    RUN_STEPS,
    RUNS,
    TABLE_VERSIONS,
    TEST_RESULTS,
)
from ingestion.settings import Settings
from orchestration.state.results import UNCHANGED, RunResult
from orchestration.state.versions import (
    current_versions,
    first_line,
    open_table,
    unreadable_explained,
)

_TABLES = ("model", "seed", "snapshot")


def record_run(
    settings: Settings,
    result: RunResult,
    started_at: datetime,
    finished_at: datetime,
    status: str,
    cores: int,
) -> None:
    """Append what a run did, as far as it came, each table in one commit.

    `ops.runs` comes last: a run that is in it has all its details. The caller holds the root, so
    that nobody else counts runs or moves a table meanwhile.

    Raises:
        LakehouseError: The history can't be written, or a table of the lakehouse is damaged.
    """
    run_id = result.run_id
    tests = [
        (run_id, node.name, node.table, node.status, node.failures, node.seconds, finished_at)
        for node in result.results
        if node.is_test
    ]
    tests += [
        (run_id, node.name, node.table, UNCHANGED, 0, 0.0, finished_at)
        for node in result.unchanged
        if node.is_test
    ]
    models = [
        (run_id, node.table, node.status, node.seconds, *_size(settings, node.table), finished_at)
        for node in result.results
        if node.kind in _TABLES and node.table
    ]
    steps = [
        (run_id, step, seconds, settings.engine.value, cores)
        for step, seconds in result.seconds.items()
    ]
    versions = [
        (run_id, name, table.version, table.table_id, finished_at)
        for name, table in (current_versions(settings) | result.built_from).items()
    ]
    inputs = [(run_id, *astuple(node)) for node in result.inputs]
    builds = [(run_id, *astuple(build)) for build in result.builds]
    _append(settings, "test_results", TEST_RESULTS, tests)
    _append(settings, "model_results", MODEL_RESULTS, models)
    _append(settings, "run_steps", RUN_STEPS, steps)
    _append(settings, "table_versions", TABLE_VERSIONS, versions)
    _append(settings, "node_inputs", NODE_INPUTS, inputs)
    _append(settings, "builds", BUILDS, builds)
    number = _count_of_runs(settings) + 1
    _append(settings, "row_accounting", ROW_ACCOUNTING, _accounts(settings, result, number))
    run = (run_id, number, result.command, started_at, finished_at, status, *astuple(result.totals))
    _append(settings, "runs", RUNS, [run])


def _size(settings: Settings, table: str) -> tuple[int, int, int] | tuple[None, None, None]:
    """Rows, bytes and files of a table as its Delta log has them; no data is read."""
    location = settings.location(*table.split("."))
    with unreadable_explained(table, location):
        try:
            delta_table = DeltaTable(location)
        except TableNotFoundError:
            return None, None, None
    sizes = delta_table.get_add_actions()["size_bytes"].to_pylist()
    return delta_table.count(), sum(sizes), len(sizes)


def _accounts(settings: Settings, result: RunResult, number: int) -> list[tuple[Any, ...]]:
    """Where every record is, if this run has published that."""
    name = "silver.row_accounting"
    if name not in result.published:
        return []
    table = open_table(name, settings.location(*name.split("."))).to_pyarrow_table()
    return [
        (
            result.run_id,
            row["table_name"],
            number,
            *(row[count] for count in ROW_ACCOUNTING.names[3:]),
        )
        for row in table.to_pylist()
    ]


def _count_of_runs(settings: Settings) -> int:
    location = settings.location("ops", "runs")
    with _failures_explained(location):
        try:
            return int(DeltaTable(location).count())
        except TableNotFoundError:
            return 0


def _append(
    settings: Settings, name: str, schema: T.StructType, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Append rows to an ops table; the first ones make it."""
    if not rows:
        return
    location = settings.location("ops", name)
    records = [dict(zip(schema.names, row, strict=True)) for row in rows]
    table = pa.Table.from_pylist(records, to_arrow_schema(schema))
    with _failures_explained(location):
        # Merged, so that a root that an older version has begun gets the columns of today.
        write_deltalake(location, table, mode="append", schema_mode="merge")


@contextmanager
def _failures_explained(location: str) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as error:
        raise LakehouseError(
            f"The history of this run can't be written to {location}: {first_line(error)}",
            "Free space or give rights there, then run again; the tables hold what the run did.",
        ) from error
