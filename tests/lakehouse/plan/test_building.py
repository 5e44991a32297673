"""What `lakehouse plan` says a run would build, and why."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ingestion.ledger import Status
from ingestion.settings import WORKSPACES
from lakehouse.plan.page import plan_page
from orchestration.project.silver import limits
from orchestration.state.lock import only_run
from orchestration.state.published import Intent
from orchestration.state.workspaces import new_workspace
from tests.lakehouse.conftest import Outcome
from tests.lakehouse.json_pages import documented, names_in
from tests.lakehouse.plan.lakes import NOW, Lake, april, known

RUN, NEXT = "a1" * 16, "b2" * 16
FILE = "orders/2025-04-01.csv"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A root with one loaded file and a table of silver."""
    made = Lake(tmp_path)
    made.write_raw(FILE, "loaded")
    made.write_ledger(known(FILE, "loaded", dates=april(1)))
    made.write("silver.orders")
    made.write("gold.daily_sales")
    return made


def build_of(lake: Lake) -> tuple[str, list[str]]:
    found = lake.plan()["build"]
    return found["extent"], found["why"]


def test_nothing_is_built_when_nothing_is_new(lake: Lake) -> None:
    lake.record(RUN)
    found = lake.plan()
    assert (found["build"]["extent"], found["build"]["since"]) == ("nothing", RUN)
    assert (found["tables"], found["days"]) == ([], [])


def test_a_file_is_a_reason_to_build(lake: Lake) -> None:
    lake.record(RUN)
    lake.write_raw("orders/2025-04-02.csv", "new")
    assert build_of(lake) == ("some days", ["1 file is new, changed or gone"])
    built = {row["table"]: row["built"] for row in lake.plan()["tables"]}
    assert built["silver.orders"] == "days of orders"
    assert built["silver.department_days"] == "days of departments"
    assert built["silver.products"] == "whole"
    assert built["gold.daily_sales"] == "whole"


def test_files_that_were_loaded_without_a_build_are_a_reason(lake: Lake) -> None:
    lake.record(RUN)
    lake.write_raw("orders/2025-04-02.csv", "ingested")
    rows = (
        known(FILE, "loaded", dates=april(1)),
        known("orders/2025-04-02.csv", "ingested", dates=april(2, 3)),
    )
    lake.write_ledger(*rows)
    assert build_of(lake) == ("some days", ["1 loaded file is not built yet"])
    days = {row["table_name"]: row["days"] for row in lake.plan()["days"]}
    assert days == {"orders": ["2025-04-02", "2025-04-03"], "order_items": []}


def test_a_change_of_the_project_builds_what_it_can_reach(lake: Lake) -> None:
    lake.record(RUN, project="another")
    assert build_of(lake) == ("some days", [f"the project has changed since run {RUN[:12]}"])


def test_a_change_of_what_silver_is_built_by_builds_all_days(lake: Lake) -> None:
    lake.record(RUN, project="another", fingerprint="another")
    assert build_of(lake) == (
        "all days",
        [
            f"the project has changed since run {RUN[:12]}",
            f"what silver is built by (SQL, macros, seeds, vars) has changed since run {RUN[:12]}",
        ],
    )


def test_silver_that_somebody_has_moved_is_built_whole(lake: Lake) -> None:
    lake.record(RUN)
    lake.write("silver.orders", 2)
    extent, (why,) = build_of(lake)
    assert extent == "all days"
    assert why.startswith(f"silver is not as run {RUN[:12]} left it")


def test_a_changed_limit_is_named_with_the_amounts_between(lake: Lake) -> None:
    now = limits()["max_order_amount"]
    lake.record(RUN, project="another", max_order_amount="500")
    assert build_of(lake)[1] == [
        f"the project has changed since run {RUN[:12]}",
        f"a limit has changed: days with an amount from {Decimal(500)} to {now} are built, too",
    ]


def test_a_root_without_a_recorded_build_is_built_whole(lake: Lake) -> None:
    assert build_of(lake) == ("all days", ["no build of every model is recorded yet"])


