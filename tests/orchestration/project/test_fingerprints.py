"""Which edits change a fingerprint, on a project of two models, a seed, macros and a source."""

from __future__ import annotations

from pathlib import Path

import pytest

import orchestration.project
from ingestion.settings import Engine, Settings
from orchestration.project.fingerprints import Fingerprints
from tests.projects import write_files

SALES, DAYS = ("models/gold/sales.sql", "models/silver/days_checked.sql"), "models/silver/days.sql"
SALES_YML, TEST = ("models/gold/sales.yml",), ("tests/dbt/assert_sales.sql",)
RULES = ("seeds/rules.csv",)
FILES = {
    "dbt_project.yml": """
        name: shop
        vars: {least: 1, most: 9}
        models: {shop: {+file_format: delta}}
        query-comment: "{{ query_comment() }}"
    """,
    "profiles/profiles.yml": "shop: {target: sail}",
    "models/bronze/orders.yml": """
        sources:
          - {name: bronze, schema: bronze, description: Raw., tables: [{name: orders}]}
    """,
    SALES[0]: """
        select
            {{ doubled('amount') }} as amount,
            current_timestamp() as last_updated_timestamp,
            {{ run_id() }} as _run_id
        from {{ ref('days_checked') }}
    """,
    SALES[1]: "select * from {{ source('bronze', 'orders') }} where amount > {{ var('least') }}",
    SALES_YML[0]: """
        models:
          - name: sales
            description: Sales.
            config: {contract: {enforced: true}}
            columns: [{name: amount, data_type: int, data_tests: [is_small]}]
    """,
    DAYS: "select 1 as day",
    TEST[0]: "select * from {{ ref('sales') }} where amount > {{ var('most') }}",
    RULES[0]: "a,b",
    "tests/dbt/generic/is_small.sql": "{% test is_small(model) %}{{ halved() }}{% endtest %}",
    "macros/doubled.sql": "{% macro doubled(a) %}{{ times(a) }}{% endmacro %}",
    "macros/times.sql": "{% macro times(a) %}2 * {{ a }}{% endmacro %}",
    "macros/halved.sql": "{% macro spark__halved() %}1{% endmacro %}",
    "macros/query_comment.sql": "{% macro query_comment() %}{% endmacro %}",
    "macros/run_id.sql": "{% macro run_id() %}{{ invocation_id }}{% endmacro %}",
    "macros/table.sql": "{% materialization table, adapter='spark' %}{% endmaterialization %}",
    "macros/named_as_of_dbt.sql": "{% macro spark__create_table_as() %}{% endmacro %}",
}
NODES = {"sales": SALES, "days": (DAYS,), "is_small": SALES_YML, "test": TEST, "rules": RULES}
ALL = set(NODES)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_files(tmp_path, FILES)
    monkeypatch.setattr(orchestration.project, "PROJECT_FOLDER", tmp_path)
    return tmp_path


def fingerprints(settings: Settings | None = None) -> dict[str, str | None]:
    made = Fingerprints(settings or Settings("/lake", "/raw"))
    return {name: made.of(files) for name, files in NODES.items()}


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        (SALES[0], "as amount", "as  amount", {"sales"}),
        (SALES[1], "amount >", "amount >=", {"sales"}),
        (SALES_YML[0], "data_type: int", "data_type: bigint", {"sales", "is_small"}),
        (SALES_YML[0], "[is_small]", "[is_small, unique]", {"is_small"}),
        (SALES_YML[0], "Sales.", "All sales.", set()),
        (DAYS, "1", "2", {"days"}),
        (TEST[0], ">", ">=", {"test"}),
        (RULES[0], "b", "c", {"rules"}),
        ("tests/dbt/generic/is_small.sql", "model", "m", {"is_small"}),
        ("macros/doubled.sql", "(a)", "(b)", {"sales"}),
        ("macros/times.sql", "2", "3", {"sales"}),
        ("macros/halved.sql", "1", "2", {"is_small"}),
        ("macros/run_id.sql", "{{", "{{-", set()),
        ("macros/query_comment.sql", "%}{%", "%}a{%", ALL),
        ("macros/table.sql", "%}{%", "%}a{%", ALL),
        ("macros/named_as_of_dbt.sql", "%}{%", "%}a{%", ALL),
        ("dbt_project.yml", "least: 1", "least: 2", {"sales"}),
        ("dbt_project.yml", "most: 9", "most: 8", {"test"}),
        ("dbt_project.yml", "delta", "parquet", ALL),
        ("profiles/profiles.yml", "sail", "local", ALL),
        ("models/bronze/orders.yml", "schema: bronze", "schema: raw", ALL),
        ("models/bronze/orders.yml", "Raw.", "As it came.", set()),
    ],
)
def test_an_edit_changes_the_fingerprints_of_the_nodes_that_it_can_change(
    project: Path, file: str, old: str, new: str, changed: set[str]
) -> None:
    before = fingerprints()
    text = (project / file).read_text()
    assert old in text
    (project / file).write_text(text.replace(old, new))
    after = fingerprints()
    assert {name for name in NODES if before[name] != after[name]} == changed
    assert None not in before.values()


def test_another_engine_or_prefix_is_another_fingerprint(project: Path) -> None:
    here = fingerprints()
    for other in (
        Settings("/lake", "/raw", engine=Engine.SPARK),
        Settings("/lake", "/raw", database_prefix="dev_"),
    ):
        found = fingerprints(other)
        assert {name for name in NODES if here[name] != found[name]} == ALL
    assert fingerprints(Settings("/moved", "/elsewhere")) == here


def test_a_variable_of_the_environment_counts_by_its_value(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / DAYS).write_text("select {{ env_var('SHOP_DAY') }} as day")
    monkeypatch.setenv("SHOP_DAY", "1")
    before = fingerprints()
    assert fingerprints() == before
    monkeypatch.setenv("SHOP_DAY", "2")
    assert fingerprints()["days"] != before["days"]


@pytest.mark.parametrize(
    "sql",
    [
        "select current_date() as day",
        "select current_timestamp() as day, current_timestamp() as last_updated_timestamp",
        "select rand() as day",
        "select {{ run_id() }} as day",
        "select '{{ run_started_at }}' as day",
        "select * from silver.other",
        "select * from {{ ref('a') }} join delta.`/lake/other` as b",
        "select {{ env_var(name) }} as day",
        "select {{ context['halved']() }} as day",
    ],
)
def test_what_has_another_value_each_time_or_hides_what_it_reads_has_no_fingerprint(
    project: Path, sql: str
) -> None:
    (project / DAYS).write_text(sql)
    assert fingerprints()["days"] is None


def test_a_var_of_a_made_up_name_counts_as_all_of_them(project: Path) -> None:
    (project / DAYS).write_text("select {{ var('le' ~ 'ast') }} as day")
    before = fingerprints()
    settings = project / "dbt_project.yml"
    settings.write_text(settings.read_text().replace("most: 9", "most: 8"))
    assert fingerprints()["days"] not in (None, before["days"])
