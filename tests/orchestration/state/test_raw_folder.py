from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.settings import Settings
from orchestration.state.raw_folder import remember_raw, remembered_raw


def settings_of(root: Path, raw: Path) -> Settings:
    return Settings(str(root), str(raw))


def test_a_root_that_was_never_loaded_remembers_no_raw_folder(tmp_path: Path) -> None:
    assert remembered_raw(settings_of(tmp_path, tmp_path / "raw")) is None


def test_the_folder_of_the_last_load_counts(tmp_path: Path) -> None:
    root = tmp_path / "a" / "lake"
    for raw in (tmp_path / "first", tmp_path / "second raw\n"):
        remember_raw(settings_of(root, raw))
        assert remembered_raw(settings_of(root, root / "raw")) == str(raw)


@pytest.mark.parametrize("raw", ["lake/raw", "lake/a/raw", "raw files"])
def test_a_folder_in_the_root_or_beside_it_moves_with_the_root(tmp_path: Path, raw: str) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    remember_raw(settings_of(before / "lake", before / raw))
    before.rename(after)
    assert remembered_raw(settings_of(after / "lake", Path("/any"))) == str(after / raw)


def test_any_other_folder_stays_where_it_is_when_the_root_moves(tmp_path: Path) -> None:
    remember_raw(settings_of(tmp_path / "before" / "lake", tmp_path / "raw"))
    (tmp_path / "before").rename(tmp_path / "after")
    assert remembered_raw(settings_of(tmp_path / "after/lake", Path("/a"))) == str(tmp_path / "raw")


def test_an_empty_memory_is_none(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, tmp_path / "raw")
    remember_raw(settings)
    (file,) = tmp_path.glob(".raw*")
    file.write_bytes(b"")
    assert remembered_raw(settings) is None
    remember_raw(settings)
    assert remembered_raw(settings) == str(tmp_path / "raw")


def test_a_bucket_remembers_a_prefix_of_its_own_and_one_of_another(bucket: str) -> None:
    for raw in (f"{bucket}/lake/raw", "s3://another/raw"):
        settings = Settings(f"{bucket}/lake", raw)
        remember_raw(settings)
        assert remembered_raw(settings) == raw
