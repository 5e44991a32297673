"""On tables written by delta-rs alone; what engines do in a workspace is tested with the build."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.state.publications import publish
from orchestration.state.versions import version_of
from orchestration.state.workspaces import (
    add_version,
    drop_workspace,
    drop_workspaces_of_runs,
    find_workspace,
    list_workspaces,
    name_of_run,
    new_workspace,
    open_workspace,
    require_workspace,
)
from tests.plain_tables import new_root, seen_alone, seen_together, write, write_workspace

STATES = {"silver.products": 1, "silver.orders": 1, "gold.daily_sales": 1}


@pytest.fixture
def root(tmp_path: Path) -> Settings:
    """A root in which everything was written once."""
    settings = new_root(tmp_path / "a lake é 100 & more")
    write(settings, STATES)
    return settings


def everything_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".work" not in path.parts
    }


def locations_of(settings: Settings) -> dict[str, str]:
    return {table: settings.location(*table.split(".")) for table in STATES}


def test_a_workspace_begins_as_what_is_published_and_costs_no_data(root: Settings) -> None:
    workspace = new_workspace(root, "trial")
    assert seen_together(workspace.settings) == STATES
    published = {t: version_of(DeltaTable(p)) for t, p in locations_of(root).items()}
    staged = {t: version_of(DeltaTable(p)) for t, p in locations_of(workspace.settings).items()}
    assert staged == published == workspace.base
    assert workspace.changed_tables() == []
    files = list(Path(root.root, ".work").rglob("*.parquet"))
    assert len(files) == 4
    assert {path.stat().st_nlink for path in files} == {2}


@pytest.mark.parametrize("commits", [1, 9, 10, 11, 25])
def test_a_workspace_goes_on_from_a_log_of_any_length(commits: int, tmp_path: Path) -> None:
    settings = new_root(tmp_path / "lake")
    for state in range(commits):
        write(settings, {"silver.orders": state})
        if state in (3, 10, 20):
            DeltaTable(settings.location("silver", "orders")).create_checkpoint()
    workspace = new_workspace(settings, "trial")
    assert seen_alone(workspace.settings, ["silver.orders"]) == {"silver.orders": commits - 1}
    write_workspace(workspace, {"silver.orders": 99})
    assert DeltaTable(workspace.settings.location("silver", "orders")).version() == commits
    assert seen_together(workspace.settings) == {"silver.orders": 99}


def test_what_is_published_never_notices_what_is_written_in_a_workspace(root: Settings) -> None:
    location = root.location("silver", "orders")
    DeltaTable(location).create_checkpoint()
    before = everything_below(Path(root.root))
    workspace = new_workspace(root, "trial")
    for state in range(2, 14):
        write_workspace(workspace, {"silver.orders": state})
    write_workspace(workspace, {"gold.fresh": 2, "gold.daily_sales": 2})
    place = workspace.settings.location("silver", "orders")
    DeltaTable(place).create_checkpoint()
    DeltaTable(place).optimize.compact()
    DeltaTable(place).delete("part = 'plain'")
    DeltaTable(place).vacuum(0, dry_run=False, enforce_retention_duration=False)
    shutil.rmtree(workspace.settings.location("silver", "products"))
    assert everything_below(Path(root.root)) == before
    assert seen_together(root) == STATES
    drop_workspace(root, "trial")
    assert everything_below(Path(root.root)) == before


def test_a_workspace_knows_which_tables_were_written(root: Settings) -> None:
    workspace = new_workspace(root, "trial")
    write_workspace(workspace, {"gold.fresh": 2, "silver.orders": 2})
    found = require_workspace(root, "trial")
    assert found == workspace
    assert found.changed_tables() == ["gold.fresh", "silver.orders"]


def test_workspaces_are_listed_until_they_are_dropped(root: Settings) -> None:
    for name in ("trial", name_of_run("12345678" * 4), "a_b-9"):
        new_workspace(root, name)
    assert [one.name for one in list_workspaces(root)] == ["a_b-9", "run-12345678", "trial"]
    drop_workspace(root, "trial")
    drop_workspaces_of_runs(root)
    assert [one.name for one in list_workspaces(root)] == ["a_b-9"]
    assert [path.name for path in Path(root.root, ".work").iterdir()] == ["a_b-9"]
    drop_workspace(root, "a_b-9")
    drop_workspace(root, "never there")
    assert list_workspaces(root) == []


def test_a_workspace_that_is_not_there_is_named_with_those_that_are(root: Settings) -> None:
    assert find_workspace(root, "trial") is None
    with pytest.raises(LakehouseError, match="no workspace trial below") as raised:
        require_workspace(root, "trial")
    assert raised.value.next_step == "The root has none. `lakehouse workspace new trial` makes it."
    new_workspace(root, "other")
    with pytest.raises(LakehouseError) as raised:
        require_workspace(root, "trial")
    assert raised.value.next_step.startswith("Those of this root: other. ")


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "é", "-a", "a" * 64, "publishing.json"])
def test_a_name_that_a_folder_should_not_have_is_refused(name: str, root: Settings) -> None:
    with pytest.raises(LakehouseError, match="can be no name of a workspace"):
        new_workspace(root, name)
    assert find_workspace(root, name) is None
    assert not Path(root.root, ".work").exists()


def test_a_workspace_is_not_made_twice(root: Settings) -> None:
    new_workspace(root, "trial")
    with pytest.raises(LakehouseError, match="There is a workspace trial already") as raised:
        new_workspace(root, "trial")
    assert "lakehouse workspace drop trial" in raised.value.next_step


def test_what_a_killed_process_left_is_replaced(root: Settings) -> None:
    workspace = new_workspace(root, "trial")
    write_workspace(workspace, {"silver.orders": 2, "gold.fresh": 2})
    Path(root.root, ".work/trial/workspace.json").unlink()
    assert list_workspaces(root) == []
    again = new_workspace(root, "trial")
    assert seen_together(again.settings) == STATES
    assert again.changed_tables() == []


def test_an_untouched_workspace_is_brought_to_what_is_published_and_a_touched_one_is_kept(
    root: Settings,
) -> None:
    open_workspace(root, "untouched")
    write_workspace(open_workspace(root, "touched"), {"gold.fresh": 5})
    run = new_workspace(root, "run-1")
    write_workspace(run, {"silver.orders": 2})
    publish(run, "run-1")
    now = {**STATES, "silver.orders": 2}
    assert seen_together(open_workspace(root, "untouched").settings) == now
    assert open_workspace(root, "untouched") == open_workspace(root, "untouched")
    assert seen_together(open_workspace(root, "touched").settings) == {**STATES, "gold.fresh": 5}


def test_a_workspace_that_is_opened_beside_a_publication_begins_with_one_state(
    root: Settings,
) -> None:
    run = new_workspace(root, "run-1")
    write_workspace(run, {"silver.orders": 2})
    publish(run, "run-1")
    write(root, {"silver.products": 3, "gold.fresh": 3})  # as a publication that is half done
    expected = {**STATES, "silver.orders": 2}
    workspace = open_workspace(root, "trial")
    assert seen_together(workspace.settings) == expected
    assert open_workspace(root, "trial") == workspace


def test_a_workspace_can_go_back_to_an_older_version(root: Settings) -> None:
    for state in range(2, 8):
        write(root, {"silver.orders": state})
        if state in (3, 6):
            DeltaTable(root.location("silver", "orders")).create_checkpoint()
    workspace = new_workspace(root, "trial")
    for version in (4, 0):
        add_version(workspace, "silver.orders", version)
        DeltaTable(workspace.settings.location("silver", "orders")).restore(version)
        assert seen_alone(workspace.settings, ["silver.orders"]) == {"silver.orders": version + 1}
    publish(workspace, "run-1")
    assert seen_alone(root, ["silver.orders"]) == {"silver.orders": 1}
    assert seen_together(root) == STATES


def test_files_are_copied_where_they_can_not_be_linked(
    root: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Any, target: Any) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    workspace = new_workspace(root, "trial")
    files = list(Path(root.root, ".work").rglob("*.parquet"))
    assert {path.stat().st_nlink for path in files} == {1}
    write_workspace(workspace, {"silver.orders": 2, "gold.fresh": 2})
    publish(workspace, "run-1")
    assert seen_together(root) == {**STATES, "silver.orders": 2, "gold.fresh": 2}


def test_a_workspace_that_can_not_be_made_leaves_nothing_and_says_why(
    root: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Any, target: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(shutil, "copyfile", refuse)
    with pytest.raises(LakehouseError, match=r"trial can't be made .*: No space left") as raised:
        new_workspace(root, "trial")
    assert "what is published is as it was" in raised.value.next_step
    assert list(Path(root.root, ".work").iterdir()) == []


def test_a_root_may_be_reached_by_a_link(root: Settings, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root.root)
    settings = Settings.read(root=str(tmp_path / "link"), environment={})
    workspace = new_workspace(settings, "trial")
    write_workspace(workspace, {"silver.orders": 2})
    publish(workspace, "run-1")
    assert seen_together(settings) == seen_together(root) == {**STATES, "silver.orders": 2}


def test_the_workspaces_of_runs_that_are_named_alike_are_apart_and_have_possible_names(
    root: Settings,
) -> None:
    ids = [
        "Backfill:2025-04-01-7",
        "Backfill:2025-04-01-8",
        "é-1",
        "",
        "A" * 32,
        "by-hand-1a2b3c4d",
    ]
    names = [name_of_run(run_id) for run_id in ids]
    assert len(set(names)) == len(ids)
    for name in names:
        new_workspace(root, name)


def test_a_damaged_table_is_named_and_nothing_takes_its_place(root: Settings) -> None:
    log = Path(root.location("silver", "orders"), "_delta_log/00000000000000000000.json")
    log.write_text("{")
    with pytest.raises(LakehouseError, match=r"The table silver\.orders at .* can't be read"):
        new_workspace(root, "trial")
    assert find_workspace(root, "trial") is None


def test_tables_with_odd_names_of_columns_are_taken_along(root: Settings) -> None:
    place = root.location("gold", "Odd_Name_2")
    write_deltalake(place, pa.table({"a b/é": ["x"], "n": [1]}), partition_by=["a b/é"])
    workspace = new_workspace(root, "trial")
    staged = DeltaTable(workspace.settings.location("gold", "Odd_Name_2"))
    assert staged.to_pyarrow_table().to_pylist() == [{"n": 1, "a b/é": "x"}]
