"""Expected numbers are worked out by hand from round prices: a DPU-second costs 0.0001."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from rich.console import Console

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.cost import (
    Cluster,
    ModelResult,
    RecordedRun,
    estimate,
    request_money,
    scan_money,
    storage_money,
)
from lakehouse.cost_report import cost_page
from lakehouse.prices import PRICE_TABLE, Prices, read_prices
from tests.lakehouse.json_pages import as_json, documented, names_in

PRICES = Prices(
    date=date(2025, 4, 1),
    region="a region",
    currency="USD",
    source="a source",
    dpu_hour=0.36,
    minimum_job_seconds=60,
    minimum_session_seconds=60,
    cores_per_dpu=4,
    dpu_per_worker={"G.1X": 1, "G.2X": 2},
    storage_gb_month=0.02,
    put_per_1000=0.005,
    get_per_1000=0.001,
    scan_tb=5,
    minimum_scan_bytes=10 * 1024**2,
    ingest_jobs=1,
    session_start_seconds=10,
    statement_seconds=1,
    spark_over_sail=4,
)
ORDERS = ModelResult("silver.orders", 30.0, rows=300, bytes=3000, files=3)
SALES = ModelResult("gold.daily_sales", 10.0, rows=10, bytes=100, files=1)


def recorded(engine: str = "spark", **steps: float) -> RecordedRun:
    """A run on two cores; with a build it made two models and ran two tests of 40 s in all."""
    models, tests = ([ORDERS, SALES], 2) if "build" in steps else ([], 0)
    finished_at = datetime(2025, 4, 1, tzinfo=UTC)
    return RecordedRun("run", finished_at, "well", engine, 2, steps, models, tests, 20.0 * tests)


def cluster(workers: int, worker_type: str = "G.1X") -> Cluster:
    return Cluster.of(workers, worker_type, PRICES)


def billed(run: RecordedRun, workers: Cluster, prices: Prices = PRICES) -> dict[str, float]:
    return {line.name: line.dpu_seconds for line in estimate(run, workers, prices).lines}


# 800 s on 2 cores are 1,600 core-seconds; 2 of 3 workers work, with 8 cores: 200 s of 3 DPU.
# With G.2X they have 16 cores: 100 s of 6 DPU.
@pytest.mark.parametrize("worker_type", ["G.1X", "G.2X"])
def test_work_is_spread_over_all_cores_but_the_drivers_and_billed_for_all_workers(
    worker_type: str,
) -> None:
    run = recorded(ingest=800.0)
    assert billed(run, cluster(3, worker_type)) == {"ingestion": 600.0}
    found = estimate(run, cluster(3, worker_type), PRICES)
    assert found.money(found.lines) == pytest.approx(0.06)


def test_work_of_sail_counts_as_many_times_as_the_price_table_says() -> None:
    assert billed(recorded("sail", ingest=100.0), cluster(3)) == {"ingestion": 300.0}


# 4 s on 2 cores are 1 s of 3 DPU; billed are 60 s of 3 DPU for each job.
@pytest.mark.parametrize(("jobs", "lacking"), [(1, 177.0), (3, 537.0)])
def test_each_ingestion_job_is_billed_for_its_minimum(jobs: int, lacking: float) -> None:
    found = billed(recorded(ingest=4.0), cluster(3), replace(PRICES, ingest_jobs=jobs))
    assert found == {"ingestion": 3.0, "ingestion, up to the minimum": lacking}


# On 2 workers 4 cores work, so 30 s on 2 cores are 15 s of 2 DPU. Four statements wait 1 s each.
# The nodes took 80 s; the other 20 s of the build were dbt's own. The minimum is 120.
def test_the_session_is_billed_for_models_tests_start_and_polling() -> None:
    assert billed(recorded(build=100.0), cluster(2)) == {
        "silver.orders": 30.0,
        "gold.daily_sales": 10.0,
        "2 tests": 40.0,
        "session: start": 20.0,
        "session: polling": 8.0,
        "session: up to the minimum": 12.0,
    }


# 80 s of nodes in a build of 40 s: two at a time, each with half of the cores. 68 lack 52 to 120.
def test_what_dbt_did_at_the_same_time_is_not_counted_twice_and_the_session_has_a_minimum() -> None:
    found = billed(recorded(build=40.0), cluster(2))
    assert [found["silver.orders"], found["gold.daily_sales"], found["2 tests"]] == [15, 5, 20]
    assert found["session: up to the minimum"] == 52.0
    assert sum(found.values()) == 120.0


def test_a_half_that_did_not_run_costs_nothing() -> None:
    assert estimate(recorded(ingest=1.0), cluster(2), PRICES).session == []
    assert estimate(recorded(build=1.0), cluster(2), PRICES).job == []


def test_storage_requests_and_scans_have_their_prices() -> None:
    assert storage_money(3 * 1024**3, PRICES) == pytest.approx(0.06)
    # 4 files and 2 commits are put, 4 files are got: 6 * 0.000005 + 4 * 0.000001
    assert request_money([ORDERS, SALES], PRICES) == pytest.approx(0.000034)
    assert scan_money(1024**4 / 2, PRICES) == pytest.approx(2.5)


def test_a_small_scan_is_billed_for_ten_megabytes() -> None:
    assert scan_money(1, PRICES) == scan_money(10 * 1024**2, PRICES) == 5 * 10 / 1024**2


def test_a_worker_type_without_a_price_is_reported_with_those_that_have_one() -> None:
    with pytest.raises(LakehouseError, match=r"no worker type 'G\.3X'") as raised:
        cluster(2, "G.3X")
    assert "G.1X, G.2X" in raised.value.next_step


def test_the_price_table_of_the_project_can_be_used_and_says_of_which_day_it_is() -> None:
    prices = read_prices()
    assert isinstance(prices.date, date)
    assert prices.dpu_per_worker["G.2X"] == 2 * prices.dpu_per_worker["G.1X"]


@pytest.mark.parametrize(
    ("line", "instead", "word"),
    [
        ("dpu_hour: 0.44", "", "dpu_hour"),
        ("dpu_hour: 0.44", "dpu_hour: 0,44", "dpu_hour: '0,44' is no number"),
        ("  G.2X: 2", "  G.2X: -2", "G.2X: -2 is no number"),
        ("dpu_hour: 0.44", "dpu_hours: 0.44", "dpu_hours"),
    ],
)
def test_a_price_that_is_missing_or_no_number_is_named(
    tmp_path: Path, line: str, instead: str, word: str
) -> None:
    text = PRICE_TABLE.read_text()
    assert line in text
    table = tmp_path / "prices.yml"
    table.write_text(text.replace(line, instead))
    with pytest.raises(LakehouseError, match=word):
        read_prices(table)


def write(root: Path, table: str, *rows: dict[str, Any]) -> None:
    write_deltalake(root / "ops" / table, pa.Table.from_pylist(list(rows)), mode="append")


def write_end(root: Path, run_id: str, day: int) -> None:
    ended = {"run_id": run_id, "run_number": day, "command": "run", "status": "well"}
    write(root, "runs", ended | {"finished_at": datetime(2025, 4, day, tzinfo=UTC)})


def write_run(root: Path, run_id: str, day: int, engine: str = "spark") -> None:
    write_end(root, run_id, day)
    step = {"run_id": run_id, "step": "build", "seconds": 80.0, "engine": engine, "cores": 2}
    write(root, "run_steps", step)
    sizes = {"rows": 10, "bytes": 2048, "files": 1}
    model = {"run_id": run_id, "model": "gold.daily_sales", "status": "success", "seconds": 80.0}
    write(root, "model_results", model | sizes)


def shown(root: Path, run_id: str | None = None) -> str:
    console = Console(width=160, force_terminal=False)
    with console.capture() as capture:
        cost_page(Settings(str(root), ""), run_id, 2, "G.1X").show(console)
    return " ".join(capture.get().split())


def test_the_newest_run_is_shown_by_model_by_run_and_by_month(tmp_path: Path) -> None:
    write_run(tmp_path, "first", 1)
    write_run(tmp_path, "second", 2)
    text = shown(tmp_path)
    assert "run second, 2025-04-02 00:00, well engine spark on 2 cores glue 2 workers G.1X" in text
    # 80 s on 2 cores are 40 s of 2 DPU on 4 cores: 80 / 3600 * 0.44
    assert "gold.daily_sales 80.0 80.0 0.009778" in text
    # with 2 DPU: start 60 s, polling 3 s
    assert "Glue session (dbt) 206 0.025178" in text
    assert "gold.daily_sales 10 2 KB 1 0.000048" in text


def test_a_run_can_be_named_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    write_run(tmp_path, "a7c1", 1)
    write_run(tmp_path, "a7f2", 2)
    assert "run a7c1," in shown(tmp_path, "a7c")
    with pytest.raises(LakehouseError, match="More than one run 'a7'"):
        shown(tmp_path, "a7")


def test_a_run_on_sail_says_that_its_seconds_are_multiplied(tmp_path: Path) -> None:
    write_run(tmp_path, "run", 1, engine="sail")
    factor = read_prices().spark_over_sail
    text = shown(tmp_path)
    assert f"engine sail on 2 cores: its seconds count {factor:g} times, as Glue runs Spark" in text
    assert f"gold.daily_sales 80.0 {80 * factor:.1f}" in text


def test_an_unknown_run_is_reported_with_the_newest_that_are_known(tmp_path: Path) -> None:
    for day in range(1, 5):
        write_run(tmp_path, f"run-{day}", day)
    with pytest.raises(LakehouseError, match="No run 'run-9'") as raised:
        shown(tmp_path, "run-9")
    assert "The newest are run-4, run-3, run-2." in raised.value.next_step


def test_programs_get_numbers_and_every_name_that_is_documented(tmp_path: Path) -> None:
    write_run(tmp_path, "first", 1)
    found = as_json(cost_page(Settings(str(tmp_path), ""), None, 2, "G.1X"))
    part = next(part for part in found["parts"] if part["part"] == "gold.daily_sales")
    assert part["money"] == pytest.approx(80 / 3600 * 0.44)
    assert set(names_in(found)) == documented("cost")


def test_a_root_whose_runs_recorded_no_seconds_says_what_to_do(tmp_path: Path) -> None:
    write_end(tmp_path, "old", 1)
    with pytest.raises(LakehouseError, match=r"No run on .* has recorded its seconds") as raised:
        shown(tmp_path)
    assert "lakehouse run --root" in raised.value.next_step
