"""Each test stages a table by hand, changes it as an engine would, and applies the one commit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable, Field, write_deltalake
from deltalake.exceptions import DeltaError
from deltalake.schema import PrimitiveType

from ingestion.errors import LakehouseError
from orchestration.state.staging import stage
from orchestration.state.storage import storage_of
from orchestration.state.table_commit import StagedLog, commit_file, net_commit

NOW = datetime(2025, 5, 1, 6, 30, tzinfo=UTC)
Row = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A published table of one file for each day, in its second version."""
    folder = tmp_path / "published"
    add(folder, "2025-04-01", 1)
    add(folder, "Tag é/2", 2)
    return folder


def add(folder: Path, day: str, *numbers: int) -> None:
    table = pa.table({"n": pa.array(numbers, pa.int64()), "day": [day] * len(numbers)})
    write_deltalake(folder, table, mode="append", partition_by=["day"])


def rows(table: DeltaTable) -> list[Row]:
    return sorted(table.to_pyarrow_table().to_pylist(), key=lambda row: row["n"])


def published(folder: Path, change: Callable[[Path], object]) -> tuple[list[dict[str, Row]], Path]:
    """Stage the table, change it there and publish that: the actions of the commit."""
    staged, storage = folder.parent / "staged", storage_of(str(folder.parent))
    base = DeltaTable(folder) if DeltaTable.is_deltatable(str(folder)) else None
    if base:
        stage(storage, base, folder.name, staged.name)
    change(staged)
    text, files = net_commit(log_of(staged), base, DeltaTable(staged), "run-1", NOW)
    if text:
        storage.copy(staged.name, folder.name, files)
        log = folder / commit_file(base.version() + 1 if base else 0)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(text)
        assert rows(DeltaTable(folder)) == rows(DeltaTable(staged))
    return [json.loads(line) for line in text.decode().splitlines()], folder


def log_of(staged: Path) -> StagedLog:
    return StagedLog(storage_of(str(staged.parent)), staged.name, "published")


def kinds(actions: list[dict[str, Row]]) -> list[str]:
    return [kind for action in actions for kind in action]


def test_a_file_that_came_is_added_and_one_that_went_is_removed(folder: Path) -> None:
    def change(staged: Path) -> None:
        add(staged, "2025-04-03", 3)
        DeltaTable(staged).delete("n = 1")

    actions, _ = published(folder, change)
    assert kinds(actions) == ["commitInfo", "remove", "add"]
    assert actions[0]["commitInfo"]["operationParameters"] == {"runId": "run-1"}
    assert rows(DeltaTable(folder)) == [{"n": 2, "day": "Tag é/2"}, {"n": 3, "day": "2025-04-03"}]


def test_a_file_that_came_and_went_is_left_out(folder: Path) -> None:
    def change(staged: Path) -> None:
        add(staged, "2025-04-03", 3)
        DeltaTable(staged).delete("n = 3")

    assert published(folder, change)[0] == []


def test_a_file_that_went_and_came_again_stays(folder: Path) -> None:
    def change(staged: Path) -> None:
        DeltaTable(staged).delete("n = 2")
        DeltaTable(staged).restore(1)

    assert published(folder, change)[0] == []


def test_a_commit_that_changes_nothing_is_not_made(folder: Path) -> None:
    def change(staged: Path) -> None:
        for _ in range(3):
            DeltaTable(staged).delete("n = 99")

    assert published(folder, change)[0] == []


def test_readers_agree_on_what_many_commits_led_to_and_on_what_was_before(folder: Path) -> None:
    def change(staged: Path) -> None:
        for number in range(3, 30):
            add(staged, "Tag é/2", number)
        DeltaTable(staged).create_checkpoint()
        DeltaTable(staged).optimize.compact()
        DeltaTable(staged).delete("n < 20")

    published(folder, change)
    add(folder, "later", 100)
    expected = [*range(20, 30), 100]
    assert [row["n"] for row in rows(DeltaTable(folder))] == expected
    dataset = DeltaTable(folder).to_pyarrow_dataset()  # noqa: F841 (DuckDB reads it by its name)
    found = duckdb.execute("select n from dataset order by n").fetchall()
    assert found == [(n,) for n in expected]
    assert [row["n"] for row in rows(DeltaTable(folder, version=1))] == [1, 2]
    assert [row["n"] for row in rows(DeltaTable(folder, version=2))] == expected[:-1]


def test_a_column_that_was_added_is_published_and_the_table_keeps_its_id(folder: Path) -> None:
    table_id = DeltaTable(folder).metadata().id

    def change(staged: Path) -> None:
        DeltaTable(staged).alter.add_columns([Field("more", PrimitiveType("string"))])

    actions, _ = published(folder, change)
    assert kinds(actions) == ["commitInfo", "metaData"]
    assert DeltaTable(folder).metadata().id == table_id
    assert rows(DeltaTable(folder))[0] == {"n": 1, "more": None, "day": "2025-04-01"}


def test_a_property_and_a_protocol_that_changed_are_published(folder: Path) -> None:
    def change(staged: Path) -> None:
        DeltaTable(staged).alter.add_constraint({"positive": "n > 0"})

    actions, _ = published(folder, change)
    assert sorted(kinds(actions)) == ["commitInfo", "metaData", "protocol"]
    with pytest.raises(DeltaError, match="failed validation check"):
        add(folder, "2025-04-01", -1)


