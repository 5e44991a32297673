"""The whole line, raw files to gold, against numbers that do not come from it.

Expected values: the manifest of what was put into the sample, the facts counted on the real
files, and the oracle, which computes silver and gold with DuckDB straight from the CSV.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from rich.console import Console

from ingestion.settings import Settings
from lakehouse.generate import Plan, default_shares, generate
from lakehouse.report.page import render
from lakehouse.report.reading import Lake
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.delta_reader import connect
from orchestration.state.results import EXIT_INCOMPLETE, EXIT_WELL, RunResult
from orchestration.state.versions import data_tables
from tests.compare import assert_equals_oracle, assert_same_values, values_of
from tests.lakehouse.report.seen import Seen
from tests.oracle import Oracle

PROJECT = Path(__file__).parent.parent
REAL = PROJECT.parent / "shared" / "data" / "real"


@dataclass
class Built:
    """A lakehouse that one run has built, and what is known of its raw files."""

    settings: Settings
    result: RunResult

    def rows(self, table: str, columns: list[str], keys: list[str]) -> list[tuple[Any, ...]]:
        query = f"select {', '.join(columns)} from {table} order by {', '.join(keys)}"
        return connect(self.settings).execute(query).fetchall()

    def value(self, query: str) -> Any:
        row = connect(self.settings).execute(query).fetchone()
        assert row is not None
        return row[0] if len(row) == 1 else row

    def run_again(self) -> RunResult:
        return run(self.settings, Display(Console(), quiet=True))


def build(raw: Path, root: Path) -> Built:
    settings = Settings.read(root=str(root), raw=str(raw), environment={})
    display = Display(Console(), quiet=True)
    return Built(settings, run(settings, display))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(PROJECT / "sample", tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PROJECT / "sample" / "manifest.json").read_text())
    return loaded


def test_the_sample_run_ends_well_but_for_the_defects_that_are_in_it(sample: Built) -> None:
    assert sample.result.exit_code == EXIT_INCOMPLETE
    assert [node.name for node in sample.result.results if node.is_bad] == []


def test_the_sample_has_the_bronze_and_silver_rows_of_its_manifest(
    sample: Built, manifest: dict[str, Any]
) -> None:
    for table, totals in manifest["tables"].items():
        found = {
            "bronze": sample.value(f"select count(*) from bronze.{table}"),
            "silver": sample.value(f"select count(*) from silver.{table}"),
            "superseded": sample.value(f"select count(*) from silver.{table}_superseded"),
            "turned_away": sample.value(f"select count(*) from silver.{table}_rejected"),
        }
        assert found == {
            "bronze": totals["bronze"],
            "silver": totals["silver"],
            "superseded": totals["superseded"],
            "turned_away": totals["silver_rejected"] + totals["waiting"],
        }, table


def test_the_sample_files_are_loaded_quarantined_or_duplicates_as_in_the_manifest(
    sample: Built, manifest: dict[str, Any]
) -> None:
    counted = dict(
        connect(sample.settings)
        .execute("select status, count(*) from ops.ingested_files group by status")
        .fetchall()
    )
    expected = {state: count for state, count in manifest["files"].items() if state != "gap"}
    assert counted == expected


def test_every_record_defect_of_the_sample_has_the_reasons_of_its_manifest(
    sample: Built, manifest: dict[str, Any]
) -> None:
    expected = {
        (defect["file"], defect["record_number"]): sorted(defect["reasons"])
        for defect in manifest["defects"]
        if defect["outcome"] == "rejected"
    }
    rejected = sample.rows(
        "ops.rejected_records", ["source_file", "record_number", "reasons"], ["1", "2"]
    )
    found = {(file, number): sorted(reasons) for file, number, reasons in rejected}
    assert {place: found.get(place) for place in expected} == expected


def test_the_missing_files_of_the_sample_are_those_of_the_manifest(
    sample: Built, manifest: dict[str, Any]
) -> None:
    found = sample.rows("ops.missing_files", ["expected_file", "state"], ["expected_file"])
    assert dict(found) == manifest["missing_files"]


def test_the_sample_equals_the_oracle_in_every_value(sample: Built) -> None:
    assert_equals_oracle(sample.settings, PROJECT / "sample")


def test_every_table_can_be_read_by_any_reader_of_delta(sample: Built) -> None:
    for log in Path(sample.settings.root).glob("*/*/_delta_log"):
        assert DeltaTable(log.parent).protocol().min_reader_version == 1, log


def test_no_engine_drops_log_entries_that_a_restore_may_ask_for(sample: Built) -> None:
    for name, folder in data_tables(sample.settings).items():
        properties = DeltaTable(folder).metadata().configuration
        assert properties.get("delta.enableExpiredLogCleanup") == "false", name


def test_runs_and_test_results_have_a_history(sample: Built) -> None:
    run_id = sample.result.run_id
    passed = sum(node.status == "pass" for node in sample.result.results)
    assert sample.value(f"select tests_passed from ops.runs where run_id = '{run_id}'") == passed
    recorded = sample.value(
        f"select count(*) from ops.test_results where run_id = '{run_id}' and status = 'pass'"
    )
    assert recorded == passed


def test_the_report_of_the_sample_says_what_is_in_its_files(sample: Built) -> None:
    oracle = Oracle(PROJECT / "sample")
    shown = Seen(render(Lake(sample.settings)))
    days = oracle.rows("gold.daily_sales", ["total_sales", "order_count"], ["order_date desc"])
    sales, orders = (sum(day[place] or 0 for day in days) for place in (0, 1))
    assert f"Sales {sales:,.0f} currency units Orders {orders} in {len(days)} days" in shown.text
    assert [row[1] for row in shown.tables["Sales by day, newest first"][1:]] == [
        "\N{EN DASH}" if day[0] is None else f"{day[0]:,}" for day in days
    ]
    products = oracle.rows(
        "gold.product_performance", ["product_name", "total_sales"], ["sales_rank", "product_id"]
    )
    assert [(row[1], row[5]) for row in shown.tables["Products, by sales"][1:]] == [
        (name, f"{sales:,}") for name, sales in products[:20]
    ]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Built:
    if not REAL.is_dir():
        pytest.skip("the real files have no licence and are not part of the project")
    return build(REAL, tmp_path_factory.mktemp("real"))


def test_the_real_ten_days_give_the_numbers_that_were_counted_on_the_files(real: Built) -> None:
    assert real.result.exit_code == EXIT_WELL
    total = real.value("select sum(total_sales), sum(order_count) from gold.daily_sales")
    assert total == (Decimal("1291575.78"), 5000)
    spend = real.value("select count(*), sum(total_spend) from gold.customer_insights")
    assert spend == (3818, Decimal("1291575.78"))
    quantity = real.value("select sum(total_quantity) from gold.product_performance")
    assert quantity == 27245


def test_the_real_ten_days_equal_the_oracle_in_every_value(real: Built) -> None:
    assert_equals_oracle(real.settings, REAL)


def test_a_second_run_on_the_real_ten_days_loads_nothing_and_changes_no_value(real: Built) -> None:
    before = values_of(real.settings)
    again = real.run_again()
    assert again.exit_code == EXIT_WELL
    assert again.report is not None
    assert again.report.rows == []
    assert (again.results, again.unchanged_since) == ([], real.result.run_id)
    assert_same_values(before, values_of(real.settings))


def test_generated_days_with_every_defect_equal_the_oracle_in_every_value(tmp_path: Path) -> None:
    plan = Plan(days=12, orders_per_day=150, seed=20, products=150, defects=default_shares())
    generate(tmp_path / "raw", plan)
    built = build(tmp_path / "raw", tmp_path / "root")
    assert_equals_oracle(built.settings, tmp_path / "raw")
