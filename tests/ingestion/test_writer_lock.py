from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.moto_api import state_manager

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from ingestion.writer_lock import Holder, LockTable, holding, not_shared

TABLE, JOB = "locks", "ingest-orders"
ME, OTHER = Holder("me"), Holder("other")


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The lock table and a Glue job, whose runs have ended when asked for a second time."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        state_manager.set_transition("glue::job_run", {"progression": "manual", "times": 1})
        boto3.client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "lock_name", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "lock_name", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        boto3.client("glue").create_job(Name=JOB, Role="role", Command={"Name": "glueetl"})
        yield
    state_manager.unset_transition("glue::job_run")


def holder_of(name: str) -> str | None:
    found = boto3.client("dynamodb").get_item(TableName=TABLE, Key={"lock_name": {"S": name}})
    return found["Item"]["holder"]["S"] if "Item" in found else None


def never() -> None:
    pytest.fail("there was nothing to wait for")


def lock(me: Holder, pause: Callable[[], None] = never) -> LockTable:
    return LockTable(TABLE, me, pause)


def leave_behind(holder: Holder) -> None:
    """Hold the lock `ops` as a process that is killed meanwhile does."""
    item = {"lock_name": "ops", "holder": holder.name, "job": holder.job}
    texts = {name: {"S": text} for name, text in item.items()}
    boto3.client("dynamodb").put_item(TableName=TABLE, Item=texts)


def started_run() -> Holder:
    return Holder(boto3.client("glue").start_job_run(JobName=JOB)["JobRunId"], JOB)


def test_a_lock_is_held_inside_and_let_go_of_at_the_end_also_of_a_failure() -> None:
    seen = []

    def fail() -> None:
        with lock(ME).hold("ops"):
            seen.append(holder_of("ops"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert seen == ["me"]
    assert holder_of("ops") is None


def test_locks_of_two_names_are_held_at_once() -> None:
    with lock(ME).hold("bronze.orders"), lock(OTHER).hold("bronze.products"):
        assert (holder_of("bronze.orders"), holder_of("bronze.products")) == ("me", "other")


def test_who_finds_it_held_waits_until_it_is_let_go_of() -> None:
    first = lock(OTHER).hold("ops")
    first.__enter__()
    waits: list[str | None] = []

    def pause() -> None:
        waits.append(holder_of("ops"))
        if len(waits) == 3:
            first.__exit__(None, None, None)

    with lock(ME, pause).hold("ops"):
        assert holder_of("ops") == "me"
    assert waits == ["other"] * 3


def test_a_holder_that_is_no_job_run_and_never_lets_go_is_named() -> None:
    waits: list[None] = []
    with (
        lock(OTHER).hold("ops"),
        pytest.raises(LakehouseError, match="'ops' in the table locks is held by other") as raised,
        lock(ME, lambda: waits.append(None)).hold("ops"),
    ):
        pass
    assert len(waits) == 900
    assert "delete the item" in raised.value.next_step


def test_the_lock_of_a_job_run_that_has_ended_is_taken_over() -> None:
    dead = started_run()
    leave_behind(dead)
    for _ in range(2):
        boto3.client("glue").get_job_run(JobName=JOB, RunId=dead.name)
    with lock(ME).hold("ops"):
        assert holder_of("ops") == "me"


def test_the_lock_of_a_job_run_that_is_at_work_is_waited_for() -> None:
    at_work = started_run()
    leave_behind(at_work)
    seen: list[str | None] = []
    with lock(ME, lambda: seen.append(holder_of("ops"))).hold("ops"):
        assert holder_of("ops") == "me"
    assert seen == [at_work.name]


def test_the_lock_of_a_job_run_that_glue_has_forgotten_is_taken_over() -> None:
    leave_behind(Holder("jr_long_ago", JOB))
    with lock(ME).hold("ops"):
        assert holder_of("ops") == "me"


def test_what_was_taken_over_is_not_let_go_of_by_its_old_holder() -> None:
    lost = Holder("jr_long_ago", JOB)
    with lock(lost).hold("ops"):
        first = lock(ME).hold("ops")
        first.__enter__()
    assert holder_of("ops") == "me"
    first.__exit__(None, None, None)


def test_a_holder_whose_answer_was_lost_takes_its_own_lock_again() -> None:
    leave_behind(ME)
    with lock(ME).hold("ops"):
        assert holder_of("ops") == "me"


def test_a_table_that_can_not_be_used_is_named() -> None:
    table = LockTable("nowhere", ME, never)
    with (
        pytest.raises(LakehouseError, match="The lock table nowhere can't be used: ") as raised,
        table.hold("ops"),
    ):
        pass
    assert "Check its name" in raised.value.next_step


def test_without_a_lock_table_nothing_is_locked() -> None:
    settings: dict[str, Any] = {"root": "s3://lake", "raw": "s3://lake/raw"}
    assert holding(Settings(**settings), ME) is not_shared
    with holding(Settings(**settings, lock_table=TABLE), ME)("ops"):
        assert holder_of("ops") == "me"
    with not_shared("ops"):
        assert holder_of("ops") is None
