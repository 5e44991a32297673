from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ingestion.ops_tables import CREATED_AT_START
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.aws.catalog.described import described_project, described_tables


def manifest_of(schema: str, description: str, comment: str) -> Any:
    column = SimpleNamespace(name="order_id", description=comment)
    node = SimpleNamespace(
        resource_type="model",
        schema=schema,
        identifier="orders",
        description=description,
        columns={"order_id": column},
    )
    return SimpleNamespace(nodes={"model.x.orders": node}, sources={})


@pytest.mark.parametrize("schema", ["dev_silver", "dev_work_silver", "dev_work_my_try_silver"])
def test_neither_the_prefix_of_the_target_nor_a_workspace_is_part_of_the_layer(
    schema: str,
) -> None:
    words = described_tables(manifest_of(schema, "One row per order.", "Id."), "dev_")
    assert list(words) == [("silver", "orders")]


def test_a_comment_is_one_line() -> None:
    words = described_tables(manifest_of("silver", "One row\nper order.\n", "First\n\nsecond "), "")
    assert words["silver", "orders"].comments == {"order_id": "First second"}
    assert words["silver", "orders"].description == "One row\nper order."


def test_words_that_are_longer_than_the_catalog_takes_are_shortened() -> None:
    words = described_tables(manifest_of("silver", "d" * 2049, "c" * 256), "")["silver", "orders"]
    assert words.description == "d" * 2045 + "..."
    assert words.comments["order_id"] == "c" * 252 + "..."
    whole = described_tables(manifest_of("silver", "d" * 2048, "c" * 255), "")["silver", "orders"]
    assert (len(whole.description), len(whole.comments["order_id"])) == (2048, 255)
    assert not whole.description.endswith("...")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root: Path = tmp_path_factory.mktemp("described")
    return described_project(Settings.read(root=str(root), environment={}))


def test_the_project_describes_the_tables_of_every_layer(project: Any) -> None:
    bronze = {("bronze", name) for name in TABLES}
    ops = {("ops", name) for name in CREATED_AT_START}
    assert bronze | ops | {("silver", "orders"), ("gold", "daily_sales")} <= set(project)
    assert ("silver", "department_aliases") in project
    assert project["bronze", "orders"].comments["source_file"]
    assert project["gold", "daily_sales"].description.startswith("One row per ")
