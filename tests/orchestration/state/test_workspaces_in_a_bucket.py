"""What is said of workspaces and publications in a folder, on a stand-in S3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.httpsession import URLLib3Session
from deltalake import DeltaTable, write_deltalake

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.diff.files import Files
from orchestration.state.lock import only_run
from orchestration.state.publications import publish
from orchestration.state.published import last_publication, read_intent
from orchestration.state.storage import storage_of
from orchestration.state.storage.bucket import BucketStorage
from orchestration.state.versions import is_table, version_of
from orchestration.state.workspaces import (
    Workspace,
    drop_workspace,
    find_workspace,
    list_workspaces,
    new_workspace,
    open_workspace,
)
from tests.crashes.points import Crash
from tests.plain_tables import (
    AFTER,
    PART,
    STATES,
    WRITES,
    States,
    new_root,
    seen_alone,
    seen_together,
    write,
)


@pytest.fixture
def root(bucket: str) -> Settings:
    """A root in which everything was written once, in place."""
    return root_at(f"{bucket}/lake é & more")


def root_at(location: str) -> Settings:
    settings = new_root(location)
    write(settings, STATES)
    return settings


def objects(settings: Settings, folder: str) -> dict[str, bytes | None]:
    storage = storage_of(settings.root)
    return {file.name: storage.read(file.name) for file in storage.files(folder)}


def published(settings: Settings) -> dict[str, bytes | None]:
    return objects(settings, "silver") | objects(settings, "gold")


def table_at(settings: Settings, table: str) -> DeltaTable:
    return DeltaTable(settings.location(*table.split(".")))


def test_a_workspace_begins_as_what_is_published_and_costs_no_data(root: Settings) -> None:
    workspace = new_workspace(root, "trial")
    assert seen_together(workspace.settings) == STATES
    staged = {table: version_of(table_at(workspace.settings, table)) for table in STATES}
    assert staged == {table: version_of(table_at(root, table)) for table in STATES}
    assert staged == workspace.base
    assert workspace.changed_tables() == []
    assert [one.name for one in list_workspaces(root)] == ["trial"]
    assert not [name for name in objects(root, ".work") if name.endswith("snappy.parquet")]
    assert open_workspace(root, "trial") == workspace


@pytest.mark.parametrize("commits", [4, 13])
def test_a_workspace_goes_on_from_a_log_of_any_length(commits: int, bucket: str) -> None:
    settings = new_root(f"{bucket}/lake")
    for state in range(commits):
        write(settings, {"silver.orders": state})
        if state in (3, 10):
            table_at(settings, "silver.orders").create_checkpoint()
    workspace = new_workspace(settings, "trial")
    assert seen_together(workspace.settings) == {"silver.orders": commits - 1}
    assert objects(settings, ".work/trial/silver/orders").keys() == {
        f".work/trial/silver/orders/_delta_log/{name}"
        for name in [
            f"{3 if commits < 11 else 10:020}.checkpoint.parquet",
            *(f"{version:020}.json" for version in range(3 if commits < 11 else 10, commits)),
        ]
    }
    write_part(workspace, 99)
    publish(workspace, "run-1")
    assert rows_of(settings) == [(99, "plain"), (commits - 1, PART)]


def write_in(workspace: Workspace, states: States, parts: Sequence[str] = (PART, "plain")) -> None:
    """Let tables tell a state as Spark does, which removes files by the paths that a log has."""
    storage = storage_of(workspace.settings.root)
    for table, state in states.items():
        location = workspace.settings.location(*table.split("."))
        if not is_table(workspace.settings, *table.split(".")):
            write(workspace.settings, {table: state})
            continue
        opened, scratch = DeltaTable(location), f"scratch/{uuid4().hex}"
        by_part = opened.metadata().partition_columns
        rows = pa.table({"state": [state] * len(parts), "part": list(parts)})
        write_deltalake(f"{storage.root}/{scratch}", rows, partition_by=by_part)
        log = (storage.read(f"{scratch}/_delta_log/{0:020}.json") or b"").decode()
        adds = [line for line in log.split("\n") if line.startswith('{"add"')]
        paths = opened.get_add_actions()["path"].to_pylist()
        gone = [path for path in paths if not by_part or PART in parts or "/part=plain/" in path]
        removes = [json.dumps({"remove": {"path": path, "dataChange": True}}) for path in gone]
        place = workspace.settings.place(*table.split("."))
        names = [file.name for file in storage.files(scratch) if "_delta_log" not in file.name]
        storage.copy(scratch, place, [name.removeprefix(f"{scratch}/") for name in names])
        commit = f"{place}/_delta_log/{opened.version() + 1:020}.json"
        storage.write(commit, "\n".join([*removes, *adds]).encode())


def write_part(workspace: Workspace, state: int) -> None:
    """Let a partition of orders tell another state, as an incremental model does."""
    write_in(workspace, {"silver.orders": state}, ["plain"])


def rows_of(settings: Settings) -> list[tuple[Any, ...]]:
    rows = table_at(settings, "silver.orders").to_pyarrow_table().to_pylist()
    return sorted(((row["state"], row["part"]) for row in rows), key=lambda row: row[1] == PART)


def test_what_is_published_never_notices_what_is_written_in_a_workspace(root: Settings) -> None:
    before = published(root)
    workspace = new_workspace(root, "trial")
    write_part(workspace, 7)
    write_in(workspace, WRITES)
    table_at(workspace.settings, "silver.orders").create_checkpoint()
    assert seen_together(workspace.settings) == AFTER
    assert workspace.changed_tables() == sorted(WRITES)
    assert published(root) == before
    assert seen_together(root) == STATES
    with pytest.raises(LakehouseError, match="lies in a bucket, where it can't be compared"):
        Files(table_at(workspace.settings, "silver.products"))


def test_a_publication_moves_what_was_written_and_readers_find_every_file_below_its_table(
    root: Settings,
) -> None:
    old = published(root)
    workspace = new_workspace(root, "trial")
    write_part(workspace, 7)
    write_in(workspace, WRITES)
    moved = publish(workspace, "Execution-1")
    assert moved == ["silver.orders", "gold.daily_sales", "gold.fresh"]
    assert seen_together(root) == seen_alone(root, AFTER) == AFTER
    assert table_at(root, "silver.orders").version() == 1
    assert len(table_at(root, "silver.orders").get_add_actions()) == 2
    assert objects(root, ".work") == {}
    found = last_publication(root)
    assert found is not None
    assert (found.run_id, set(found.versions)) == ("Execution-1", set(AFTER))
    now = published(root)
    assert now | old == now
    logs = [content for name, content in now.items() if content and "_delta_log" in name]
    assert len(logs) == 6
    assert not any(b"://" in content for content in logs)


def test_a_file_that_an_engine_adds_again_is_published_by_its_relative_path(root: Settings) -> None:
    write(root, {"gold.daily_sales": 2})
    workspace = new_workspace(root, "trial")
    storage, place = storage_of(root.root), workspace.settings.place("gold", "daily_sales")
    first = (storage.read(f"{place}/_delta_log/{0:020}.json") or b"").decode().splitlines()
    (path,) = table_at(workspace.settings, "gold.daily_sales").get_add_actions()["path"].to_pylist()
    lines = [json.dumps({"remove": {"path": path, "dataChange": True}}), first[-1]]
    storage.write(f"{place}/_delta_log/{2:020}.json", "\n".join(lines).encode())
    assert publish(workspace, "run-1") == ["gold.daily_sales"]
    assert seen_together(root) == seen_alone(root, STATES) == STATES
    assert not any(content and b"://" in content for content in published(root).values())


def test_a_file_of_another_place_is_not_published(root: Settings) -> None:
    workspace = new_workspace(root, "trial")
    storage, place = storage_of(root.root), workspace.settings.place("gold", "daily_sales")
    line = {"path": "s3://others/part", "partitionValues": {}, "size": 1}
    more = {"modificationTime": 0, "dataChange": True}
    storage.write(f"{place}/_delta_log/{1:020}.json", json.dumps({"add": line | more}).encode())
    with pytest.raises(LakehouseError, match="has a file of another place: s3://others/part"):
        publish(workspace, "run-1")
    assert seen_together(root) == STATES


def test_a_table_that_delta_rs_has_written_is_not_published(root: Settings) -> None:
    """It removes a file by another path than the one in the log, and so all rows are there."""
    workspace = new_workspace(root, "trial")
    write(workspace.settings, {"gold.daily_sales": 2})
    with pytest.raises(LakehouseError, match=r"gold/daily_sales has rows twice: part-"):
        publish(workspace, "run-1")


def test_a_publication_that_dies_before_a_request_is_rolled_forward_or_has_never_been(
    bucket: str,
) -> None:
    before, writes = {"silver.orders": 1}, {"silver.orders": 2, "gold.fresh": 2}
    outcomes: list[str] = []
    while "whole" not in outcomes:
        settings = new_root(f"{bucket}/{len(outcomes)}")
        write(settings, before)
        workspace = new_workspace(settings, "run-1")
        write_in(workspace, writes)
        try:
            with at_writes(dies_after(len(outcomes))):
                publish(workspace, "run-1")
            outcomes.append("whole")
        except Crash:
            outcomes.append("decided" if read_intent(settings) else "nothing")
        expected = before if outcomes[-1] == "nothing" else writes
        if expected == before:
            assert seen_alone(settings, writes) == before
        with only_run(settings):
            assert seen_together(settings) == seen_alone(settings, expected) == expected
        assert (find_workspace(settings, "run-1") is None) == (expected == writes)
        assert read_intent(settings) is None
    # Before the intent; two commits, name and files of the workspace, the intent.
    assert outcomes == ["nothing", *["decided"] * 5, "whole"]


def dies_after(number: int) -> Callable[..., None]:
    """Let no more than so many requests pass that write; copies are no question of order."""
    seen: list[str] = []

    def die(request: Any, **named: Any) -> None:
        if request.method in ("PUT", "POST", "DELETE"):
            if "x-amz-copy-source" not in request.headers:
                seen.append(request.url)
            if len(seen) > number:
                raise Crash

    return die


@contextmanager
def at_writes(before_send: Callable[..., Any]) -> Iterator[None]:
    """Let each request to S3 pass by a function; one request after the other."""
    create = BucketStorage.__init__

    def watched(storage: BucketStorage, root: str) -> None:
        create(storage, root)
        storage._client.meta.events.register("before-send.s3", before_send)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BucketStorage, "__init__", watched)
        patch.setattr(BucketStorage, "for_each", lambda _, function, items: [*map(function, items)])
        yield


class Busy:
    """Answers 503 to the n-th request that writes, once or whenever it is tried again.

    Attributes:
        number: Of the request, from 1.
        is_done: What it asks for is done all the same: the answer was lost.
        times: How often.
        writes: All requests that write, each once.
    """

    def __init__(self, number: int, *, is_done: bool = False, times: int = 1) -> None:
        self.number, self.is_done, self.times = number, is_done, times
        self.writes: list[str] = []

    def __call__(self, request: Any, **named: Any) -> AWSResponse | None:
        what = f"{request.method} {request.url}"
        if request.method not in ("PUT", "POST", "DELETE"):
            return None
        if what not in self.writes:
            self.writes.append(what)
        if self.writes.index(what) + 1 != self.number or not self.times:
            return None
        self.times -= 1
        if self.is_done:
            URLLib3Session().send(request)
        headers: Any = HeadersDict()
        return AWSResponse(request.url, 503, headers, _Body())


@pytest.fixture
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that was answered 503 is sent again at once."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.mark.usefixtures("without_waiting")
@pytest.mark.parametrize("is_done", [False, True], ids=["refused", "answer lost"])
def test_whichever_request_is_answered_503_once_the_publication_is_made_once(
    is_done: bool, bucket: str
) -> None:
    number, writes = 0, [""]
    while number < len(writes):
        number += 1
        settings = new_root(f"{bucket}/{is_done}/{number}")
        write(settings, {"silver.orders": 1})
        workspace = new_workspace(settings, "run-1")
        write_in(workspace, {"silver.orders": 2, "gold.fresh": 2})
        busy = Busy(number, is_done=is_done)
        with at_writes(busy), only_run(settings):
            publish(workspace, "run-1")
        writes = busy.writes
        expected = {"silver.orders": 2, "gold.fresh": 2}
        assert seen_together(settings) == seen_alone(settings, expected) == expected, number
        last = last_publication(settings)
        assert last is not None
        assert last.number == 1
        assert table_at(settings, "silver.orders").version() == 1
        assert objects(settings, ".work") == {}
    # The lock, three copies, the intent, two commits, name and files of the workspace, the intent,
    # the lock; what delta-rs sends for ops.publications goes another way.
    assert len(writes) == 11


@pytest.mark.usefixtures("without_waiting")
def test_a_request_that_is_always_answered_503_is_named_and_the_next_command_goes_on(
    root: Settings,
) -> None:
    workspace = new_workspace(root, "trial")
    write_in(workspace, WRITES)
    busy = Busy(6, times=99)
    with (
        at_writes(busy),
        pytest.raises(LakehouseError, match="can't be written: PutObject gave 503") as raised,
    ):
        publish(workspace, "run-1")
    assert "/_delta_log/" in busy.writes[-1], busy.writes
    assert raised.value.next_step == "AWS is busy or not well; wait a while, then run again."
    with only_run(root):
        assert seen_together(root) == seen_alone(root, AFTER) == AFTER


def test_what_s3_does_not_delete_of_many_objects_is_said(root: Settings) -> None:
    """It answers 200 to the request, and names in the answer what is still there."""

    def keep(request: Any, **named: Any) -> AWSResponse | None:
        if request.method != "POST":
            return None
        error = "<Key>any</Key><Code>SlowDown</Code><Message>Reduce your rate.</Message>"
        words = f"<DeleteResult><Error>{error}</Error></DeleteResult>".encode()
        headers: Any = HeadersDict({"content-type": "application/xml"})
        return AWSResponse(request.url, 200, headers, _Body(words))

    workspace = new_workspace(root, "trial")
    with (
        at_writes(keep),
        pytest.raises(LakehouseError, match="DeleteObjects gave SlowDown: Reduce") as raised,
    ):
        drop_workspace(root, workspace.name)
    assert "wait a while" in raised.value.next_step
    drop_workspace(root, workspace.name)
    assert objects(root, ".work") == {}


class _Body:
    def __init__(self, content: bytes = b"") -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def test_a_foreign_commit_in_the_place_of_ours_stops_the_publication(root: Settings) -> None:
    workspace = new_workspace(root, "trial")
    write_in(workspace, WRITES)

    def overtake(request: Any, **named: Any) -> None:
        if request.method == "PUT" and "gold/daily_sales/_delta_log" in request.url:
            write(root, {"gold.daily_sales": 9})

    with (
        at_writes(overtake),
        pytest.raises(LakehouseError, match=r"gold\.daily_sales .* wrote past the lakehouse"),
    ):
        publish(workspace, "run-1")
    with pytest.raises(LakehouseError, match="wrote past the lakehouse"), only_run(root):
        raise AssertionError("the root was given to a run")
