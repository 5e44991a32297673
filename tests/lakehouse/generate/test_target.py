from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.errors import LakehouseError
from lakehouse.generate import Plan, default_shares, generate

PLAN = Plan(days=2, orders_per_day=3, seed=1, products=5)


@pytest.mark.parametrize(
    "path", ["products/products.csv", "orders/old.txt", "order_items/2024/a.csv"]
)
def test_refuses_a_folder_that_holds_data(tmp_path: Path, path: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text("mine")
    with pytest.raises(LakehouseError, match=f"already holds data, such as {path}") as caught:
        generate(tmp_path, PLAN)
    assert "empty folder" in caught.value.next_step
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == [Path(path).name]


def test_accepts_empty_folders_and_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    (tmp_path / "README.md").write_text("mine")
    generate(tmp_path, PLAN)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_a_second_run_into_the_same_folder_is_refused(tmp_path: Path) -> None:
    generate(tmp_path, PLAN)
    with pytest.raises(LakehouseError):
        generate(tmp_path, PLAN)


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("a file")
    with pytest.raises(LakehouseError, match="can't be"):
        generate(tmp_path / "raw", PLAN)


def test_tells_of_each_file_once_it_is_there(tmp_path: Path) -> None:
    told: list[str] = []

    def on_file(path: str) -> None:
        assert (tmp_path / path).is_file()
        told.append(path)

    plan = Plan(days=3, orders_per_day=80, seed=1, defects=default_shares())
    generate(tmp_path, plan, on_file)
    there = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    assert sorted(told) == sorted(there - {"manifest.json"})
    assert told[:3] == [
        "products/products.csv",
        next(path for path in told if path.startswith("orders/2025-04-01")),
        next(path for path in told if path.startswith("order_items/2025-04-01")),
    ]