def test_a_table_that_was_replaced_whole_keeps_its_id_and_its_history(folder: Path) -> None:
    table_id = DeltaTable(folder).metadata().id

    def change(staged: Path) -> None:
        new = pa.table({"n": [7], "other": ["x"], "day": ["é"]})
        write_deltalake(staged, new, mode="overwrite", schema_mode="overwrite")

    actions, _ = published(folder, change)
    assert kinds(actions) == ["commitInfo", "metaData", "remove", "remove", "add"]
    assert DeltaTable(folder).metadata().id == table_id
    assert rows(DeltaTable(folder)) == [{"n": 7, "other": "x", "day": "é"}]
    assert [row["n"] for row in rows(DeltaTable(folder, version=1))] == [1, 2]


@pytest.mark.parametrize("commits", [1, 4])
def test_a_table_that_was_deleted_and_made_anew_replaces_all_files(
    commits: int, folder: Path
) -> None:
    table_id = DeltaTable(folder).metadata().id

    def change(staged: Path) -> None:
        shutil.rmtree(staged)
        for number in range(commits):
            add(staged, "2025-04-01", 10 + number)
        DeltaTable(staged).alter.add_columns([Field("more", PrimitiveType("string"))])

    actions, _ = published(folder, change)
    assert kinds(actions) == ["commitInfo", "metaData", "remove", "remove", *["add"] * commits]
    assert DeltaTable(folder).metadata().id == table_id
    assert [row["n"] for row in rows(DeltaTable(folder))] == [*range(10, 10 + commits)]


def test_a_new_table_begins_with_its_last_protocol_and_metadata(tmp_path: Path) -> None:
    def change(staged: Path) -> None:
        add(staged, "Tag é/2", 1)
        add(staged, "Tag é/2", 2)
        DeltaTable(staged).alter.add_columns([Field("more", PrimitiveType("string"))])
        DeltaTable(staged).optimize.compact()

    actions, folder = published(tmp_path / "published", change)
    assert kinds(actions) == ["commitInfo", "protocol", "metaData", "add"]
    assert DeltaTable(folder).version() == 0
    assert [row["n"] for row in rows(DeltaTable(folder))] == [1, 2]
    assert DeltaTable(folder).metadata().id == DeltaTable(tmp_path / "staged").metadata().id


def test_every_path_of_a_commit_is_relative_and_every_change_counts(folder: Path) -> None:
    def change(staged: Path) -> None:
        add(staged, "Tag é/2", 3)
        DeltaTable(staged).optimize.compact()

    actions, _ = published(folder, change)
    files = [one for action in actions for kind, one in action.items() if kind in ("add", "remove")]
    assert len(files) == 2
    assert all(one["path"].startswith("day=Tag") and one["dataChange"] for one in files)
    assert str(folder.parent) not in json.dumps(actions, ensure_ascii=False)


def test_what_is_tested_is_in_the_place_that_engines_write_it(folder: Path) -> None:
    made: list[tuple[bytes, list[str]]] = []

    def change(staged: Path) -> None:
        line = {"path": "day=a%20b/part-%C3%A9%25.parquet", "partitionValues": {"day": "a b"}}
        more = {"size": 1, "modificationTime": 0, "dataChange": False, "stats": "\u2028"}
        log = staged / commit_file(2)
        log.write_text(json.dumps({"add": {**line, **more}}, ensure_ascii=False) + "\n\n", "utf-8")
        made.append(
            net_commit(log_of(staged), DeltaTable(folder), DeltaTable(staged), "run-1", NOW)
        )
        log.unlink()

    published(folder, change)
    text, files = made[0]
    assert files == ["day=a b/part-é%.parquet"]
    _, add_line = (json.loads(line) for line in text.decode().split("\n") if line)
    assert add_line["add"]["path"] == "day=a%20b/part-%C3%A9%25.parquet"
    assert add_line["add"]["dataChange"] is False  # as its own commit says


def test_a_table_with_deletion_vectors_is_refused(tmp_path: Path) -> None:
    def change(staged: Path) -> None:
        add(staged, "2025-04-01", 1)
        log = staged / commit_file(0)
        names = {"minReaderVersion": 3, "minWriterVersion": 7}
        features = {name: ["deletionVectors"] for name in ("readerFeatures", "writerFeatures")}
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        lines = [{"protocol": {**names, **features}} if "protocol" in ln else ln for ln in lines]
        log.write_text("".join(json.dumps(line) + "\n" for line in lines))

    with pytest.raises(LakehouseError, match="may have deletion vectors") as raised:
        published(tmp_path / "published", change)
    assert "delta.enableDeletionVectors" in raised.value.next_step


def test_a_log_that_has_lost_a_line_is_named(folder: Path) -> None:
    def change(staged: Path) -> None:
        add(staged, "2025-04-03", 3)
        add(staged, "2025-04-03", 4)
        DeltaTable(staged).create_checkpoint()
        (staged / commit_file(2)).unlink()

    with pytest.raises(LakehouseError, match=r"staged has lost the line of day=2025-04-03/part"):
        published(folder, change)
