"""The lineage of this very project, against what its columns are by design."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from ingestion.tables import TABLES
from lakehouse.lineage.graph import Lineage, ends, reached
from lakehouse.lineage.known import compiled_lineage
from lakehouse.lineage.project import lineage_of
from orchestration.pipeline import dbt

AUDIT = {"last_updated_timestamp", "_run_id"}
ARRIVED = {"csv", "bronze", "seed", "ops"}
# Columns whose values are written in the SQL itself: names, and cells of a calendar.
CONSTANTS = {
    "gold.cohort_retention.period_type",
    "gold.daily_sales.files_expected",
    "gold.data_reconciliation.left_relation",
    "gold.data_reconciliation.measure",
    "gold.data_reconciliation.right_relation",
    "gold.department_analytics.period_type",
    "gold.order_time_patterns.day_of_week",
    "gold.order_time_patterns.hour",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.read(root=str(tmp_path_factory.mktemp("lineage")))


@pytest.fixture(scope="module")
def lineage(settings: Settings) -> Lineage:
    return compiled_lineage(dbt.compiled_project(settings, "run"))


def way(lineage: Lineage, name: str) -> list[str]:
    """The column and what it comes from, where each has one input."""
    found = [name]
    while inputs := lineage.column(found[-1]).inputs:
        (only,) = inputs
        found.append(only)
    return found


def test_sales_of_a_day_come_from_the_totals_of_the_orders_files(lineage: Lineage) -> None:
    assert set(lineage.column("gold.daily_sales.total_sales").inputs) == {
        "silver.order_days.total_sales",
        "silver.calendar.orders_complete",  # whether no orders are 0 orders
    }
    assert way(lineage, "silver.order_days.total_sales") == [
        "silver.order_days.total_sales",
        "silver.orders.total_amount",
        "silver.orders_checked.total_amount",
        "bronze.orders.total_amount",
        "orders.csv.total_amount",
    ]


@pytest.mark.parametrize(
    ("column", "origins"),
    [
        ("gold.daily_sales.order_date", {"orders.csv.date", "ops.ingested_files.file_date"}),
        ("gold.daily_sales.order_count", {"orders.csv.*", "ops.ingested_files.table_name"}),
        (
            "gold.daily_sales.unique_customers",
            {"orders.csv.user_id", "ops.ingested_files.table_name"},
        ),
        ("gold.daily_sales._run_id", {"gold.daily_sales._run_id"}),
        ("gold.customer_insights.total_spend", {"orders.csv.total_amount"}),
        ("gold.product_performance.product_name", {"products.csv.product_name"}),
        (
            "gold.product_performance.department",
            {"products.csv.department", "silver.department_aliases.department"},
        ),
        ("silver.orders.hour_of_day", {"orders.csv.order_timestamp"}),
        ("silver.orders.source_file", {"bronze.orders.source_file"}),
        (
            "silver.products_rejected.reasons",
            {"products.csv.product_id", "products.csv.department", "products.csv.product_name"},
        ),
        ("silver.row_accounting.records_read", {"ops.ingested_files.records_read"}),
    ],
)
def test_a_column_begins_where_it_should(lineage: Lineage, column: str, origins: set[str]) -> None:
    assert set(ends(column, lineage.inputs())) == origins


def test_sales_of_a_product_begin_at_the_totals_and_at_what_shares_them_out(
    lineage: Lineage,
) -> None:
    origins = ends("gold.product_performance.total_sales", lineage.inputs())
    assert "orders.csv.total_amount" in origins
    assert {origin for origin in origins if not origin.startswith("order")} == set()


def test_every_model_has_its_columns_with_the_descriptions_of_dbt(
    lineage: Lineage, settings: Settings
) -> None:
    manifest = dbt.invoke_dbt(settings, "run", ["parse"])
    for node in manifest.nodes.values():
        if node.resource_type == "model":
            columns = lineage.tables[f"{node.config.schema}.{node.name}"].columns
            assert set(columns) - {"*"} == set(node.columns), node.name
            for name, column in node.columns.items():
                assert columns[name].description == column.description


def test_every_column_of_gold_begins_at_something_that_arrived_or_is_edited_or_is_declared(
    lineage: Lineage,
) -> None:
    inputs = lineage.inputs()
    gold = [name for name in inputs if lineage.layer(name) == "gold"]
    alone = {
        name
        for name in gold
        if not {lineage.layer(begin) for begin in ends(name, inputs)} & ARRIVED
        and name.rpartition(".")[2] not in AUDIT
    }
    assert alone == CONSTANTS


def test_no_way_is_lost_on_its_way(lineage: Lineage) -> None:
    for name, column in lineage.columns():
        if lineage.layer(name) not in ARRIVED and not column.inputs:
            assert column.steps, f"{name} comes from nothing and is no constant"


def test_every_column_of_the_raw_files_and_nothing_else_is_read_into_bronze(
    lineage: Lineage,
) -> None:
    for name, table in TABLES.items():
        columns = lineage.tables[f"bronze.{name}"].columns
        read = {column: content.inputs for column, content in columns.items() if content.inputs}
        assert read == {column: (f"{name}.csv.{column}",) for column in (*table.column_names, "*")}


def test_the_way_down_is_the_way_up_turned_round(lineage: Lineage) -> None:
    uses = lineage.uses()
    made = reached("orders.csv.total_amount", uses)
    assert "gold.daily_sales.total_sales" in made
    assert "gold.customer_insights.total_spend" in made
    assert "gold.customer_insights.total_orders" not in made
    for name, inputs in lineage.inputs().items():
        for read in inputs:
            assert name in uses[read]


def test_exposures_are_named_at_the_tables_that_they_read(lineage: Lineage) -> None:
    assert set(lineage.tables["gold.daily_sales"].used_by) == {"Athena query pack", "Report"}
    assert lineage.tables["silver.orders"].used_by == ()


def test_a_lineage_survives_its_way_through_json(lineage: Lineage) -> None:
    assert Lineage.from_json(lineage.to_json()) == lineage


def test_a_model_that_can_not_be_traced_is_named_with_what_to_do(settings: Settings) -> None:
    manifest = dbt.compiled_project(replace(settings), "run").writable_manifest().to_dict()
    node = manifest["nodes"]["model.ecommerce_lakehouse.order_days"]
    node["compiled_code"] = "select no_such_column from silver.orders"
    with pytest.raises(
        LakehouseError, match=r"models/intermediate/order_days\.sql.*no_such_column"
    ):
        lineage_of(manifest)
