"""What a build publishes, on a project of two tables: fruits, and juices made of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from deltalake import DeltaTable
from rich.console import Console

import orchestration.project
from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.pipeline.build import build_models
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.published import last_publication
from orchestration.state.results import EXIT_FAILED, EXIT_WELL, NodeResult, RunResult
from orchestration.state.workspaces import list_workspaces, name_of_run
from tests.lake import WITHOUT_TESTS, Lakehouse, plain_dbt
from tests.projects import copy_project, write_files

FRUITS, JUICES = "models/silver/fruits.sql", "models/gold/juices.sql"
FILES = {
    # Who owns the tables, and where tests keep the rows that they find.
    "models/project.yml": """
        groups:
          - {name: data_engineering, owner: {name: engineers}}
          - {name: analytics, owner: {name: analysts}}
        sources: [{name: ops, tables: [{name: test_failures}]}]
    """,
    FRUITS: "select 1 as fruit_id",
    JUICES: """
        {{ config(contract={'enforced': false}) }}
        select fruit_id as juice_id from {{ ref('fruits') }}
    """,
    "tests/dbt/assert_fruits.sql": "select * from {{ ref('fruits') }} where fruit_id > 8",
    "tests/dbt/assert_juices.sql": "select * from {{ ref('juices') }} where juice_id > 8",
    "tests/dbt/assert_warned.sql": """
        {{ config(severity='warn') }}
        select * from {{ ref('juices') }}
    """,
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of these files."""
    folder = copy_project(tmp_path / "project")
    for name in ("models", "seeds", "tests"):
        shutil.rmtree(folder / name)
    write_files(folder, FILES)
    monkeypatch.setattr(orchestration.project, "PROJECT_FOLDER", folder)
    return folder


@pytest.fixture
def shop(lakehouse: Lakehouse, project: Path, only_tested_builds_are_published: None) -> Lakehouse:
    """A lakehouse of that project with nothing built yet."""
    return lakehouse


def build(lakehouse: Lakehouse, *arguments: str) -> RunResult:
    quiet = Display(Console(), quiet=True)
    return run(lakehouse.settings, quiet, with_ingest=False, build_arguments=arguments)


def fruits(lakehouse: Lakehouse) -> list[int]:
    return [number for (number,) in lakehouse.query("select fruit_id from silver.fruits")]


def juices(lakehouse: Lakehouse) -> list[int]:
    return [number for (number,) in lakehouse.query("select juice_id from gold.juices")]


def test_what_has_passed_its_tests_is_published_and_leaves_no_workspace(shop: Lakehouse) -> None:
    done = build(shop)
    assert done.exit_code == EXIT_WELL, [node.message for node in done.results]
    assert (done.published, done.workspace) == (["silver.fruits", "gold.juices"], None)
    assert (fruits(shop), juices(shop)) == ([1], [1])
    assert list_workspaces(shop.settings) == []


def test_a_failing_test_keeps_back_all_tables_of_its_build(shop: Lakehouse, project: Path) -> None:
    build(shop)
    before = last_publication(shop.settings)
    (project / FRUITS).write_text("select 9 as fruit_id")
    failed = build(shop)
    assert failed.exit_code == EXIT_FAILED
    assert failed.published == []
    assert (fruits(shop), juices(shop)) == ([1], [1])
    assert last_publication(shop.settings) == before
    assert fruits(shop.under(workspace=failed.workspace)) == [9]


def test_the_next_good_build_publishes_and_drops_what_the_failed_one_has_left(
    shop: Lakehouse, project: Path
) -> None:
    (project / FRUITS).write_text("select 9 as fruit_id")
    failed = build(shop)
    assert [one.name for one in list_workspaces(shop.settings)] == [failed.workspace]
    (project / FRUITS).write_text("select 2 as fruit_id")
    plain_dbt(shop.settings, "run")
    build(shop)
    assert (fruits(shop), juices(shop)) == ([2], [2])
    assert [one.name for one in list_workspaces(shop.settings)] == ["dev"]


def test_a_build_without_tests_is_kept_back_and_names_the_tests_that_it_lacks(
    shop: Lakehouse,
) -> None:
    done = build(shop, *WITHOUT_TESTS)
    assert done.exit_code == EXIT_WELL, [node.message for node in done.results]
    assert done.untested == ["assert_fruits", "assert_juices", "assert_warned"]
    assert not Path(shop.settings.location("silver", "fruits")).exists()
    assert juices(shop.under(workspace=done.workspace)) == [1]


def test_a_selection_is_published_if_every_test_that_it_reaches_has_run(
    shop: Lakehouse, project: Path
) -> None:
    build(shop)
    (project / FRUITS).write_text("select 2 as fruit_id")
    assert build(shop, "--select", "fruits").published == ["silver.fruits"]
    assert (fruits(shop), juices(shop)) == ([2], [1])


def test_a_test_that_was_excluded_keeps_back_what_it_reads(shop: Lakehouse) -> None:
    done = build(shop, "--exclude", "assert_juices")
    assert done.untested == ["assert_juices"]
    assert done.published == []


def test_a_trial_without_rows_is_kept_back_though_its_tests_have_passed(shop: Lakehouse) -> None:
    done = build(shop, "--empty")
    assert (done.exit_code, done.published) == (EXIT_WELL, [])
    assert done.workspace is not None


def test_what_is_not_known_to_be_written_is_kept_back(shop: Lakehouse) -> None:
    """As on Glue, where dbt can call a success what has written nothing."""
    places = []

    def verify(written: Settings, result: RunResult) -> list[NodeResult]:
        places.append(written.location("silver", "fruits"))
        return [replace(node, status="error") for node in result.results]

    for _ in range(2):  # a redriven execution may have the same name
        result = RunResult("e-1")
        build_models(shop.settings, Display(Console(), quiet=True), result, (), verify=verify)
        assert (result.exit_code, result.published, result.builds) == (EXIT_FAILED, [], [])
    assert set(places) == {f"{shop.settings.root}/.work/{name_of_run('e-1')}/silver/fruits"}
    assert DeltaTable(places[0]).count() == 1


def test_a_build_whose_sql_can_not_be_parsed_leaves_what_is_published(
    shop: Lakehouse, project: Path
) -> None:
    build(shop)
    (project / JUICES).write_text("select * from {{ ref('no_such_model') }}")
    with pytest.raises(LakehouseError, match="no_such_model"):
        build(shop)
    assert juices(shop) == [1]