def test_the_time_is_that_of_the_last_runs_with_the_same_kind_of_work(lake: Lake) -> None:
    for number, seconds in enumerate((90.0, 4.0, 9.0, 5.0)):
        lake.record(f"{number}" * 32, seconds=seconds)
    lake.write("silver.orders", 2)  # so that the run builds, and loads nothing
    found = lake.plan()
    assert [row["seconds"] for row in found["past_runs"]] == [5.0, 9.0, 4.0]
    assert (found["expected_seconds"], found["expected_tests"]) == (5.0, 1)
    lake.write_raw("orders/2025-04-02.csv", "new")
    found = lake.plan()
    assert (found["past_runs"], found["expected_seconds"]) == ([], None)


def shown(lake: Lake) -> str:
    console = Console(width=200, force_terminal=True)
    with console.capture() as capture:
        plan_page(lake.settings, NOW).show(console)
    return capture.get()


def test_what_was_cut_off_or_is_damaged_comes_first(lake: Lake) -> None:
    lake.record(RUN)
    root = Path(lake.settings.root)
    (root / WORKSPACES).mkdir()
    intent = Intent(NEXT, "dev", before={}, after={}, commits=[])
    (root / WORKSPACES / "publishing.json").write_bytes(intent.to_json())
    (root / ".unfinished-restore").write_text(RUN)
    (file,) = (root / "gold" / "daily_sales").glob("*.parquet")
    file.unlink()
    found = lake.plan()
    assert (found["unfinished_publication"], found["unfinished_restore"]) == (NEXT, RUN)
    assert found["damaged"] == [f"gold.daily_sales: its data file {file.name} is gone"]
    assert f"No run begins before `lakehouse restore --run {RUN}` has finished it" in shown(lake)


def test_workspaces_are_listed(lake: Lake) -> None:
    lake.record(RUN)
    new_workspace(lake.settings, "run-b2b2b2b2")
    assert [row["name"] for row in lake.plan()["workspaces"]] == ["run-b2b2b2b2"]
    assert "drops those named run-" in shown(lake)


def seen(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder with its size and when it was changed."""
    return {
        str(path.relative_to(folder)): (status.st_size, status.st_mtime_ns)
        for path in folder.rglob("*")
        for status in [os.lstat(path)]
    }


def test_nothing_is_written_and_neither_dbt_nor_an_engine_is_imported(
    lake: Lake, tmp_path: Path
) -> None:
    lake.record(RUN)
    lake.write_raw("orders/2025-04-02.csv", "new")
    before = seen(tmp_path)
    program = (
        "import sys\n"
        "from lakehouse.cli import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "print([name for name in ('dbt', 'pyspark', 'pysail', 'pandas') if name in sys.modules])"
    )
    arguments = ["plan", "--root", lake.settings.root, "--raw", lake.settings.raw]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "is new" in done.stdout
    assert done.stdout.endswith("[]\n")
    assert seen(tmp_path) == before


def test_a_root_that_another_run_holds_can_be_planned_for(lake: Lake) -> None:
    lake.record(RUN)
    with only_run(lake.settings):
        assert build_of(lake)[0] == "nothing"


def test_every_name_of_the_json_is_documented(lake: Lake) -> None:
    lake.record(RUN)
    new_workspace(lake.settings, "dev")
    lake.write("silver.orders", 2)
    built = lake.plan()  # loads nothing, as the run before
    bad = known("orders/bad.csv", "bad", Status.QUARANTINED, dates=april(1), reason="bad")
    lake.write("silver.orders", 1)
    lake.write_ledger(known(FILE, "loaded", dates=april(1)), bad)
    lake.record(NEXT)
    lake.write_raw("orders/bad.csv", "bad")
    lake.write_raw("orders/2025-04-02.csv", "new")
    found: dict[str, Any] = lake.plan()
    assert all(found[name] for name in ("files", "quarantined", "days", "tables", "workspaces"))
    assert built["past_runs"]
    assert set(names_in([found, built])) == documented("plan")


def test_the_command_prints_the_plan(lake: Lake, run: Callable[..., Outcome]) -> None:
    lake.record(RUN)
    code, output, error = run("plan", "--root", lake.settings.root, "--raw", lake.settings.raw)
    assert (code, error) == (0, "")
    assert f"build  nothing: run {RUN} built and tested what is there" in output
