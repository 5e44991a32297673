from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from orchestration.state.staging import link_files

NAMES = ["day=1/part", "day=2/part", "part"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        path = tmp_path / "from" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "from"


def test_a_file_gets_a_second_name_and_may_get_it_twice(folder: Path, tmp_path: Path) -> None:
    for _ in range(2):
        link_files(folder, tmp_path / "to", NAMES)
        assert all((folder / name).samefile(tmp_path / "to" / name) for name in NAMES)
        assert (folder / "part").stat().st_nlink == 2


def test_what_a_copy_that_was_cut_off_has_left_is_replaced(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    (tmp_path / "to/part").write_text("pa")
    link_files(folder, tmp_path / "to", NAMES)
    assert [(tmp_path / "to" / name).read_text() for name in NAMES] == NAMES


def test_a_copy_that_fails_leaves_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    def tear(source: Path, target: Path) -> None:
        target.write_text(source.read_text()[:2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(shutil, "copyfile", tear)
    with pytest.raises(OSError, match="No space left"):
        link_files(folder, tmp_path / "to", ["part"])
    assert list((tmp_path / "to").iterdir()) == []


def test_a_file_that_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="other"):
        link_files(folder, tmp_path / "to", ["other"])
