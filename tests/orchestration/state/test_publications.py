"""On tables written by delta-rs alone; tests/crashes lets every write go wrong."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import pytest
from deltalake import DeltaTable

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.state.damage import damage_of
from orchestration.state.lock import only_run
from orchestration.state.publications import finish_publication, note_repaired, publish
from orchestration.state.published import INTENT, ShownTable, last_publication
from orchestration.state.storage import StoredFile, folder
from orchestration.state.storage.folder import FolderStorage
from orchestration.state.workspaces import (
    Workspace,
    find_workspace,
    new_workspace,
    require_workspace,
)
from tests.crashes.points import Crash, CrashPoints
from tests.crashes.watch import build_and_publish, watched
from tests.plain_tables import (
    AFTER,
    STATES,
    WRITES,
    new_root,
    seen_alone,
    seen_together,
    state_of,
    write,
    write_workspace,
)

_PUBLISH = """
import sys
from ingestion.settings import Settings
from orchestration.state import delta_reader
from orchestration.state.damage import damage_of
from orchestration.state.lock import only_run
from orchestration.state.publications import publish
from orchestration.state.workspaces import require_workspace
settings = Settings(root=sys.argv[1], raw="")
with only_run(settings):
    print("held", flush=True)
    sys.stdin.read()
    publish(require_workspace(settings, "trial"), "run-1")
