"""The run does what `lakehouse plan` says, and `lakehouse diff` shows what it has moved."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from ingestion.settings import Settings
from lakehouse.diff.page import diff_page
from lakehouse.plan.page import plan_page
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.pipeline.workspace_runs import build_in_workspace
from orchestration.state.delta_reader import connect
from orchestration.state.past_runs import past_runs
from orchestration.state.results import RunResult
from tests.lakehouse.diff.lakes import LINEAGE
from tests.lakehouse.json_pages import as_json
from tests.lakehouse.plan.lakes import NOW

CORRECTED = "orders/2025-04-02.csv"
LIMIT = Decimal("250.00")


@dataclass
class Story:
    """A built root whose raw folder has changed, what was planned, and the run that followed."""

    settings: Settings
    lost: tuple[int, Decimal]
    planned: Any
    result: RunResult

    def diff(self, workspace: str | None = None, from_run: str | None = None) -> Any:
        return as_json(diff_page(self.settings, workspace, from_run, None, lambda: LINEAGE))


@pytest.fixture(scope="module")
def story(sample: Settings, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The last order of a file is taken out of it, and a run follows."""
    folder = tmp_path_factory.mktemp("story")
    shutil.copytree(sample.root, folder / "lake")
    shutil.copytree(sample.raw, folder / "raw")
    settings = replace(sample, root=str(folder / "lake"), raw=str(folder / "raw"))
    file = folder / "raw" / CORRECTED
    header, *lines = file.read_text().splitlines(keepends=True)
    names = header.strip().split(",")
    last = dict(zip(names, lines[-1].strip().split(","), strict=True))
    file.write_text("".join([header, *lines[:-1]]))
    planned = as_json(plan_page(settings, NOW))
    result = run(settings, Display(Console(), quiet=True))
    return Story(settings, (int(last["order_id"]), Decimal(last["total_amount"])), planned, result)


def test_the_run_does_what_was_planned(story: Story) -> None:
    planned, result = story.planned, story.result
    assert result.report is not None
    loaded = [row["source_file"] for row in planned["files"] if row["action"] == "load"]
    assert loaded == [row.source_file for row in result.report.loaded] == [CORRECTED]
    assert planned["build"]["extent"] == "some days"
    assert result.affected_days is not None
    days = {row["table_name"]: set(row["days"]) for row in planned["days"]}
    assert days["orders"] == {str(day) for day in result.affected_days["orders"]}
    # Its lines refer to the order, which is known only when the file is read.
    assert days["order_items"] <= {str(day) for day in result.affected_days["order_items"]}
    models = {node.table for node in result.results if node.kind == "model"}
    assert {row["table"] for row in planned["tables"]} == models


def test_the_diff_of_two_runs_is_the_row_that_was_taken_out(story: Story) -> None:
    order, amount = story.lost
    *_, first = [one.run_id for one in past_runs(story.settings)]
    found = story.diff(from_run=first)
    (row,) = [row for row in found["rows"] if row["table"] == "silver.orders"]
    assert (row["what"], row["row"]) == ("removed", {"order_id": order})
    tables = {row["table"]: row for row in found["tables"]}
    removed = tables["silver.orders"]
    assert (removed["added"], removed["removed"], removed["changed"]) == (0, 1, 0)
    assert (removed["partitions"], removed["differing_partitions"]) == (7, 1)
    for table, column in (
        ("silver.orders", "total_amount"),
        ("silver.order_days", "total_sales"),
        ("gold.daily_sales", "total_sales"),
    ):
        (movement,) = [
            one["difference"]
            for one in found["columns"]
            if (one["table"], one["column"]) == (table, column)
        ]
        assert Decimal(str(movement)) == -amount, table
    assert "silver.products" in found["equal"]
    assert {one["name"] for one in found["exposures"]} == {"athena_query_pack", "report"}


@pytest.mark.usefixtures("only_tested_builds_are_published")
def test_the_diff_of_another_limit_is_the_orders_above_it(story: Story) -> None:
    orders = f"from silver.orders where total_amount > {LIMIT}"
    query = f"select count(*), sum(total_amount) {orders}"
    ((count, amount),) = connect(story.settings, ["silver"]).execute(query).fetchall()
    assert count
    arguments = ["--select", "orders", "--vars", f"{{max_order_amount: {LIMIT}}}"]
    arguments += ["--exclude-resource-type", "test"]
    display = Display(Console(), quiet=True)
    build_in_workspace(story.settings, display, "limit", arguments)
    found = story.diff("limit")
    (table,) = found["tables"]
    assert (table["table"], table["removed"], table["added"]) == ("silver.orders", count, 0)
    (sums,) = [one for one in found["columns"] if one["column"] == "total_amount"]
    assert Decimal(str(sums["difference"])) == -amount
