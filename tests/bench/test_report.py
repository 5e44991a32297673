"""The page from literal results: one round-trip through the files of results included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.goals import Goal, goals
from bench.growth import EDITED, corrected_day, day_after, nothing_new, refresh_of
from bench.machine import Machine
from bench.report import KEPT_FROM, KEPT_TO, write_report
from bench.results import Result, load, save
from tests.bench.runs import run

MACHINE = Machine(
    "A Processor", 2, 24.0, "Linux 6", {"python": "3.11.7", "duckdb": "2.0.0"}, "2026-01-02"
)


def refresh() -> Result:
    runs = [
        run("duckdb + delta-rs", 1, 10.0, {"start": 0.5, "ingest": 4.0, "zorder": 2.0}, 700),
        run("ours on sail", 1, 8.0, {"start": 2.0, "ingest": 3.0, "silver": 1.0}, 600),
        run("ours on sail, tests", 1, 9.0, {"start": 2.0, "ingest": 3.0, "tests": 1.0}, 2048),
        run("plain pyspark", 1, 0.3, exit_code=1),
        run("duckdb + delta-rs", 2, 20.0, {"start": 0.5, "ingest": 6.0, "zorder": 2.0}, 800),
        run("ours on sail", 2, 10.0, {"start": 2.0, "ingest": 3.0, "silver": 3.0}, 600),
        run("ours on sail, tests", 2, 12.0, {"start": 2.0, "ingest": 3.0, "tests": 2.0}, 2048),
        run("plain pyspark", 2, 0.3, exit_code=1),
    ]
    facts = {"lines": 2_706_582, "raw_bytes": 194 * 1024**2, "days": 30}
    return Result("refresh-medium", MACHINE, facts, runs)


def growth() -> Result:
    start = {"start": 2.0}
    runs = [
        run(refresh_of(30), 1, 22.0, start),
        run(day_after(30), 1, 6.0, start),
        run(day_after(360), 1, 7.0, start),
        run(nothing_new(360), 1, 3.5, start),
        run(corrected_day(360), 1, 9.0, start),
        run(EDITED, 1, 8.5, start),
    ]
    facts: dict[str, Any] = {"histories": [30, 360], "orders_per_day": 10_000}
    return Result("growth-sail", MACHINE, facts, runs)


def lookups() -> Result:
    row = {
        "what": "a product's lines",
        "table": "silver/order_items",
        "column": "product_id",
        "files": 30.0,
        "of_files": 30,
        "row_group_bytes": 4096.0,
        "of_bytes": 8192,
    }
    rows = [
        {**row, "when": "after", "page_bytes": 1024.0},
        {**row, "when": "before", "page_bytes": 4096.0},
    ]
    return Result("lookups-sail", MACHINE, {"lines": 2_706_582, "rows": rows})


def page(tmp_path: Path, *results: Result) -> str:
    path = tmp_path / "benchmarks.md"
    write_report(path, {result.part: result for result in results})
    return path.read_text()


def test_a_refresh_has_medians_ratios_memory_and_phases(tmp_path: Path) -> None:
    lines = page(tmp_path, refresh()).splitlines()
    assert "## Full refresh, medium: 2.71 million order lines" in lines
    assert "30 days, 194 MiB of CSV; 2 rounds, 2026-01-02." in lines
    ours = [line for line in lines if line.startswith("| ours on sail |")]
    # 8 / 10 and 10 / 20 are 0.8 and 0.5: 0.65 in the median
    assert ours[0] == "| ours on sail | 9.0 | 8.0 to 10.0 | 0.65x |  | 600 MiB | 10 MiB |"
    # the end: 8 - 6 and 10 - 8
    assert ours[1] == "| ours on sail | 2.0 | 3.0 | 2.0 |  |  |  |  | 2.0 |"


def test_a_program_that_failed_is_said_to_have_failed(tmp_path: Path) -> None:
    assert "| plain pyspark | failed |  |  |  |  |  |" in page(tmp_path, refresh())


def test_growth_is_given_over_start_up(tmp_path: Path) -> None:
    text = page(tmp_path, growth())
    assert "| 30 days | 20.0 | 4.0 |  |  |" in text
    assert "| 360 days |  | 5.0 | 1.5 | 7.0 |" in text
    assert "rebuilt with its tests, on the sample: 6.5 s over start-up" in text


def test_a_look_up_is_given_before_and_after_z_order(tmp_path: Path) -> None:
    text = page(tmp_path, lookups())
    name = "a product's lines: `silver.order_items` by `product_id`"
    assert f"| {name} | before | 30.0 of 30 | 50.0 % | 50.0 % | 4 KiB |" in text
    assert f"| {name} | after | 30.0 of 30 | 50.0 % | 12.5 % | 1 KiB |" in text


def test_the_machine_stands_beside_the_parts_measured_on_it(tmp_path: Path) -> None:
    text = page(tmp_path, refresh(), lookups())
    machine = "A Processor, 2 cores, 24 GiB, Linux 6; python 3.11.7, duckdb 2.0.0."
    assert f"- lookups-sail (2026-01-02), refresh-medium (2026-01-02): {machine}" in text


def test_each_goal_has_the_number_that_was_measured() -> None:
    results = {result.part: result for result in (refresh(), growth(), lookups())}
    found = {goal.text: goal for goal in goals(results)}
    assert found["full refresh with Sail / DuckDB + delta-rs, medium"].limit == 1.0
    assert measured(found, "full refresh with Sail / DuckDB") == pytest.approx(0.65)
    assert measured(found, "full refresh with Sail and all tests /") == pytest.approx(0.75)
    # 1 of 9 - 2 - 3 seconds, and 2 of 12 - 2 - 3: 25 and 28.6 percent
    assert measured(found, "share of the tests") == pytest.approx(26.786, abs=0.001)
    assert measured(found, "a day's run after 360 days / after 30") == pytest.approx(5 / 4)
    assert measured(found, "a day's run after 360 days / full") == pytest.approx(5 / 20)
    assert measured(found, "a run with nothing new") == pytest.approx(1.5)
    assert measured(found, "one gold model edited") == pytest.approx(6.5)
    assert measured(found, "bytes that a product look-up") == pytest.approx(12.5)


def measured(found: dict[str, Goal], beginning: str) -> float | None:
    (goal,) = [goal for text, goal in found.items() if text.startswith(beginning)]
    return goal.measured


def test_a_goal_without_a_result_is_left_out() -> None:
    assert goals({}) == []


def test_a_goal_is_reached_or_not(tmp_path: Path) -> None:
    text = page(tmp_path, refresh(), growth())
    assert "| full refresh with Sail / DuckDB + delta-rs, medium | 1x | 0.65x | yes |" in text
    edited = "one gold model edited and rebuilt with its tests, over start-up, sail"
    assert f"| {edited} | 5 s | 6.50 s | no |" in text


def test_what_is_written_by_hand_stays_when_the_page_is_written_anew(tmp_path: Path) -> None:
    first = page(tmp_path, refresh())
    by_hand = first.replace("Nothing is written down yet.", "A tried lever gave 3 s.")
    (tmp_path / "benchmarks.md").write_text(by_hand)
    second = page(tmp_path, growth())
    assert second.count("A tried lever gave 3 s.") == 1
    assert "## Growth on sail" in second
    assert page(tmp_path, growth()) == second


def test_a_page_that_lost_its_markers_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "benchmarks.md").write_text(f"by hand\n{KEPT_FROM}\n")
    with pytest.raises(ValueError, match=KEPT_TO):
        page(tmp_path, refresh())
    assert (tmp_path / "benchmarks.md").read_text() == f"by hand\n{KEPT_FROM}\n"


def test_a_result_that_was_saved_is_the_one_that_is_loaded(tmp_path: Path) -> None:
    runs = [run("a", 1, 2.5, {"start": 1.0}), run("b", 1, 3.5, exit_code=1)]
    save(tmp_path, "refresh-small", {"lines": 3}, runs)
    loaded = load(tmp_path)["refresh-small"]
    assert (loaded.part, loaded.facts, loaded.runs) == ("refresh-small", {"lines": 3}, runs)
    assert loaded.machine.versions["duckdb"]
