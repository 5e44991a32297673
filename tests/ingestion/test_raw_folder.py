"""What lies in a folder beside regular files: each is named, and nothing stops the listing."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.files import list_raw_files
from tests.lake import Lakehouse

HEADER = "product_id,department_id,department,product_name"


def faults(raw: Path) -> dict[str, str | None]:
    return {file.source_file: file.fault for file in list_raw_files(str(raw))}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    raw = tmp_path / "raw"
    (raw / "orders").mkdir(parents=True)
    (raw / "orders/2025-04-01.csv").write_text("x")
    return raw


def test_a_pipe_a_socket_and_a_device_are_named_and_never_opened(
    raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(raw / "orders/2025-04-02.csv")
    (raw / "orders/2025-04-03.csv").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as opened:
        monkeypatch.chdir(raw)  # the path of a socket may not be long
        opened.bind("orders/2025-04-04.csv")
    assert faults(raw) == {
        "orders/2025-04-01.csv": None,
        "orders/2025-04-02.csv": "no_file: this is a named pipe; only regular files are read",
        "orders/2025-04-03.csv": "link_outside: it leads to '/dev/zero', outside the raw folder;"
        " copy it into that",
        "orders/2025-04-04.csv": "no_file: this is a socket; only regular files are read",
    }


def test_a_link_is_followed_in_the_raw_folder_and_refused_out_of_it(raw: Path) -> None:
    (raw / "archive").mkdir()
    (raw / "archive/1.csv").write_text("a")
    (raw / "order_items").symlink_to("archive/items")
    (raw / "archive/items").mkdir()
    (raw / "archive/items/2025-04-01.csv").write_text("b")
    (raw / "orders/2025-04-02.csv").symlink_to("../archive/1.csv")
    (raw / "orders/2025-04-03.csv").symlink_to("2025-04-01.csv")
    (raw.parent / "outside").mkdir()
    (raw / "products").symlink_to("../outside")
    found = faults(raw)
    assert str(found.pop("products")).startswith("link_outside: it leads to ")
    names = [f"orders/2025-04-0{day}.csv" for day in (1, 2, 3)]
    assert found == dict.fromkeys([*names, "order_items/2025-04-01.csv"])


def test_a_link_that_leads_nowhere_or_in_a_circle_is_named(raw: Path) -> None:
    (raw / "orders/2025-04-02.csv").symlink_to("gone.csv")
    (raw / "orders/2025-04-03.csv").symlink_to("2025-04-03.csv")
    (raw / "orders/up").symlink_to("..")
    (raw / "order_items").symlink_to("gone")
    assert faults(raw) == {
        "orders/2025-04-01.csv": None,
        "orders/2025-04-02.csv": "broken_link: it leads to 'gone.csv', which is not there",
        "orders/2025-04-03.csv": "broken_link: it leads to '2025-04-03.csv', which is not there",
        "orders/up": "broken_link: it leads back to a folder that it lies in",
        "order_items": "broken_link: it leads to 'gone', which is not there",
    }


@pytest.fixture
def deep(raw: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A raw folder with 1,000 folders in each other, too many for what clears up after tests."""
    monkeypatch.chdir(raw)
    for _ in range(1000):
        Path("d").mkdir()
        monkeypatch.chdir("d")
    monkeypatch.chdir(raw)
    yield raw
    os.removedirs("/".join("d" * 1000))


def test_folders_in_each_other_are_followed_to_a_limit(deep: Path) -> None:
    (name,) = faults(deep).keys() - {"orders/2025-04-01.csv"}
    assert name == "/".join("d" * 21)
    assert str(faults(deep)[name]).startswith("too_deep: more than 20 folders")


@pytest.mark.parametrize(
    "name", [b"2025-\xff.csv", b"a\nb.csv", b"\x1b[31m.csv", b"%41 #?[*{.csv", b"a'b\"\\~.csv"]
)
def test_a_file_of_any_name_is_listed_by_a_name_that_can_be_kept(raw: Path, name: bytes) -> None:
    (raw / "orders" / os.fsdecode(name)).write_text("x")
    (listed,) = faults(raw).keys() - {"orders/2025-04-01.csv"}
    assert listed.encode() == b"orders/" + name.replace(b"\xff", b"\\xff")
    assert str(faults(raw)[listed]).startswith("wrong_name: ")


def test_a_table_that_lies_among_raw_files_is_named_once(raw: Path) -> None:
    (raw / "lake/gold/daily_sales/_delta_log").mkdir(parents=True)
    (raw / "lake/gold/daily_sales/part-1.parquet").write_text("x")
    (raw / "lake/logs").mkdir()
    found = faults(raw)
    assert found.pop("orders/2025-04-01.csv") is None
    assert list(found) == ["lake/gold/daily_sales"]
    assert "this is a table, no raw file" in str(found["lake/gold/daily_sales"])


def test_the_others_are_loaded_and_a_second_run_finds_nothing_new(lakehouse: Lakehouse) -> None:
    lakehouse.write("products/products.csv", HEADER, "1,2,Food,Bread")
    os.mkfifo(lakehouse.raw / "products/2025-04-01.csv")
    (lakehouse.raw / "orders").symlink_to("gone")
    (lakehouse.raw / "products" / os.fsdecode(b"\xff.csv")).write_text("x")
    report = lakehouse.ingest()
    assert [row.source_file for row in report.loaded] == ["products/products.csv"]
    names = ["orders", "products/2025-04-01.csv", "products/\\xff.csv"]
    assert [row.source_file for row in report.quarantined] == names
    again = lakehouse.ingest("again")
    assert again.rows == []
    assert [row.source_file for row in again.quarantined] == names