"""


@pytest.fixture
def root(tmp_path: Path) -> Settings:
    """A root on which these states are published."""
    settings = new_root(tmp_path / "a lake é & more")
    write_workspace(new_workspace(settings, "first"), STATES)
    publish(require_workspace(settings, "first"), "run-0")
    return settings


@pytest.fixture
def workspace(root: Settings) -> Workspace:
    """A workspace in which two tables were written, and a new one was made."""
    workspace = new_workspace(root, "trial")
    write_workspace(workspace, WRITES)
    return workspace


def cut_off(settings: Settings, point: str) -> None:
    """Let a publication of what is written by a run die before a write."""
    counted = Path(settings.root).parent / "counted"
    shutil.copytree(settings.root, counted)
    points = CrashPoints(counted)
    build_and_publish(points, Settings(root=str(counted), raw=""), WRITES)
    number = next(n for n, seen in enumerate(points.seen, 1) if seen.startswith(point))
    with pytest.raises(Crash):
        build_and_publish(CrashPoints(Path(settings.root), number), settings, WRITES)


def test_a_publication_moves_what_was_written_and_nothing_else(
    root: Settings, workspace: Workspace
) -> None:
    before = {table: DeltaTable(root.location(*table.split("."))).version() for table in STATES}
    moved = publish(workspace, "run-1")
    assert moved == ["silver.orders", "gold.daily_sales", "gold.fresh"]
    assert seen_together(root) == seen_alone(root, AFTER) == AFTER
    versions = {table: DeltaTable(root.location(*table.split("."))).version() for table in AFTER}
    moves = {table: versions[table] - before.get(table, -1) for table in AFTER}
    assert moves == {**dict.fromkeys(WRITES, 1), "silver.products": 0}
    assert find_workspace(root, "trial") is None
    assert list(Path(root.root, ".work").iterdir()) == []


def test_a_publication_is_recorded_with_a_version_for_every_table(
    root: Settings, workspace: Workspace
) -> None:
    publish(workspace, "run-1")
    found = last_publication(root)
    assert found is not None
    assert (found.number, found.run_id) == (2, "run-1")
    assert {t: (v.version, v.table_id) for t, v in found.versions.items()} == {
        table: (opened.version(), str(opened.metadata().id))
        for table in AFTER
        for opened in [DeltaTable(root.location(*table.split(".")))]
    }


def test_tables_are_moved_in_the_order_of_what_refers_to_what(tmp_path: Path) -> None:
    settings = new_root(tmp_path / "lake")
    workspace = new_workspace(settings, "trial")
    ordered = ["silver.products", "silver.orders", "silver.order_items", "silver.a", "gold.a"]
    write_workspace(workspace, dict.fromkeys(sorted(ordered), 1))
    assert publish(workspace, "run-1") == ordered


def test_a_workspace_without_a_change_publishes_nothing(root: Settings) -> None:
    workspace = new_workspace(root, "trial")
    DeltaTable(workspace.settings.location("silver", "orders")).delete("state = 99")
    assert publish(workspace, "run-1") == []
    found = last_publication(root)
    assert found is not None
    assert found.run_id == "run-0"
    assert list(Path(root.root, ".work").iterdir()) == []


def test_readers_who_pin_see_no_table_and_no_commit_that_was_not_published(root: Settings) -> None:
    write(root, {"gold.daily_sales": 9})
    write(root, {"gold.foreign": 9})
    assert seen_together(root) == STATES
    note_repaired(root, "run-9", ["gold.daily_sales"])
    assert seen_together(root) == {**STATES, "gold.daily_sales": 9}


def test_before_the_first_publication_every_table_is_shown_as_it_is(tmp_path: Path) -> None:
    settings = new_root(tmp_path / "lake")
    write(settings, STATES)
    assert seen_together(settings) == STATES
    note_repaired(settings, "run-9", list(STATES))
    assert last_publication(settings) is None


def test_who_opens_tables_while_the_first_publication_begins_sees_what_was_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = new_root(tmp_path / "lake")
    write(settings, STATES)
    open_one, lock = ShownTable.open, Lock()
    opened: list[str] = []

    def open_then_publish(table: ShownTable) -> DeltaTable:
        with lock:
            found = open_one(table)
            opened.append(table.name)
            if len(opened) == 1:
                cut_off(settings, "link gold/fresh/_delta_log")
            return found

    monkeypatch.setattr(ShownTable, "open", open_then_publish)
    assert seen_together(settings) == STATES
    assert len(opened) == 2 * len(STATES)


def test_a_publication_is_not_taken_for_damage(
    root: Settings, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    files_of = FolderStorage.files
    published: list[str] = []

    def list_then_publish(storage: FolderStorage, name: str) -> Iterator[StoredFile]:
        found = list(files_of(storage, name))
        if name == "silver/orders" and not published:
            published.append(name)
            publish(workspace, "run-1")
        return iter(found)

    monkeypatch.setattr(FolderStorage, "files", list_then_publish)
    assert damage_of(root, "silver.orders") is None
    assert published
    assert seen_together(root) == AFTER


def test_a_table_that_moved_meanwhile_stops_a_publication(
    root: Settings, workspace: Workspace
) -> None:
    version = DeltaTable(root.location("silver", "products")).version()
    write(root, {"silver.products": 9})
    with pytest.raises(LakehouseError, match=r"silver\.products has moved since") as raised:
        publish(workspace, "run-1")
    table_id = DeltaTable(root.location("silver", "products")).metadata().id
    versions = f"version {version} ({table_id}) then, version {version + 1} ({table_id}) now"
    assert versions in raised.value.problem
    assert "Nothing was published" in raised.value.problem
    assert "`lakehouse workspace drop trial`" in raised.value.next_step
    assert seen_together(root) == STATES
    assert workspace.changed_tables() == sorted(WRITES)


def test_a_table_that_appeared_or_went_meanwhile_stops_a_publication(
    root: Settings, workspace: Workspace
) -> None:
    write(root, {"gold.fresh": 9})
    with pytest.raises(LakehouseError, match=r"gold\.fresh has moved .* not there then, version 0"):
        publish(workspace, "run-1")
    shutil.rmtree(root.location("gold", "fresh"))
    shutil.rmtree(root.location("gold", "daily_sales"))
    with pytest.raises(LakehouseError, match=r"gold\.daily_sales has moved .*, not there now"):
        publish(workspace, "run-1")


def test_a_touched_workspace_is_refused_after_another_publication(
    root: Settings, workspace: Workspace
) -> None:
    other = new_workspace(root, "other")
    write_workspace(other, {"gold.daily_sales": 5})
    publish(other, "run-5")
    with pytest.raises(LakehouseError, match=r"gold\.daily_sales has moved since the workspace tr"):
        publish(workspace, "run-1")
    assert seen_together(root) == {**STATES, "gold.daily_sales": 5}


def test_a_foreign_commit_in_the_place_of_ours_stops_every_run_until_it_is_gone(
    root: Settings,
) -> None:
    cut_off(root, "link gold/daily_sales/_delta_log")
    write(root, {"gold.daily_sales": 9})
    version = DeltaTable(root.location("gold", "daily_sales")).version()
    log = Path(root.location("gold", "daily_sales"), f"_delta_log/{version:020}.json")
    for _ in range(2):
        with (
            pytest.raises(LakehouseError, match="wrote past the lakehouse") as raised,
            only_run(root),
        ):
            raise AssertionError("the root was given to a run")
        assert str(log) in raised.value.problem
        assert f"has got a version {version} by" in raised.value.problem
        assert seen_together(root) == STATES
    log.unlink()
    with only_run(root):
        pass
    assert seen_together(root) == seen_alone(root, AFTER) == AFTER


def test_a_foreign_commit_after_ours_is_not_shown_to_readers_who_pin(root: Settings) -> None:
    cut_off(root, "append ops/publications")
    write(root, {"gold.daily_sales": 9})
    with only_run(root):
        pass
    assert seen_together(root) == AFTER


def test_of_two_publications_at_once_one_is_refused(root: Settings, workspace: Workspace) -> None:
    command = [sys.executable, "-c", _PUBLISH, root.root]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        with pytest.raises(LakehouseError, match="Another run is at work"), only_run(root):
            publish(workspace, "run-2")
        assert seen_together(root) == STATES
        process.communicate("")
    assert process.returncode == 0
    assert seen_together(root) == AFTER


def test_a_root_may_move_between_a_workspace_and_its_publication(
    root: Settings, workspace: Workspace, tmp_path: Path
) -> None:
    copied, moved = (Settings(root=str(tmp_path / name), raw="") for name in ("copy", "moved é"))
    shutil.copytree(root.root, copied.root)
    publish(require_workspace(copied, "trial"), "run-1")
    assert seen_together(copied) == seen_alone(copied, AFTER) == AFTER
    assert seen_together(root) == STATES
    shutil.move(root.root, moved.root)
    publish(require_workspace(moved, "trial"), "run-1")
    assert seen_together(moved) == seen_alone(moved, AFTER) == AFTER


def test_a_publication_goes_on_in_a_root_that_was_moved(root: Settings, tmp_path: Path) -> None:
    cut_off(root, "link gold/daily_sales/_delta_log")
    copied, moved = (Settings(root=str(tmp_path / name), raw="") for name in ("copy", "moved é"))
    shutil.copytree(root.root, copied.root)
    shutil.move(root.root, moved.root)
    for settings in (copied, moved):
        with only_run(settings):
            pass
        assert seen_together(settings) == seen_alone(settings, AFTER) == AFTER


def test_no_published_log_holds_a_path_of_this_machine(
    root: Settings, workspace: Workspace, tmp_path: Path
) -> None:
    publish(workspace, "run-1")
    logs = list(Path(root.root).glob("[sg]*/*/_delta_log/*.json"))
    assert len(logs) == len(STATES) + len(WRITES)
    for log in logs:
        for line in log.read_text("utf-8").split("\n"):
            for action in json.loads(line or "{}").values():
                assert "path" not in action or not action["path"].startswith(("/", "file:"))
        assert str(tmp_path) not in log.read_text("utf-8")
        assert ".work" not in log.read_text("utf-8")


def test_a_published_table_outlives_its_workspace_and_a_vacuum(
    root: Settings, workspace: Workspace
) -> None:
    publish(workspace, "run-1")
    for table in AFTER:
        opened = DeltaTable(root.location(*table.split(".")))
        opened.vacuum(0, dry_run=False, enforce_retention_duration=False)
    assert seen_together(root) == AFTER


def test_a_long_log_gets_a_checkpoint_and_keeps_its_old_versions(tmp_path: Path) -> None:
    settings = new_root(tmp_path / "lake")
    for state in range(12):
        workspace = new_workspace(settings, "trial")
        write_workspace(workspace, {"silver.orders": state})
        publish(workspace, f"run-{state}")
    folder = Path(settings.location("silver", "orders"))
    checkpoints = [path.name for path in folder.glob("_delta_log/*.checkpoint.parquet")]
    assert checkpoints == [f"{10:020}.checkpoint.parquet"]
    assert json.loads((folder / "_delta_log/_last_checkpoint").read_text())["version"] == 10
    assert [state_of(DeltaTable(folder, version=number)) for number in range(12)] == [*range(12)]


def test_a_checkpoint_that_can_not_be_written_stops_no_publication(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = new_root(tmp_path / "lake")
    log = Path(settings.location("silver", "orders"), "_delta_log")
    (log / f"{10:020}.checkpoint.parquet").mkdir(parents=True)
    for state in range(12):
        workspace = new_workspace(settings, "trial")
        write_workspace(workspace, {"silver.orders": state})
        publish(workspace, f"run-{state}")
    assert seen_together(settings) == {"silver.orders": 11}
    assert "silver.orders has no new checkpoint of its log" in caplog.text


def test_a_full_disk_while_files_are_brought_over_is_said_with_the_next_command(
    root: Settings, workspace: Workspace
) -> None:
    points = CrashPoints(Path(root.root), 1, "full")
    with pytest.raises(LakehouseError, match=r"published: .*No space") as raised, watched(points):
        publish(workspace, "run-1")
    assert raised.value.next_step.endswith("then `lakehouse publish --workspace trial`.")
    assert seen_together(root) == STATES


def test_a_full_disk_after_the_commits_is_said_and_the_next_run_goes_on(root: Settings) -> None:
    cut_off(root, "append ops/publications")
    points = CrashPoints(Path(root.root), 3 * len(WRITES) + 1, "full")
    with pytest.raises(LakehouseError, match=r"published: .*No space") as raised, watched(points):
        finish_publication(root)
    assert points.seen[-1] == "append ops/publications"
    assert raised.value.next_step.endswith("then run again: the publication goes on by itself.")
    assert seen_together(root) == STATES
    finish_publication(root)
    assert seen_together(root) == AFTER


def test_a_root_that_can_only_be_read_is_said(
    root: Settings, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patched:
        for name in ("mkdir", "link", "replace", "unlink"):
            patched.setattr(os, name, refuse)
        patched.setattr(folder, "_beside", refuse)
        with pytest.raises(LakehouseError, match="written: Read-only file system"), only_run(root):
            raise AssertionError("the root was given to a run")
        assert seen_together(root) == STATES
    publish(workspace, "run-1")
    assert seen_together(root) == AFTER


def test_what_is_written_is_on_the_disk_before_what_relies_on_it(
    root: Settings, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    points, sync = CrashPoints(Path(root.root)), os.sync

    def watched_sync() -> None:
        points.seen.append("sync")
        sync()

    monkeypatch.setattr(os, "sync", watched_sync)
    with watched(points):
        publish(workspace, "run-1")
    order = [_kind(point) for point in points.seen]
    assert [kind for n, kind in enumerate(order) if kind != order[n - 1]] == [
        *("files", "sync", "intent", "commits", "append ops/publications"),
        *("sync", "drop", "delete .work/publishing.json"),
    ]


def _kind(point: str) -> str:
    if point in (f"write beside {INTENT}", f"rename to {INTENT}"):
        return "intent"
    if "/_delta_log/" in point:
        return "commits"
    if "/trial" in point:
        return "drop"
    return "files" if point.startswith(("link", "mkdir")) else point
