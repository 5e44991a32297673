from __future__ import annotations

from pathlib import Path

from bench.data import add_day, correct_day, first_days, raw_data
from lakehouse.generate import Plan, generate

PLAN = Plan(days=4, orders_per_day=5, seed=1)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.csv"))
    }


def test_data_is_made_once_and_used_again(tmp_path: Path) -> None:
    made = raw_data(tmp_path, "small", PLAN)
    (made.folder / "kept").touch()
    assert raw_data(tmp_path, "small", PLAN) == made
    assert (made.folder / "kept").exists()
    assert made.lines == sum(
        content.count(b"\n") - 1 for name, content in files(made.folder).items() if "items" in name
    )


def test_data_of_another_plan_is_not_used(tmp_path: Path) -> None:
    raw_data(tmp_path, "small", Plan(days=2, orders_per_day=5, seed=1))
    assert len(files(raw_data(tmp_path, "small", PLAN).folder)) == 1 + 2 * 4


def test_data_that_was_not_finished_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "small.unfinished" / "orders").mkdir(parents=True)
    (tmp_path / "small.unfinished" / "orders" / "2025-04-01.csv").touch()
    assert len(files(raw_data(tmp_path, "small", PLAN).folder)) == 1 + 2 * 4


def test_the_first_days_are_those_of_the_shorter_plan(tmp_path: Path) -> None:
    source = raw_data(tmp_path, "long", PLAN).folder
    first_days(source, tmp_path / "first", PLAN, 3)
    generate(tmp_path / "short", Plan(days=3, orders_per_day=5, seed=1))
    assert files(tmp_path / "first") == files(tmp_path / "short")
    add_day(source, tmp_path / "first", PLAN, 3)
    assert files(tmp_path / "first") == files(source)


def test_a_corrected_day_differs_in_one_amount_and_leaves_the_source_alone(tmp_path: Path) -> None:
    source = raw_data(tmp_path, "long", PLAN).folder
    before = files(source)
    first_days(source, tmp_path / "raw", PLAN, 3)
    correct_day(tmp_path / "raw", PLAN, 1)
    assert files(source) == before
    after = files(tmp_path / "raw")
    assert [name for name in after if after[name] != before[name]] == ["orders/2025-04-02.csv"]
    pairs = zip(
        before["orders/2025-04-02.csv"].decode().splitlines(),
        after["orders/2025-04-02.csv"].decode().splitlines(),
        strict=True,
    )
    ((old, new),) = [(old.split(","), new.split(",")) for old, new in pairs if old != new]
    assert [old[place] == new[place] for place in range(6)] == [True] * 4 + [False, True]
