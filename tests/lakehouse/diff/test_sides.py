"""Which two states `lakehouse diff` compares, and whom a difference reaches."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.errors import LakehouseError
from lakehouse.lineage import known
from tests.lakehouse.conftest import Outcome
from tests.lakehouse.diff.lakes import LINEAGE, Lake, orders, sales
from tests.lakehouse.json_pages import documented, names_in

DAILY, PERFORMANCE = "gold.daily_sales", "gold.product_performance"
FIRST, SECOND, THIRD = "a1" * 16, "b2" * 16, "b3" * 16


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


@pytest.fixture
def three_runs(lake: Lake) -> Lake:
    """A run with 10.00, one with 11.00 and one with 13.00; the last is what is published."""
    for run_id, amount in ((FIRST, "10.00"), (SECOND, "11.00"), (THIRD, "13.00")):
        lake.write(DAILY, sales((1, amount, 1), run=run_id))
        lake.record(run_id)
    return lake


def sums(lake: Lake, from_run: str, to_run: str | None = None) -> list[object]:
    found = lake.diff(None, from_run, to_run)
    return [(row["old_sum"], row["new_sum"], row["difference"]) for row in found["columns"]]


def test_a_run_is_compared_with_a_run_or_with_what_is_published(three_runs: Lake) -> None:
    assert sums(three_runs, FIRST, SECOND) == [(10.00, 11.00, 1.00)]
    assert sums(three_runs, SECOND, FIRST) == [(11.00, 10.00, -1.00)]
    assert sums(three_runs, "a") == [(10.00, 13.00, 3.00)]
    assert sums(three_runs, "b3") == []


def test_a_run_that_is_not_known_is_explained(three_runs: Lake) -> None:
    with pytest.raises(LakehouseError, match="'c' is neither a version nor a time nor") as raised:
        sums(three_runs, "c")
    assert THIRD in raised.value.next_step
    with pytest.raises(LakehouseError, match="More than one run begins with 'b'"):
        sums(three_runs, "a", "b")
    with pytest.raises(LakehouseError, match="3 is a version, and each table"):
        sums(three_runs, "3")
    with pytest.raises(LakehouseError, match="Nothing had been published by 2001-01-01"):
        sums(three_runs, "2001-01-01")


def test_a_file_of_an_old_run_that_is_gone_is_explained(three_runs: Lake) -> None:
    oldest = min(three_runs.files(DAILY), key=lambda file: file.stat().st_mtime_ns)
    oldest.unlink()
    with pytest.raises(LakehouseError, match=f"as of run {FIRST}: its file .* is gone") as raised:
        sums(three_runs, FIRST, SECOND)
    assert "`lakehouse maintain` deletes" in raised.value.next_step


def test_a_table_that_was_made_anew_is_not_taken_for_the_old_one(three_runs: Lake) -> None:
    shutil.rmtree(three_runs.settings.location(*DAILY.split(".")))
    three_runs.write(DAILY, sales((1, "99.00", 1)))
    with pytest.raises(LakehouseError, match="has been made anew since"):
        sums(three_runs, FIRST)


def test_a_table_may_be_new_or_gone(lake: Lake) -> None:
    lake.write(DAILY, sales((1, "10.00", 1)))
    lake.open_workspace()
    lake.write(PERFORMANCE, sales((1, "10.00", 1), (2, "20.00", 1)), "dev")
    shutil.rmtree(Path(lake.settings.root, ".work", "dev", "gold", "daily_sales"))
    rows = [
        (row["table"], row["state"], row["rows_before"], row["rows_now"])
        for row in lake.diff()["tables"]
    ]
    assert rows == [(DAILY, "gone", 1, None), (PERFORMANCE, "new", None, 2)]


def test_the_same_version_in_two_places_may_be_two_commits(lake: Lake) -> None:
    """A run has published a version while the workspace wrote its own of the same number."""
    lake.write(DAILY, sales((1, "10.00", 1)))
    lake.open_workspace()
    lake.write(DAILY, sales((1, "11.00", 1)), "dev")
    assert lake.diff()["published_has_moved"] is False
    lake.write(DAILY, sales((1, "12.00", 1)))
    found = lake.diff()
    assert found["columns"][0]["difference"] == -1.00
    assert found["published_has_moved"] is True
    assert "What is published has moved since this workspace was opened" in lake.shown()


def test_what_a_difference_reaches_is_named(lake: Lake) -> None:
    """Silver alone was built in the workspace; the report reads gold, which is built from it."""
    lake.write("silver.orders", orders((1, "10.00", 1)))
    lake.write("silver.product_history", orders((1, "10.00", 1)))  # nothing is built from it
    lake.open_workspace()
    lake.write("silver.product_history", orders((1, "11.00", 1)), "dev")
    assert lake.diff()["exposures"] == []
    lake.write("silver.orders", orders((1, "11.00", 1)), "dev")
    reached = {row["label"]: row["tables"] for row in lake.diff()["exposures"]}
    assert reached == {"Athena query pack": ["silver.orders"], "Report": ["silver.orders"]}


def test_the_command_compares_the_workspace_of_plain_dbt(
    lake: Lake, run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.write(DAILY, sales((1, "10.00", 1)))
    lake.open_workspace("mine")
    lake.write(DAILY, sales((1, "11.00", 1)), "mine")
    monkeypatch.delenv("LAKEHOUSE_WORKSPACE", raising=False)
    # To compile the project takes long; tests of the lineage do.
    monkeypatch.setattr(known, "known_lineage", lambda *_: LINEAGE)
    root = ("--root", lake.settings.root)
    code, _, error = run("diff", *root)
    assert (code, error.splitlines()[0]) == (
        1,
        f"failed There is no workspace dev below {lake.settings.root}.",
    )
    monkeypatch.setenv("LAKEHOUSE_WORKSPACE", "mine")
    code, output, _ = run("diff", *root)
    assert code == 0
    assert "1 table differs, 0 have the same rows" in output
    code, output, _ = run("diff", *root, "--format", "markdown")
    assert "| 10.00 | 11.00 | +1.00 |" in output
    code, _, error = run("diff", *root, "--workspace", "mine", "--from", "a")
    assert (code, "not with a run" in error) == (1, True)
    code, _, error = run("diff", *root, "--to", "a")
    assert (code, "Name a workspace with --workspace, or a run with --from" in error) == (1, True)


def test_of_many_tables_people_see_some_rows_of_each(lake: Lake) -> None:
    tables = [f"gold.table_{number:02}" for number in range(20)]
    for table in tables:
        lake.write(table, sales((1, "10.00", 1), (2, "20.00", 2)))
    lake.open_workspace()
    for table in tables:
        lake.write(table, sales((1, "11.00", 5), (2, "20.00", 2)), "dev")
    shown = lake.shown()
    assert all(re.search(rf"{table} .* \+1.00", shown) for table in tables)
    # Of 20 tables, 2 columns and 2 rows (one added, one removed) each.
    assert shown.count("(and 20 more by --format json)") == 2
    assert len(lake.diff()["rows"]) == len(lake.diff()["columns"]) == 40


def test_nothing_is_written(lake: Lake) -> None:
    lake.write(DAILY, sales((1, "10.00", 1)))
    lake.open_workspace()
    lake.write(DAILY, sales((1, "11.00", 1)), "dev")
    before = seen(Path(lake.settings.root))
    lake.diff()
    assert seen(Path(lake.settings.root)) == before


def seen(root: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder with its size and when it was changed."""
    return {
        str(path.relative_to(root)): (status.st_size, status.st_mtime_ns)
        for path in root.rglob("*")
        for status in [os.lstat(path)]
    }


def test_every_name_of_the_json_is_documented(lake: Lake) -> None:
    lake.write(DAILY, sales((1, "10.00", 1)))
    lake.write("silver.orders", orders((1, "10.00", 1)))
    lake.open_workspace()
    lake.write(DAILY, sales((1, "11.00", 1)).drop(["order_count"]), "dev", schema_mode="overwrite")
    found = lake.diff()
    values = {"order_date"}
    of_checkouts = {"side", "kind", "status", "failures", "message", "columns"}
    assert set(names_in(found)) - values == documented("diff") - (
        of_checkouts - {"kind", "columns"}
    )
    shown = ("tables", "schema_changes", "columns", "rows", "exposures", "reached_columns")
    assert all(found[name] for name in shown)


def test_there_must_be_a_lakehouse(tmp_path: Path) -> None:
    with pytest.raises(LakehouseError, match=re.escape("There is no lakehouse at")):
        Lake(tmp_path).diff()
