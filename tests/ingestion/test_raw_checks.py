from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingestion.errors import LakehouseError
from ingestion.raw_checks import require_raw
from tests.ingestion.objects import put


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "raw/orders").mkdir(parents=True)
    (tmp_path / "raw/orders/2025-04-01.csv").write_text("x")
    return tmp_path


def refusal(raw: Path, root: Path = Path("/elsewhere")) -> str:
    with pytest.raises(LakehouseError) as raised:
        require_raw(str(raw), str(root))
    return str(raised.value)


def test_a_folder_with_a_folder_of_a_table_is_one_of_raw_files(data: Path) -> None:
    require_raw(str(data / "raw"), str(data / "lake"))
    require_raw(str(data / "raw"), str(data))  # the default place of raw files
    require_raw(str(data / "raw"), str(data / "raw-lake"))


@pytest.mark.parametrize("root", ["raw", "raw/lake", "raw/orders/lake"])
def test_a_root_inside_the_raw_folder_is_refused(data: Path, root: str) -> None:
    assert "its tables would be read as raw files" in refusal(data / "raw", data / root)


def test_the_folder_of_a_table_is_no_raw_folder(data: Path) -> None:
    words = refusal(data / "raw/orders")
    assert f"{data}/raw/orders looks like the folder orders/ of one" in words
    assert words.endswith(f"Name its parent: --raw {data}/raw")


def test_a_folder_above_the_raw_folder_is_refused_with_the_right_one(data: Path) -> None:
    words = refusal(data)
    assert "has none of the folders products/, orders/, order_items/" in words
    assert words.endswith(f"--raw {data}/raw")


def test_a_folder_of_something_else_is_refused_and_an_empty_one_is_not(tmp_path: Path) -> None:
    require_raw(str(tmp_path), "/elsewhere")
    (tmp_path / "README.md").write_text("x")
    require_raw(str(tmp_path), "/elsewhere")
    (tmp_path / "photo.jpg").write_text("x")
    assert refusal(tmp_path).endswith("--raw DIR")


def test_a_folder_whose_name_is_not_utf8_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"raw\xff")
    folder.mkdir()
    assert "raw\\udcff is not UTF-8" in refusal(folder)


def test_the_same_holds_on_s3(s3: str) -> None:
    put("raw/orders/2025-04-01.csv", b"x")
    require_raw(f"{s3}/raw", s3)
    with pytest.raises(LakehouseError, match="looks like the folder orders/"):
        require_raw(f"{s3}/raw/orders", s3)
    with pytest.raises(LakehouseError, match="has none of the folders"):
        require_raw(s3, "/elsewhere")
