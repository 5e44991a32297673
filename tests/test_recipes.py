"""Follows docs/recipes.md line by line in a copy of the project, then loads and builds it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.settings import Settings
from orchestration.project import PROJECT_FOLDER
from orchestration.state.delta_reader import connect

PAGE = PROJECT_FOLDER / "docs" / "recipes.md"
MADE = (".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "warehouse", "target", "logs")
BLOCK = re.compile(r"^ *```(?P<kind>sh|diff)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)

PRODUCTS = ("product_id,department_id,department,product_name", "51,1,Books,Atlas")
ORDERS = (
    "order_num,order_id,user_id,order_timestamp,total_amount,date",
    "1,10,7,2025-04-06 12:00:00,20.00,2025-04-06",
    "2,11,8,2025-04-06 13:00:00,10.01,2025-04-06",
)
ORDER_ITEMS = (
    "id,order_id,user_id,days_since_prior_order,product_id,add_to_cart_order,reordered,"
    "order_timestamp,date",
    "100,10,7,,51,1,0,2025-04-06 12:00:00,2025-04-06",
    "101,11,8,,51,1,0,2025-04-06 13:00:00,2025-04-06",
)
RETURNS = "return_id,order_id,user_id,refund_amount,return_reason,date"
FIRST_RETURNS = (
    RETURNS,
    "1,10,7,5.00,broken,2025-04-08",
    "2,10,7,0.00,,2025-04-08",
    "3,99,9,4.00,late,2025-04-08",
    "four,10,7,1.00,,2025-04-08",
)
CORRECTED_RETURNS = (RETURNS, "1,10,7,6.00,very broken,2025-04-08")


class Copy:
    """A copy of the project, whose own code runs in it, and a root that it builds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(PROJECT_FOLDER, folder, ignore=shutil.ignore_patterns(*MADE))
        (folder / ".venv").symlink_to(sys.prefix)
        self.settings = Settings(str(folder / "warehouse"), str(folder / "raw"))

    def run(self, *command: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run a command of the environment in the copy, as its user would."""
        plugin = self.folder / "orchestration" / "pipeline" / "dbt_plugin"
        places = {
            "PYTHONPATH": f"{self.folder}:{plugin}",
            "DBT_PROFILES_DIR": "profiles",
            "LAKEHOUSE_ROOT": self.settings.root,
            "LAKEHOUSE_RAW": self.settings.raw,
            "LAKEHOUSE_REJECT_LIMIT": "1",
            "COLUMNS": "200",
        }
        done = subprocess.run(
            [f"{sys.prefix}/bin/{command[0]}", *command[1:]],
            cwd=self.folder,
            env={**os.environ, **places},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in codes, done.stdout + done.stderr
        return done.stdout

    def change(self, diff: str) -> None:
        """Apply a diff block to each file that it names; it must fit in exactly one place."""
        lines = diff.splitlines()
        names = [line.removeprefix("--- ") for line in lines if line.startswith("--- ")]
        body = lines[len(names) :]
        old, new = (
            "\n".join(["", *(line[1:] for line in body if line[:1] != other), ""])
            for other in ("+", "-")
        )
        for name in names:
            text = (self.folder / name).read_text()
            assert text.count(old) == 1, f"{name} has this in {text.count(old)} places:{old}"
            (self.folder / name).write_text(text.replace(old, new))

    def write(self, name: str, lines: tuple[str, ...]) -> None:
        path = self.folder / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))

    def query(self, sql: str) -> list[tuple[object, ...]]:
        return connect(self.settings).execute(sql).fetchall()


def blocks() -> Iterator[tuple[str, str]]:
    for found in BLOCK.finditer(PAGE.read_text()):
        yield found["kind"], textwrap.dedent(found["text"])


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The project after all recipes, built from raw files of all tables."""
    copy = Copy(tmp_path_factory.mktemp("recipes") / "project")
    for kind, text in blocks():
        if kind == "diff":
            copy.change(text)
        else:
            copy.run(*text.split())
    copy.write("products/products.csv", PRODUCTS)
    copy.write("orders/2025-04-06.csv", ORDERS)
    copy.write("order_items/2025-04-06.csv", ORDER_ITEMS)
    copy.write("returns/2025-04-08.csv", FIRST_RETURNS)
    copy.write("returns/2025-04-09.csv", CORRECTED_RETURNS)
    copy.run("lakehouse", "run")
    return copy


def test_each_row_of_the_new_table_is_where_it_belongs(followed: Copy) -> None:
    assert followed.query(
        "select return_id, refund_amount::text, source_file from silver.returns"
    ) == [(1, "6.00", "returns/2025-04-09.csv")]
    assert followed.query(
        "select return_id, refund_amount::text from silver.returns_superseded"
    ) == [(1, "5.00")]
    assert followed.query(
        "select return_id, reasons, is_waiting from silver.returns_rejected order by return_id"
    ) == [(2, ["not_positive:refund_amount"], False), (3, ["unknown_order"], True)]
    assert followed.query("select table_name, reasons from ops.rejected_records") == [
        ("returns", ["type:return_id"])
    ]


def test_the_new_table_is_in_the_row_accounting_and_its_tests_ran(followed: Copy) -> None:
    assert followed.query(
        "select records_read, records_loaded, records_rejected, bronze_rows, silver_rows,"
        " superseded_rows, rejected_rows, waiting_rows"
        " from ops.row_accounting where table_name = 'returns'"
    ) == [(5, 4, 1, 4, 1, 1, 1, 1)]
    results = followed.query(
        "select distinct status from ops.test_results where tested like '%returns%'"
    )
    assert results == [("pass",)]


def test_the_new_table_appears_in_status_and_trace_and_lineage(followed: Copy) -> None:
    status = " ".join(followed.run("lakehouse", "status").split())
    assert "returns 5 1 0 4 4 1 1 1 1 yes" in status
    assert "returns not_positive:refund_amount 1 returns/2025-04-08.csv record 2" in status
    traced = " ".join(followed.run("lakehouse", "trace", "returns", "1").split())
    assert "superseded by a newer version" in traced
    assert "return_reason very broken" in traced
    assert "waits for its parent" in followed.run("lakehouse", "trace", "returns", "3")
    lineage = followed.run("lakehouse", "lineage", "silver.returns.return_reason")
    assert "returns.csv.return_reason" in lineage


def test_the_new_gold_table_sums_up_each_week(followed: Copy) -> None:
    assert followed.query(
        "select week_start::text, total_sales::text, avg_order_value::text, order_count"
        " from gold.weekly_sales"
    ) == [("2025-03-31", "30.01", "15.01", 2)]


def test_the_unit_tests_that_the_recipes_write_pass(followed: Copy) -> None:
    names = ("returns_checked", "returns", "returns_rejected", "returns_superseded", "weekly_sales")
    selected = [f"{name},test_type:unit" for name in names]
    shown = followed.run("dbt", "test", "--select", *selected)
    assert f"PASS={len(names)} " in shown


def test_what_the_recipes_write_keeps_the_conventions(followed: Copy) -> None:
    followed.run(
        "pytest",
        "tests/test_conventions.py",
        "--deselect",
        "tests/test_conventions.py::test_the_project_parses_for_every_target",
    )
    written = followed.folder.glob("models/silver/returns*.sql")
    names = [str(path.relative_to(followed.folder)) for path in written]
    assert len(names) == 4
    followed.run("sqlfluff", "lint", *names, "models/gold/weekly_sales.sql")
