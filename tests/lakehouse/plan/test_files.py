"""Which files `lakehouse plan` says a run would load, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.errors import LakehouseError
from ingestion.ledger import Status
from lakehouse.plan.page import plan_page
from tests.lakehouse.plan.lakes import NOW, Lake, april, known

FIRST, SECOND, THIRD = (f"orders/2025-04-0{day}.csv" for day in (1, 2, 3))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def test_a_root_that_is_not_there_yet_loads_everything(lake: Lake) -> None:
    lake.write_raw(FIRST, "a")
    lake.write_raw("orders/final.csv", "b")
    found = lake.plan()
    assert [(row["source_file"], row["action"], row["why"]) for row in found["files"]] == [
        (FIRST, "load", "is new"),
        (
            "orders/final.csv",
            "quarantine",
            "wrong_name: expected YYYY-MM-DD.csv, plain or .gz",
        ),
    ]
    assert (found["build"]["extent"], found["files_known"]) == ("all days", 0)
    assert not Path(lake.settings.root).exists()


def test_a_file_is_loaded_for_what_the_ledger_knows_of_it(lake: Lake) -> None:
    lake.write_raw(FIRST, "known")
    lake.write_raw(SECOND, "corrected")
    lake.write_raw(THIRD, "moved")
    lake.write_raw("orders/2025-04-05.csv", "known")
    lake.write_raw("orders/2025-04-06.csv", "before")
    lake.write_ledger(
        known(FIRST, "known"),
        known(SECOND, "as it was"),
        known("orders/2025-04-04.csv", "moved"),
        known("orders/2025-04-06.csv", "before", Status.SUPERSEDED, reason="replaced: by a1"),
        known("orders/2025-04-06.csv", "after"),
        known("orders/2025-04-07.csv", "gone"),
    )
    assert lake.files() == {
        SECOND: ("load", "has other content than was loaded"),
        THIRD: ("load", "is orders/2025-04-04.csv under another name"),
        "orders/2025-04-05.csv": ("record as copy", f"has the same content as {FIRST}"),
        "orders/2025-04-06.csv": ("load", "holds again what it held before a correction"),
    }
    found = lake.plan()
    assert (found["files_known"], found["files_gone"]) == (1, 1)


def test_what_waits_in_quarantine_is_left_there_until_it_is_gone(lake: Lake) -> None:
    quarantined = known(FIRST, "bad", Status.QUARANTINED, reason="empty_file: nothing")
    dismissed = known(SECOND, "worse", Status.SUPERSEDED, reason="dismissed: was empty")
    lake.write_raw(FIRST, "bad")
    lake.write_raw(SECOND, "worse")
    lake.write_ledger(quarantined, dismissed)
    found = lake.plan()
    assert found["quarantined"] == [{"source_file": FIRST, "reason": "empty_file: nothing"}]
    assert (found["files"], found["files_known"]) == ([], 1)
    (lake.raw / FIRST).unlink()
    assert lake.files() == {FIRST: ("settle", "is gone; it was in quarantine")}
    lake.write_raw(FIRST, "good")
    assert lake.files() == {FIRST: ("load", "has other content than in quarantine")}


def test_days_are_those_of_the_name_and_of_the_rows_that_are_replaced(lake: Lake) -> None:
    """Once a build is recorded whose silver is there."""
    lake.write("silver.orders")
    lake.write_raw(FIRST, "as it was")
    lake.write_ledger(known(FIRST, "as it was", dates=april(1, 2)))
    lake.record("a" * 32)
    lake.write_raw(FIRST, "corrected")
    lake.write_raw("order_items/2025-04-09.csv", "new")
    lake.write_raw("products/products.csv", "new")
    found = lake.plan()
    assert found["build"]["extent"] == "some days"
    assert {row["table_name"]: row["days"] for row in found["days"]} == {
        "orders": ["2025-04-01", "2025-04-02"],
        "order_items": ["2025-04-09"],
    }


def test_a_raw_folder_that_a_run_would_refuse_is_refused(lake: Lake) -> None:
    with pytest.raises(LakehouseError, match="holds no file of products, orders"):
        plan_page(lake.settings, NOW)
    lake.write_raw("other/a.csv", "a")
    with pytest.raises(LakehouseError, match="has none of the folders"):
        plan_page(lake.settings, NOW)
    (lake.raw / "other" / "a.csv").unlink()
    (lake.raw / "other").rmdir()
    lake.raw.rmdir()
    with pytest.raises(LakehouseError, match="does not exist"):
        plan_page(lake.settings, NOW)
