"""What is compared is the same: the competitors' tables hold the values of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from bench.layout import GOLD, SILVER, Layout
from bench.measure import Program, measure
from ingestion.settings import Settings
from lakehouse.generate import DEFECTS, Level, Plan, generate
from orchestration.state.commit_facts import orders_rows
from orchestration.state.delta_reader import connect

OURS = Program("ours", "bench.ours", ("--engine", "sail", "--tests"))
COMPETITORS = (
    Program("duckdb", "bench.duckdb_delta"),
    pytest.param(Program("plain spark", "bench.plain_spark"), marks=pytest.mark.spark),
)
# Faults that every program can tell. Those of whole files are our pipeline's own business, and so
# is the strictness with types: DuckDB rounds `12.5` to an id, for instance.
FAULTS = (
    *(name for name, defect in DEFECTS.items() if defect.level is Level.ROW),
    "missing_value",
)
# Each run has its own of these; Spark's reader doesn't count records.
NOT_COMPARED = {
    "last_updated_timestamp",
    "_run_id",
    "batch_id",
    "ingestion_timestamp",
    "record_number",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw files with faults in `raw`, and our tables in `ours`."""
    folder = tmp_path_factory.mktemp("bench")
    plan = Plan(days=9, orders_per_day=60, seed=3, products=40, defects=dict.fromkeys(FAULTS, 0.01))
    generate(folder / "raw", plan)
    with (folder / "raw" / "products" / "products.csv").open("a") as products:
        products.write("-5,1,Books,Product_without_a_sound_id\n")
    run(OURS, folder)
    return folder


def run(program: Program, folder: Path) -> Path:
    root = folder / program.name
    done = measure(program, folder / "raw", root, folder)
    log = folder / f"{program.name.replace(' ', '-')}.log"
    assert done.exit_code == 0, log.read_text()
    assert list(done.phases)[:4] == ["start", "ingest", "silver", "gold"]
    return root


def columns(root: Path, table: Layout) -> dict[str, str]:
    fields = DeltaTable(root / table.path).schema().fields
    return {field.name: str(field.type) for field in fields}


def rows(root: Path, table: Layout, names: list[str]) -> list[tuple[Any, ...]]:
    lists = {"reasons": "list_sort(reasons)"}
    chosen = ", ".join(lists.get(name, f'"{name}"') for name in names)
    connection = connect(Settings.read(root=str(root), environment={}))
    return connection.execute(
        f"select {chosen} from {table.layer}.{table.name} order by all"
    ).fetchall()


@pytest.mark.parametrize("program", COMPETITORS, ids=str)
def test_a_competitor_has_the_same_values_as_we_in_every_column_that_it_builds(
    program: Program, folder: Path
) -> None:
    ours, theirs = folder / OURS.name, run(program, folder)
    for table in (*SILVER, *GOLD):
        compared = set(table.columns or columns(ours, table)) - NOT_COMPARED
        assert compared <= set(columns(ours, table)), table.path
        assert set(columns(theirs, table)) - NOT_COMPARED == compared, table.path
        names = sorted(compared)
        expected = rows(ours, table, names)
        assert rows(theirs, table, names) == expected, f"{table.path}: {names}"
        assert expected, f"{table.path} is empty: nothing was compared"


def test_the_competitors_partition_their_tables_as_we_do(folder: Path) -> None:
    for table in (*SILVER, *GOLD):
        ours = DeltaTable(folder / OURS.name / table.path).metadata().partition_columns
        assert tuple(ours) == table.partition_by, table.path


def test_the_competitors_cluster_the_tables_that_we_cluster(folder: Path) -> None:
    for table in (*SILVER, *GOLD):
        history = DeltaTable(folder / OURS.name / table.path).history()
        is_clustered = any(orders_rows(commit) for commit in history)
        assert is_clustered == bool(table.zorder_by), table.path
