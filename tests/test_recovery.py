"""Restore and maintenance on a lakehouse that real runs have made, value by value.

Three runs made it: the first only ingests, the second builds as well, the third brings a
correction, a further day and other products. What each of them left was read right after it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from rich.console import Console

from ingestion.settings import Engine, Settings
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.delta_reader import connect
from orchestration.state.past_runs import past_runs
from orchestration.state.published import last_publication
from orchestration.state.results import EXIT_WELL, RunResult
from orchestration.state.versions import all_tables, data_tables
from orchestration.upkeep.maintain import maintain
from orchestration.upkeep.restore import restore
from tests.build_on import PROJECT, build_on
from tests.lake import WITHOUT_TESTS
from tests.one_door import written_past_publishing
from tests.oracle.shop import item, order, order_items, orders, products, write_raw

LATER = datetime(2100, 1, 1, tzinfo=UTC)
# A run that loads or builds again puts its own time or id there.
OF_THE_RUN = {
    *("batch_id", "_run_id", "modified_at", "recorded_at"),
    *("ingestion_timestamp", "last_updated_timestamp", "rejected_timestamp"),
}

Values = dict[str, list[tuple[Any, ...]]]


def day_of(day: str, number: int, amount: str = "10") -> dict[str, str | bytes]:
    """An order of customer 7 with two lines, and one of customer 8 with one."""
    first, second = 10 * number, 10 * number + 1
    return {
        f"orders/{day}.csv": orders(order(first, 7, day, amount), order(second, 8, day, "20")),
        f"order_items/{day}.csv": order_items(
            item(10 * first, first, 7, 1, day),
            item(10 * first + 1, first, 7, 2, day, position=2),
            item(10 * second, second, 8, 1, day),
        ),
    }


def write_early(raw: Path) -> Path:
    files = day_of("2025-04-01", 1) | day_of("2025-04-02", 2)
    listed = products("1,4,Books,Atlas", "2,4,Bücher,Ball")
    return write_raw(raw, {"products/products.csv": listed, **files})


def write_late(raw: Path) -> Path:
    write_early(raw)
    files = day_of("2025-04-02", 2, amount="99") | day_of("2025-04-03", 3)
    listed = products("1,4,Books,Globe", "2,4,Bücher,Ball", "3,4,Spiele,Chess")
    return write_raw(raw, {"products/products.csv": listed, **files})


def values(root: Path, hidden: set[str] | frozenset[str] = frozenset()) -> Values:
    """All rows of all tables that hold data; of columns that are hidden, none."""
    settings = Settings(str(root), "")
    connection = connect(settings)
    found = {}
    for table in data_tables(settings):
        names = connection.execute(f"select * from {table} limit 0").df().columns
        columns = ", ".join(f'"{name}"' for name in names if name not in hidden)
        found[table] = connection.execute(f"select {columns} from {table} order by all").fetchall()
    return found


def run_on(root: Path, raw: Path, **halves: Any) -> RunResult:
    settings = Settings.read(root=str(root), raw=str(raw), environment={})
    return run(settings, Display(Console(), quiet=True), **halves)


def back_to(root: Path, run_id: str) -> None:
    restore(Settings(str(root), ""), run_id, lambda: LATER, dry_run=False)


@dataclass
class Made:
    """A root, its raw folders, and each run with what it left."""

    root: Path
    early: Path
    late: Path
    runs: list[str]
    left: list[Values]
    left_lasting: list[Values]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("recovery")
    early, late = write_early(folder / "early"), write_late(folder / "late")
    made = Made(folder / "root", early, late, [], [], [])
    for raw, halves in ((early, {"build_arguments": None}), (early, {}), (late, {})):
        done = run_on(made.root, raw, **halves)
        assert done.exit_code == EXIT_WELL
        made.runs.append(done.run_id)
        made.left.append(values(made.root))
        made.left_lasting.append(values(made.root, OF_THE_RUN))
    return made


@pytest.fixture
def made(original: Made, tmp_path: Path) -> Made:
    """A copy, which a test may change."""
    shutil.copytree(original.root, tmp_path / "root")
    return Made(**{**vars(original), "root": tmp_path / "root"})


def test_each_run_can_be_gone_back_to_and_forth_again_in_every_value(made: Made) -> None:
    for number in (1, 2, 0, 2, 0, 1):
        back_to(made.root, made.runs[number])
        left = made.left[number]
        found = values(made.root)
        assert {table: rows for table, rows in found.items() if table in left} == left
        assert [table for table, rows in found.items() if rows and table not in left] == []
    assert written_past_publishing(made.root) == []


def test_a_run_on_the_files_of_then_finds_nothing_new_after_a_restore(made: Made) -> None:
    back_to(made.root, made.runs[1])
    done = run_on(made.root, made.early)
    assert (done.exit_code, done.unchanged_since) == (EXIT_WELL, made.runs[1])
    assert values(made.root) == made.left[1]


@pytest.mark.parametrize("number", [0, 1])
def test_a_run_on_all_files_gives_the_same_values_again_after_a_restore(
    made: Made, number: int
) -> None:
    back_to(made.root, made.runs[number])
    done = run_on(made.root, made.late, build_arguments=WITHOUT_TESTS)
    assert done.report is not None
    assert {row.source_file for row in done.report.loaded} == {
        *("products/products.csv", "orders/2025-04-02.csv"),
        *("orders/2025-04-03.csv", "order_items/2025-04-03.csv"),
    }
    assert done.exit_code == EXIT_WELL
    assert values(made.root, OF_THE_RUN) == made.left_lasting[2]


def test_a_build_on_the_restored_state_is_as_a_build_of_everything(made: Made) -> None:
    back_to(made.root, made.runs[1])
    run_on(made.root, made.early, build_arguments=["--full-refresh", *WITHOUT_TESTS])
    assert values(made.root, OF_THE_RUN) == made.left_lasting[1]


def test_maintenance_changes_no_value_and_leaves_nothing_new(made: Made) -> None:
    for _ in range(4):
        run_on(made.root, made.late)
    settings = Settings(str(made.root), "")
    history = connect(settings).execute("select * from ops.runs order by run_number").fetchall()
    done = maintain(settings, 7, lambda: LATER, dry_run=False)
    assert sum(care.merge.files for care in done.tables) > 0
    assert values(made.root) == made.left[2]
    query = "select * from ops.runs order by run_number limit 7"
    assert connect(settings).execute(query).fetchall() == history
    again = run_on(made.root, made.late)
    assert again.unchanged_since == made.runs[2]
    for number in (0, 1, 2):
        back_to(made.root, made.runs[number])
        left = made.left[number]
        assert {t: rows for t, rows in values(made.root).items() if t in left} == left
    assert written_past_publishing(made.root) == []


def test_a_root_from_before_publications_is_taken_over_and_goes_back_to_a_run_of_then(
    made: Made,
) -> None:
    shutil.rmtree(made.root / "ops/publications")
    assert values(made.root) == made.left[2]
    back_to(made.root, made.runs[1])
    assert values(made.root) == made.left[1]
    shutil.rmtree(made.root / "ops/publications")
    run_on(made.root, made.late, build_arguments=WITHOUT_TESTS)
    assert values(made.root, OF_THE_RUN) == made.left_lasting[2]
    seen = last_publication(Settings(str(made.root), ""))
    assert seen is not None
    tables = {table for table in made.left[2] if table.startswith(("silver.", "gold."))}
    assert (seen.number, set(seen.versions)) == (1, tables)


@pytest.mark.parametrize(
    ("table", "day"), [("silver.orders", "date"), ("gold.daily_sales", "order_date")]
)
def test_what_was_written_past_the_lakehouse_is_seen_by_nobody_and_gone_after_the_next_run(
    made: Made, table: str, day: str
) -> None:
    folder = made.root / table.replace(".", "/")
    DeltaTable(folder).delete(f"{day} = '2025-04-01'")
    assert written_past_publishing(made.root) == [f"{folder}: DELETE"]
    assert values(made.root) == made.left[2]
    done = run_on(made.root, made.late, build_arguments=WITHOUT_TESTS)
    assert table in done.published
    assert values(made.root, OF_THE_RUN) == made.left_lasting[2]


COUNT_ON_SPARK = """
import json, sys
from ingestion.session import get_session_for_models
from ingestion.settings import Settings
settings = Settings.read(root=sys.argv[1], engine="spark", environment={})
spark = get_session_for_models(settings)
print(json.dumps({table: spark.table(table).count() for table in sys.argv[2:]}))
"""


@pytest.mark.spark
def test_a_lakehouse_that_spark_has_built_goes_back_too_and_spark_reads_it(tmp_path: Path) -> None:
    root = tmp_path / "root"
    early, late = write_early(tmp_path / "early"), write_late(tmp_path / "late")
    assert build_on(Engine.SPARK, {root: [early]}) == []
    left = values(root)
    assert build_on(Engine.SPARK, {root: [late]}) == []
    assert values(root) != left
    first = past_runs(Settings(str(root), ""))[-1].run_id
    lakehouse = Path(sys.executable).with_name("lakehouse")
    done = subprocess.run(
        [lakehouse, "restore", "--root", root, "--run", first],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Of the department Bücher, whose letters delta-rs would write otherwise than Spark did.
    assert values(root) == left
    maintain(Settings(str(root), ""), 7, lambda: LATER, dry_run=False)
    assert values(root) == left
    read = subprocess.run(
        [sys.executable, "-c", COUNT_ON_SPARK, root, *all_tables(Settings(str(root), ""))],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    counts = json.loads(read.stdout.splitlines()[-1])
    assert {table: counts[table] for table in left} == {t: len(rows) for t, rows in left.items()}
    assert counts["ops.runs"] == 4
