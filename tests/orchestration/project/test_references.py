from __future__ import annotations

import pytest

from ingestion.errors import LakehouseError
from orchestration.project.references import with_tables


def test_a_reference_is_the_table_of_its_model() -> None:
    sql = "select * from {{ ref('daily_sales') }}, {{ref(\"orders\")}}, {{ ref('order_days') }}"
    assert with_tables(sql) == "select * from gold.daily_sales, silver.orders, silver.order_days"


def test_a_text_without_templates_stays_as_it_is() -> None:
    assert with_tables("select '{\"a\": 1}'") == "select '{\"a\": 1}'"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ ref('daily_sale') }}", "no model daily_sale. Did you mean daily_sales?"),
        ("{{ ref('a', 'b') }}", "a template of dbt"),
        ("{{ source('bronze', 'orders') }}", "a template of dbt"),
        ("{{ env_var('HOME') }}", "a template of dbt"),
        ("{% set x = 1 %}", "a template of dbt"),
        ("{{ ref('../../etc') }}", "a template of dbt"),
        ("{{ unfinished", "a template of dbt"),
    ],
)
def test_no_other_template_is_run(template: str, words: str) -> None:
    with pytest.raises(LakehouseError) as raised:
        with_tables(f"select 1 from\n  {template}")
    assert words in raised.value.problem
    assert raised.value.problem.startswith("Line 2, column ")
