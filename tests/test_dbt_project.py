"""dbt as analysts and CI use it: plain commands, unit tests, a broken model."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from ingestion.errors import LakehouseError
from ingestion.ingest import ingest
from ingestion.ledger import Batch
from ingestion.session import get_session
from ingestion.settings import Settings
from orchestration.pipeline.dbt_settings import DEFAULT_WORKSPACE
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.pipeline.summary import print_summary
from orchestration.state.delta_reader import connect
from orchestration.state.versions import current_versions
from tests.lake import STARTED_AT, WITHOUT_TESTS, plain_dbt

PROJECT = Path(__file__).parent.parent
DBT = Path(sys.executable).with_name("dbt")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A root with bronze of the sample, and silver and gold built."""
    root = tmp_path_factory.mktemp("dbt")
    settings = Settings.read(root=str(root), raw=str(PROJECT / "sample"), environment={})
    run(settings, Display(Console(), quiet=True), build_arguments=WITHOUT_TESTS)
    return settings


def dbt_command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A dbt command in a process of its own, as typed in a shell with .venv active."""
    target = str(Path(settings.root) / "target")
    return subprocess.run(
        [DBT, *arguments, "--profiles-dir", "profiles", "--target-path", target],
        cwd=PROJECT,
        env={**os.environ, "LAKEHOUSE_ROOT": settings.root},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_unit_test_of_the_models_passes(built: Settings) -> None:
    results = plain_dbt(built, "test", "--select", "test_type:unit")
    assert len(results) > 20
    assert [f"{node.name}: {node.message}" for node in results if node.status != "pass"] == []


@pytest.mark.parametrize(
    ("target", "engine"),
    [
        ("sail", "sail-delta"),
        pytest.param("local", "Apache-Spark", marks=pytest.mark.spark),
    ],
)
def test_a_dbt_command_builds_in_a_workspace_on_the_engine_of_its_target(
    built: Settings, target: str, engine: str
) -> None:
    before = current_versions(built)
    selected = ("segment_rules", "daily_sales,test_type:generic")
    done = dbt_command(built, "build", "-s", *selected, "--target", target)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "ERROR=0" in done.stdout
    assert "unique_daily_sales_order_date" in done.stdout
    workspace = replace(built, workspace=DEFAULT_WORKSPACE)
    log = Path(workspace.location("gold", "segment_rules")) / "_delta_log"
    assert engine in max(log.glob("*.json")).read_text()
    assert current_versions(built) == before


def test_dbt_docs_know_every_table(built: Settings) -> None:
    done = dbt_command(built, "docs", "generate")
    assert done.returncode == 0, done.stdout[-2000:]
    catalog = (Path(built.root) / "target" / "catalog.json").read_text()
    for table in ("order_items", "daily_sales", "customer_insights"):
        assert f"ecommerce_lakehouse.{table}" in catalog


def test_a_model_with_a_sql_error_is_named_with_its_file_and_the_message_of_the_engine(
    built: Settings, project: Path
) -> None:
    model = project / "models" / "gold" / "daily_sales.sql"
    model.write_text(model.read_text().replace("calendar.date as", "calendar.dtae as"))
    (failed,) = plain_dbt(built, "run", "--select", "daily_sales")
    assert failed.is_bad
    assert (failed.table, failed.file) == ("gold.daily_sales", "models/gold/daily_sales.sql")
    assert "dtae" in failed.message
    assert "JVM stacktrace" not in failed.message
    assert "dtae" in (built.log_folder / "dbt" / "dbt.log").read_text()
    assert len(failed.message.splitlines()) < 10


def test_a_model_that_can_not_be_parsed_is_reported_in_two_sentences_and_recorded(
    built: Settings, project: Path
) -> None:
    model = project / "models" / "gold" / "daily_sales.sql"
    model.write_text("select * from {{ ref('no_such_model') }}")
    with pytest.raises(LakehouseError, match="no_such_model"):
        run(
            built,
            Display(Console(), quiet=True),
            with_ingest=False,
            build_arguments=["--select", "daily_sales"],
        )
    query = "select status, models_built from ops.runs order by run_number desc limit 1"
    assert connect(built).execute(query).fetchall() == [("failed", 0)]


def test_a_build_that_leaves_nothing_to_build_fails(built: Settings) -> None:
    arguments = ["--select", "orders", "--exclude", "orders"]
    with pytest.raises(LakehouseError, match="Nothing is left to build with --select orders"):
        run(built, Display(Console(), quiet=True), with_ingest=False, build_arguments=arguments)


def test_failing_rows_of_a_test_are_kept_with_the_run_that_found_them(
    built: Settings, project: Path
) -> None:
    failing = project / "tests" / "dbt" / "assert_nothing_is_sold.sql"
    failing.write_text("select order_id from {{ ref('orders') }} where order_id = 10000")
    (failed,) = plain_dbt(built, "test", "--select", "assert_nothing_is_sold", run_id="run-7")
    assert (failed.status, failed.failures) == ("fail", 1)
    rows = (
        get_session(built).sql("select * from ops.test_failures where run_id = 'run-7'").collect()
    )
    assert [(row.test_name, row.failing_row) for row in rows] == [
        ("assert_nothing_is_sold", '{"order_id":10000}')
    ]


LIMITS = ("recency_min", "recency_max", "frequency_min", "frequency_max", "fm_min", "fm_max")
RULES = f"""rule_order,customer_segment,{",".join(LIMITS)}
10,best,4,5,1,5,4,5
20,good,3,5,1,5,1,5
"""
REST = "90,rest,1,5,1,5,1,5\n"


@pytest.mark.parametrize(
    ("seed", "rows", "expected"),
    [
        (
            "segment_rules",
            RULES + "30,rest,1,2,1,5,2,5\n",
            [
                "assert_segment_rules_cover_every_score",
                "recency score 1, frequency score 1, monetary score 1, nearest rule order 30",
            ],
        ),
        (
            "segment_rules",
            RULES + "20,Again,2,2,1,5,1,5\n30,never,4,5,1,6,1,5\n40,none,2,1,1,5,1,5\n" + REST,
            [
                "unique field 20, n records 2",
                "rule order 30, customer segment never",
                "broken rules limits are scores from 1 to 5, rule order 30",
                "broken rules a segment is named in lower case, digits and underscores, as it names"
                " a folder, rule order 20",
                "broken rules no lower limit is above the upper one and none stands for no segment,"
                " rule order 40",
            ],
        ),
        (
            "segment_rules",
            RULES + "30,rest,1,five,1,5,1,5\n",
            ["seeds/segment_rules.csv, row 3 (line 4): recency_max is 'five'"],
        ),
        (
            "department_aliases",
            "alias,department\nbooks,Books\nbooks,Toys\nToys,Toys\n",
            [
                "unique field books, n records 2",
                "broken rules alias is in lower case and trimmed, alias Toys",
            ],
        ),
    ],
)
def test_a_build_with_a_broken_seed_names_the_row(
    built: Settings, project: Path, seed: str, rows: str, expected: list[str]
) -> None:
    (project / "seeds" / f"{seed}.csv").write_text(rows)
    shown = io.StringIO()
    try:
        result = run(
            built,
            Display(Console(), quiet=True),
            with_ingest=False,
            build_arguments=["--select", seed],
        )
    except LakehouseError as error:
        shown.write(error.problem)
    else:
        print_summary(Console(file=shown, width=200), built, result)
    for words in expected:
        assert words in shown.getvalue()


def test_a_partial_build_whose_parents_were_never_built_names_them_and_the_way_out(
    tmp_path: Path,
) -> None:
    settings = Settings.read(root=str(tmp_path), raw=str(PROJECT / "sample"), environment={})
    ingest(get_session(settings), settings, Batch("batch", STARTED_AT))
    (failed,) = plain_dbt(settings, "run", "--select", "order_items")
    assert "It reads silver.orders, silver.products: not there" in failed.message
    assert failed.message.endswith("Build it with all that it reads: --select +order_items")
    assert "bronze" not in failed.message
