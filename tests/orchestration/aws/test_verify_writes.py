from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from ingestion.settings import Settings
from orchestration.aws.verify_writes import Expected, checked
from orchestration.state.results import AffectedDays, NodeResult
from orchestration.state.versions import TableVersion, current_versions

TABLE, INCREMENTAL = Expected(), Expected(affected_by="orders")
FIRST, SECOND, THIRD = (date(2025, 4, day) for day in (1, 2, 3))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(root=str(tmp_path), raw="")


def write(settings: Settings, table: str, *days: date | None) -> None:
    rows = pa.table({"date": pa.array(days, pa.date32())})
    write_deltalake(settings.location(*table.split(".")), rows, mode="overwrite")


def result(
    status: str = "success", kind: str = "model", table: str = "silver.orders"
) -> NodeResult:
    return NodeResult(table.split(".")[1], kind, table, status, 0, 1.0, "OK", "orders.sql")


def messages(
    settings: Settings,
    expected: Expected,
    before: dict[str, TableVersion],
    results: Sequence[NodeResult] = (result(),),
    affected: AffectedDays | None = None,
) -> list[str]:
    found = checked(settings, results, {"silver.orders": expected}, before, affected)
    assert len(found) == len(results)
    assert all(node.is_bad for node in found if node.message != "OK")
    return [node.message for node in found]


def test_a_table_with_a_new_commit_was_written(settings: Settings) -> None:
    write(settings, "silver.orders", FIRST)
    before = current_versions(settings)
    write(settings, "silver.orders", FIRST)
    assert messages(settings, TABLE, before) == ["OK"]


def test_a_table_that_is_new_was_written(settings: Settings) -> None:
    write(settings, "silver.orders", FIRST)
    assert messages(settings, TABLE, {}) == ["OK"]


def test_a_table_without_a_new_commit_was_not_and_its_version_is_reported(
    settings: Settings,
) -> None:
    write(settings, "silver.orders", FIRST)
    (message,) = messages(settings, TABLE, current_versions(settings))
    assert message == (
        "dbt says that it has built silver.orders, but its table at"
        f" {settings.root}/silver/orders is still in version 0 of before the build. Build again,"
        " which makes everything anew; if it stays so, read what the Glue session has logged of"
        " this table."
    )


def test_a_table_that_is_not_there_was_not_written_and_its_place_is_reported(
    settings: Settings,
) -> None:
    (message,) = messages(settings, TABLE, {})
    assert f"there is no Delta table at {settings.root}/silver/orders." in message


@pytest.mark.parametrize(
    ("affected", "was_written"),
    [
        ([], True),  # nothing to replace
        ([THIRD], True),  # no row of that day before, and none now
        ([SECOND], False),
        ([SECOND, THIRD], False),
        (None, False),  # all days
    ],
)
def test_an_incremental_table_may_stand_still_where_it_has_no_affected_row(
    settings: Settings, affected: list[date] | None, was_written: bool
) -> None:
    write(settings, "silver.orders", FIRST, SECOND)
    days = None if affected is None else {"orders": affected}
    found = messages(settings, INCREMENTAL, current_versions(settings), affected=days)
    assert (found == ["OK"]) == was_written


@pytest.mark.parametrize(("affected", "was_written"), [(FIRST, False), (THIRD, True)])
def test_where_all_days_from_the_affected_one_on_are_replaced_these_count(
    settings: Settings, affected: date, was_written: bool
) -> None:
    write(settings, "silver.orders", SECOND)
    onwards = Expected(affected_by="orders", onwards=True)
    days = {"orders": [affected]}
    found = messages(settings, onwards, current_versions(settings), affected=days)
    assert (found == ["OK"]) == was_written


@pytest.mark.parametrize(("rows", "was_written"), [(2, True), (3, False)])
def test_the_table_of_a_seed_has_the_rows_of_its_file(
    settings: Settings, rows: int, was_written: bool
) -> None:
    write(settings, "silver.orders", FIRST, SECOND)
    found = messages(settings, Expected(rows=rows), {}, [result(kind="seed")])
    assert (found == ["OK"]) == was_written
    if not was_written:
        assert "has 2 rows, and its file 3" in found[0]


def test_what_dbt_itself_calls_failed_or_skipped_and_tests_are_left_as_they_are(
    settings: Settings,
) -> None:
    results = [
        result("skipped"),
        result("warn", "test"),
        result(table="silver.no_table"),
    ]
    assert messages(settings, TABLE, {}, results) == ["OK", "OK", "OK"]
    error = result("error")
    assert checked(settings, [error], {"silver.orders": TABLE}, {}, None) == [error]
