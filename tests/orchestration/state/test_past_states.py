"""What readers saw after a run or at a time, by tables each of whose rows tells a state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.state.history import record_run
from orchestration.state.past_states import PastState, parse_as_of, state_at
from orchestration.state.publications import publish
from orchestration.state.results import RunResult
from orchestration.state.workspaces import new_workspace
from tests.plain_tables import new_root, state_of, write, write_workspace

ORDERS, SALES, BRONZE = "silver.orders", "gold.sales", "bronze.orders"
FIRST, RED, INGEST, LAST = ("a1" * 16, "b1" * 16, "b2" * 16, "c3" * 16)
KILLED, LATE = "20250401" * 4, "d4" * 16


def published(settings: Settings, run_id: str, state: int) -> None:
    workspace = new_workspace(settings, "run-1")
    write_workspace(workspace, {ORDERS: state, SALES: state})
    publish(workspace, run_id)


def recorded(settings: Settings, run_id: str) -> None:
    now = datetime.now(UTC)
    record_run(settings, RunResult(run_id), now, now, "well", 2)


@pytest.fixture(scope="module")
def six_runs(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A good run, a red one, one that only loads, one killed once it has published, two more."""
    settings = new_root(tmp_path_factory.mktemp("lake"))
    published(settings, FIRST, 1)
    recorded(settings, FIRST)
    recorded(settings, RED)
    bronze = pa.table({"state": [2]})
    write_deltalake(settings.location("bronze", "orders"), bronze, mode="overwrite")
    recorded(settings, INGEST)
    published(settings, KILLED, 3)
    recorded(settings, LATE)
    published(settings, LAST, 4)
    recorded(settings, LAST)
    return settings


def after(settings: Settings, text: str) -> PastState:
    found = parse_as_of(settings, text)
    assert isinstance(found, PastState)
    return found


def seen(settings: Settings, text: str, table: str) -> int:
    return state_of_all(after(settings, text), settings, table)


def state_of_all(past: PastState, settings: Settings, table: str) -> int:
    opened = past.open(table, settings.location(*table.split(".")))
    if table == BRONZE:
        (state,) = opened.to_pyarrow_table()["state"].to_pylist()
        return int(state)
    return state_of(opened)


@pytest.mark.parametrize(
    ("run_id", "state", "bronze"),
    [(FIRST, 1, 0), (RED, 1, 0), (INGEST, 1, 2), (LATE, 3, 2), (LAST, 4, 2)],
    ids=["first", "red", "ingest", "late", "last"],
)
def test_after_a_run_readers_saw_what_had_been_published(
    six_runs: Settings, run_id: str, state: int, bronze: int
) -> None:
    assert [seen(six_runs, run_id, table) for table in (ORDERS, SALES)] == [state, state]
    assert seen(six_runs, run_id, BRONZE) == bronze


def test_a_run_that_was_killed_once_it_had_published_is_known(six_runs: Settings) -> None:
    assert seen(six_runs, KILLED, ORDERS) == 3
    with pytest.raises(LakehouseError, match=r"There was no table bronze\.orders as of run 2025"):
        seen(six_runs, KILLED, BRONZE)


def test_at_a_time_readers_saw_the_last_publication(six_runs: Settings) -> None:
    end = after(six_runs, KILLED).moment
    state = state_at(six_runs, end)
    assert state is not None
    assert state_of_all(state, six_runs, ORDERS) == 3
    before = state_at(six_runs, end - timedelta(microseconds=1))
    assert before is not None
    assert state_of_all(before, six_runs, ORDERS) == 1
    assert state_at(six_runs, datetime(2001, 1, 1, tzinfo=UTC)) is None


def test_versions_times_and_runs_are_told_apart(six_runs: Settings) -> None:
    """The id of a run may be all digits, and so may a day."""
    assert parse_as_of(six_runs, "12") == 12
    assert parse_as_of(six_runs, " 2025040 ") == 2025040
    assert parse_as_of(six_runs, "20250402") == 20250402
    assert after(six_runs, "20250401").name == f"run {KILLED}"
    assert parse_as_of(six_runs, "2025-04-10") == datetime(2025, 4, 10, tzinfo=UTC)
    assert parse_as_of(six_runs, "2025-04-10 08:00:00+02:00") == datetime(
        2025, 4, 10, 6, tzinfo=UTC
    )
    assert after(six_runs, "b2").name == f"run {INGEST}"


def test_what_is_none_of_these_is_explained(six_runs: Settings, tmp_path: Path) -> None:
    with pytest.raises(LakehouseError, match="'yesterday' is neither a version nor") as raised:
        parse_as_of(six_runs, "yesterday")
    assert f"the newest are {LAST}, {LATE}, {INGEST}" in raised.value.next_step
    with pytest.raises(LakehouseError, match="More than one run begins with 'b'") as raised:
        parse_as_of(six_runs, "b")
    assert f"{INGEST}, {RED}" in raised.value.next_step
    with pytest.raises(LakehouseError, match="neither a version") as raised:
        parse_as_of(new_root(tmp_path), "b")
    assert "or a run." in raised.value.next_step


def test_before_there_were_publications_readers_saw_the_tables_as_they_were(tmp_path: Path) -> None:
    settings = new_root(tmp_path)
    recorded(settings, RED)
    write(settings, {ORDERS: 1})
    recorded(settings, FIRST)
    write(settings, {ORDERS: 2})
    assert seen(settings, FIRST, ORDERS) == 1
    with pytest.raises(LakehouseError, match=r"no table silver\.orders as of run b1"):
        seen(settings, RED, ORDERS)
