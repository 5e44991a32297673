"""What holds of every storage: each test runs on a folder and on a bucket, with a prefix or not."""

from __future__ import annotations

import errno
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from ingestion.errors import LakehouseError
from orchestration.state.storage import Storage, StoredFile, storage_of
from orchestration.state.storage.folder import FolderStorage


@pytest.fixture(params=["folder", "bucket", "prefix"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "not yet there" / "lake")
    bucket: str = request.getfixturevalue("bucket")
    return bucket if request.param == "bucket" else f"{bucket}/a prefix/lake"


@pytest.fixture
def storage(root: str) -> Storage:
    return storage_of(root)


def test_what_was_written_is_read_and_replaced_and_deleted(storage: Storage) -> None:
    assert storage.read("ops/é 50%/mark") is None
    storage.write("ops/é 50%/mark", b"one")
    storage.write("ops/é 50%/mark", b"two")
    assert storage.read("ops/é 50%/mark") == b"two"
    storage.delete("ops/é 50%/mark")
    storage.delete("ops/é 50%/mark")
    assert storage.read("ops/é 50%/mark") is None


def test_a_file_and_its_name_are_on_the_disk_when_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, Path]] = []
    fsync, replace = os.fsync, Path.replace

    def watched_fsync(descriptor: int) -> None:
        done.append(("fsync", Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    def watched_replace(source: Path, target: Path) -> Path:
        done.append(("replace", target))
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    storage_of(str(tmp_path)).write("mark", b"content")
    assert [(what, path.name.split(".")[1:2] or [path.name]) for what, path in done] == [
        ("fsync", ["mark"]),
        ("replace", ["mark"]),
        ("fsync", [tmp_path.name]),
    ]


def test_files_are_listed_with_their_sizes_and_folders_with_their_names(storage: Storage) -> None:
    for name in ("gold/a/_delta_log/0.json", "gold/a/x=1/part", "gold/b/part", "golden/c/part"):
        storage.write(name, b"four")
    storage.write("gold/note", b"")
    assert storage.folders("gold") == ["a", "b"]
    assert set(storage.files("gold/a")) == {
        StoredFile("gold/a/_delta_log/0.json", 4),
        StoredFile("gold/a/x=1/part", 4),
    }
    assert storage.folders("silver") == []
    assert list(storage.files("silver")) == []


def test_a_folder_of_more_than_one_page_is_listed_whole(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    names = [f"table_{number}" for number in range(5)]
    for name in names:
        storage.write(f"gold/{name}/part", b"")
    assert storage.folders("gold") == names
    assert sorted(file.name for file in storage.files("gold")) == [
        f"gold/{name}/part" for name in names
    ]


def test_of_several_who_create_a_file_at_once_one_does(storage: Storage, root: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda n: storage.create("mark", str(n).encode()), range(8)))
    assert storage.read("mark") == str(created.index(True)).encode()
    assert created.count(True) == 1
    assert not storage_of(root).create("mark", b"later")


def test_a_file_is_created_where_files_can_not_be_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    storage = storage_of(str(tmp_path))
    assert storage.create("folder/mark", b"one")
    assert not storage.create("folder/mark", b"two")
    assert storage.read("folder/mark") == b"one"
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["mark"]


def test_what_killed_writers_of_a_file_have_left_is_deleted_and_nothing_else(
    storage: Storage,
) -> None:
    others = {"a/mark", "a/.mark.crc", f"a/.other.{'0' * 32}", f"b/.mark.{'0' * 32}"}
    for name in (*others, *([f"a/.mark.{'0' * 32}"] if isinstance(storage, FolderStorage) else [])):
        storage.write(name, b"")
    storage.tidy("a/mark")
    storage.tidy("nowhere/mark")
    assert {file.name for folder in "ab" for file in storage.files(folder)} == others


def test_a_root_is_held_by_one_at_a_time(storage: Storage, root: str) -> None:
    with storage.lock("me"), pytest.raises(LakehouseError, match=r"at work on .* \(me\)"):
        storage_of(root).lock("you").__enter__()
    with storage_of(root).lock("you"):
        pass


NAMES = ["day=1 %20é/part", "day=2/part", "part"]


def test_files_have_the_same_names_below_another_folder_once_they_are_copied_also_twice(
    storage: Storage,
) -> None:
    for name in NAMES:
        storage.write(f"from/{name}", name.encode())
    for _ in range(2):
        storage.copy("from", "to", NAMES)
        assert [storage.read(f"to/{name}") for name in NAMES] == [name.encode() for name in NAMES]
    assert len(list(storage.files("to"))) == 3


def test_a_copy_in_a_folder_is_a_second_name(tmp_path: Path) -> None:
    storage = storage_of(str(tmp_path))
    storage.write("from/part", b"content")
    storage.copy("from", "to", ["part"])
    assert (tmp_path / "from/part").samefile(tmp_path / "to/part")


def test_what_a_copy_that_was_cut_off_has_left_is_replaced(storage: Storage) -> None:
    storage.write("from/part", b"whole")
    storage.write("to/part", b"wh")
    storage.copy("from", "to", ["part"])
    assert storage.read("to/part") == b"whole"


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    def tear(source: Path, target: Path) -> None:
        target.write_text(source.read_text()[:2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    storage = storage_of(str(tmp_path))
    storage.write("from/part", b"content")
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(shutil, "copyfile", tear)
    with pytest.raises(OSError, match="No space left"):
        storage.copy("from", "to", ["part"])
    assert list((tmp_path / "to").iterdir()) == []


def test_a_file_that_is_to_be_copied_and_is_not_there_is_an_error(storage: Storage) -> None:
    with pytest.raises((OSError, LakehouseError)):
        storage.copy("from", "to", ["part"])


def test_a_folder_is_deleted_with_all_that_is_in_it_and_nothing_else(storage: Storage) -> None:
    for name in ("a/b/part", "a/part", "ab/part"):
        storage.write(name, b"")
    storage.delete_folder("a")
    storage.delete_folder("nowhere")
    assert list(storage.files("a")) == []
    assert len(list(storage.files("ab"))) == 1


def test_an_object_has_the_type_of_its_name(bucket: str) -> None:
    storage_of(bucket).write("artifacts/index.html", b"<p>")
    head = boto3.client("s3").head_object(
        Bucket=bucket.removeprefix("s3://"), Key="artifacts/index.html"
    )
    assert head["ContentType"] == "text/html"


@pytest.mark.parametrize("act", ["read", "files", "folders"])
def test_a_bucket_that_is_not_there_is_named(bucket: str, act: str) -> None:
    storage = storage_of(f"{bucket}-of-others")
    with pytest.raises(LakehouseError, match=rf"{bucket}-of-others can't be read: .*NoSuchBucket"):
        list(getattr(storage, act)("name"))


def test_a_place_that_is_neither_a_folder_nor_s3_is_refused() -> None:
    with pytest.raises(LakehouseError, match="gs://bucket is neither a folder nor a bucket of S3"):
        storage_of("gs://bucket")


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LakehouseError, match="file/lake can't be written: Not a directory"):
        storage_of(str(tmp_path / "file" / "lake")).write("mark", b"")
