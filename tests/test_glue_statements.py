"""SQL that survives dbt-glue, which writes it between three quotes into Python for Glue to run."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

import pytest

from ingestion.settings import Engine, Settings
from orchestration.pipeline.dbt import invoke_dbt
from orchestration.project import PROJECT_FOLDER

# Glue takes 68,000 characters; dbt-glue's own and the macros' around a statement are few of them.
LONGEST = 60_000


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Model or test to its SQL, as a build of everything sends it."""
    settings = Settings(str(tmp_path_factory.mktemp("root")), "", engine=Engine.SAIL)
    manifest: Any = invoke_dbt(settings, "run", ["parse"])
    selected = ["--select", "resource_type:model", "resource_type:test"]
    invoke_dbt(settings, "run", ["compile", "--full-refresh", *selected], manifest=manifest)
    return {
        node.unique_id: node.compiled_code
        for node in manifest.nodes.values()
        if node.resource_type in ("model", "test")
    }


def test_no_statement_has_what_python_would_take_for_its_own(statements: dict[str, str]) -> None:
    assert len(statements) > 100
    for name, sql in statements.items():
        assert "\\" not in sql, name
        assert "'''" not in sql, name


def test_every_statement_fits_into_a_request_to_glue(statements: dict[str, str]) -> None:
    for name, sql in statements.items():
        assert len(sql) < LONGEST, name


@pytest.mark.parametrize(
    ("workspace", "names"),
    [
        ("run-1a2b3c4d", {"dev_work_silver", "dev_work_gold"}),
        ("my-try", {"dev_work_my_try_silver", "dev_work_my_try_gold"}),
    ],
)
def test_on_glue_what_is_built_has_databases_of_the_workspace(
    workspace: str, names: set[str]
) -> None:
    settings = Settings("s3://bucket", "", database_prefix="dev_", workspace=workspace)
    manifest: Any = invoke_dbt(settings, "run", ["parse"], target="dev")
    tables = [node for node in manifest.nodes.values() if node.resource_type in ("model", "seed")]
    assert {node.schema for node in tables} == names
    assert names == {settings.database("silver"), settings.database("gold")}
    assert {source.schema for source in manifest.sources.values()} == {"dev_bronze", "dev_ops"}


def test_seeds_have_no_double_quotes_and_no_backslashes() -> None:
    seeds = sorted((PROJECT_FOLDER / "seeds").glob("*.csv"))
    assert seeds
    for seed in seeds:
        with seed.open(newline="") as rows:
            assert not set('"\\') & set("".join(itertools.chain(*csv.reader(rows)))), seed


def test_every_question_of_a_macro_makes_sure_that_it_was_answered() -> None:
    asking = {
        path.name
        for folder in ("macros", "models", "tests/dbt")
        for path in (PROJECT_FOLDER / folder).rglob("*.sql")
        if "run_query(" in path.read_text()
    }
    assert asking == {"run_query_checked.sql"}


@pytest.mark.parametrize(("is_answered", "status"), [(True, "success"), (False, "error")])
def test_a_statement_without_an_answer_is_not_taken_for_one_that_finds_nothing(
    project: Path, tmp_path: Path, is_answered: bool, status: str
) -> None:
    # What dbt-glue gives for a statement that ran out of time is what dbt has for one of which no
    # result was asked for.
    (project / "macros" / "run_query.sql").write_text(
        "{% macro run_query(sql) %}"
        f"{{% call statement('question', fetch_result={is_answered}) %}}"
        "{{ sql }}{% endcall %}"
        "{{ return(load_result('question').table) }}"
        "{% endmacro %}"
    )
    settings = Settings(str(tmp_path / "root"), "", engine=Engine.SAIL)
    question = "{sql: select 1 as number where false}"
    outcome: Any = invoke_dbt(
        settings, "run", ["run-operation", "run_query_checked", "--args", question]
    )
    (result,) = outcome.results
    assert result.status == status
