"""Both engines give the same values: every bronze, silver, gold and ops table, value by value.

The end-to-end tests hold one engine against an oracle; these hold the other engine against the
first. Each root is begun on one engine and finished on the other, in two runs, the second of which
brings late files and corrections.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow.parquet as pq
import pytest

from ingestion.settings import Engine, Settings
from orchestration.project.tables import AUDIT_COLUMNS
from orchestration.state.delta_reader import connect
from tests.build_on import PROJECT, build_on

# The smallest data that has every defect.
SAMPLE = PROJECT / "sample"
STRANGE = 'My Café\'s 50% {a,b} *#?:~"日本"'

pytestmark = pytest.mark.spark

# What a run is called, when and how fast it was; all other columns must agree.
OF_THE_RUN = {
    *AUDIT_COLUMNS,
    "build_id",
    "input_version",
    "run_id",
    "built_by_run_id",
    "recorded_at",
    "rejected_timestamp",
    "stored_timestamp",
    "started_at",
    "finished_at",
    "built_at",
    "published_at",
    "seconds",
}
# How an engine stores what it writes.
OF_THE_ENGINE = {
    "ops.run_steps": {"engine"},
    "ops.model_results": {"bytes", "files"},
    "ops.table_versions": {"version", "table_id"},
    "ops.publications": {"version", "table_id"},
    "ops.node_inputs": {"fingerprint"},
}

TABLES = (
    *("bronze.products", "bronze.orders", "bronze.order_items"),
    *("silver.department_aliases", "silver.products", "silver.orders", "silver.order_items"),
    *("silver.products_rejected", "silver.orders_rejected", "silver.order_items_rejected"),
    *("silver.products_superseded", "silver.orders_superseded", "silver.order_items_superseded"),
    *("silver.product_history", "silver.row_accounting", "silver.order_days"),
    *("silver.product_days", "silver.department_days", "silver.department_hours"),
    *("silver.department_periods", "silver.customer_orders"),
    *("silver.order_hours", "silver.file_days", "silver.calendar"),
    *("silver.customer_scores", "silver.customer_lines"),
    *("gold.segment_rules", "gold.daily_sales", "gold.product_performance"),
    *("gold.department_analytics", "gold.customer_insights"),
    *("gold.cohort_retention", "gold.segment_migration", "gold.data_reconciliation"),
    *("gold.basket_affinity", "gold.order_time_patterns"),
    *("ops.ingested_files", "ops.rejected_records", "ops.missing_files"),
    *("ops.erased_users", "ops.erasures"),
    *("ops.runs", "ops.run_steps", "ops.model_results", "ops.table_versions", "ops.builds"),
    *("ops.publications", "ops.row_accounting", "ops.node_inputs"),
    *("ops.test_results", "ops.test_failures"),
)
# Each root is compared with one that Sail has built in two runs: which engine made which run. Spark
# builds all of silver in the one and all of gold in both; Sail finishes what Spark began and Spark
# what Sail began, by days.
ROOTS: dict[str, list[Engine]] = {
    "first spark, then sail": [Engine.SPARK, Engine.SAIL],
    "first sail, then spark": [Engine.SAIL, Engine.SPARK],
}


def early_state(raw: Path, folder: Path) -> Path:
    """What had arrived a while ago: no products, every second file, one of them shorter."""
    names = sorted(path.relative_to(raw) for path in raw.glob("*/*") if path.is_file())
    arrived = [name for name in names if name.parts[0] != "products"][::2]
    for name in arrived:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(raw / name, folder / name)
    corrected = next(name for name in arrived if name.parts[0] == "orders")
    lines = (raw / corrected).read_text().splitlines(keepends=True)
    (folder / corrected).write_text("".join(lines[:-3]))
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every root by its name, and `sail` to compare them with."""
    raws = [early_state(SAMPLE, tmp_path_factory.mktemp("early") / STRANGE), SAMPLE]
    # A name that no engine takes as it is: both must write to the same place nevertheless.
    folder = tmp_path_factory.mktemp("roots") / STRANGE
    wanted = ROOTS | {"sail": [Engine.SAIL, Engine.SAIL]}
    roots = {name: folder / name.replace(" ", "-").replace(",", "") for name in wanted}
    left = {name: list(zip(engines, raws, strict=True)) for name, engines in wanted.items()}
    # One process builds all that its engine can, before the other engine goes on with the roots.
    for engine in (Engine.SAIL, Engine.SPARK, Engine.SAIL):
        work: dict[Path, list[Path]] = {}
        for name, steps in left.items():
            while steps and steps[0][0] == engine:
                work.setdefault(roots[name], []).append(steps.pop(0)[1])
        assert build_on(engine, work, with_unit_tests=engine is Engine.SPARK) == []
    assert not any(left.values())
    assert [path.name for path in folder.parent.iterdir()] == [STRANGE], "no sister such as %20"
    return roots


def rows_of(root: Path, table: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns that must agree, and all rows in one order."""
    connection = connect(Settings.read(root=str(root), environment={}))
    names = connection.execute(f"select * from {table} limit 0").df().columns
    columns = sorted(set(names) - OF_THE_RUN - OF_THE_ENGINE.get(table, set()))
    quoted = ", ".join(f'"{column}"' for column in columns)
    return columns, connection.execute(f"select {quoted} from {table} order by all").fetchall()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", ROOTS)
def test_both_engines_give_the_same_values(built: dict[str, Path], name: str, table: str) -> None:
    columns, expected = rows_of(built["sail"], table)
    _, actual = rows_of(built[name], table)
    for left, right in zip(expected, actual, strict=False):
        assert dict(zip(columns, right, strict=True)) == dict(zip(columns, left, strict=True))
    assert len(actual) == len(expected)


def test_no_table_is_left_out(built: dict[str, Path]) -> None:
    for root in built.values():
        found = {
            f"{log.parent.parent.name}.{log.parent.name}" for log in root.glob("*/*/_delta_log")
        }
        assert found == set(TABLES)


@pytest.mark.parametrize("name", ROOTS)
def test_every_run_was_made_by_the_engine_that_was_asked_for(
    built: dict[str, Path], name: str
) -> None:
    words = {Engine.SAIL: "parquet-rs", Engine.SPARK: "parquet-mr"}
    folder = built[name] / "silver" / "orders"
    made_by = []
    for log in sorted((folder / "_delta_log").glob("*.json")):
        lines = map(json.loads, log.read_text().splitlines())
        added = [folder / unquote(line["add"]["path"]) for line in lines if "add" in line]
        writers = {pq.read_metadata(file).created_by.split()[0] for file in added}
        made_by.append(writers)
    assert made_by == [{words[engine]} for engine in ROOTS[name]]
