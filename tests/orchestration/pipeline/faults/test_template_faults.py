"""What dbt says of a file, with the place in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

import orchestration.project
from orchestration.pipeline.faults.template_faults import placed
from tests.projects import write_files

SOURCE = """with

orders as (

    select * from {{ ref('orders_checked') }}

)

select {{ quotient('a', 'b') }} as rate, {{ var('days') }} as days from orders
"""
FILE = "models/gold/sales.sql"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a model that reads another, and a macro."""
    monkeypatch.setattr(orchestration.project, "PROJECT_FOLDER", tmp_path)
    texts = {FILE: SOURCE, "models/silver/orders.sql": "", "macros/quota.sql": ""}
    write_files(tmp_path, texts)
    return tmp_path


def test_a_reference_to_no_model_is_shown_with_the_model_meant() -> None:
    said = (
        "Compilation Error\n  Model 'model.shop.sales' (models/gold/sales.sql) depends on a node"
        " named 'orders_checked' which was not found"
    )
    assert placed(said).split("\n") == [
        FILE,
        "Line 5, column 27: there is no model or seed orders_checked. Did you mean orders?",
        "      select * from {{ ref('orders_checked') }}",
        "                            ^^^^^^^^^^^^^^",
    ]


@pytest.mark.parametrize(
    ("said", "head", "marked"),
    [
        (
            "Compilation Error in model sales (models/gold/sales.sql)\n  'quotient' is undefined. "
            "This can happen when calling a macro that does not exist.",
            "Line 9, column 11: there is no macro or variable quotient. Did you mean quota?",
            "quotient",
        ),
        (
            "Required var 'days' not found in config:\nVars supplied to sales = {}",
            "Line 9, column 50: there is no var days in dbt_project.yml.",
            "days",
        ),
        (
            "Compilation Error in model sales (models/gold/sales.sql)\n"
            "  unexpected '}', expected ')'\n    line 5\n      select * from {{ ref('x' }}",
            "Line 5, column 19: unexpected '}', expected ')'.",
            "{{ ref('orders_checked') }}",
        ),
    ],
)
def test_a_template_that_can_not_be_read_is_shown_where_it_stands(
    said: str, head: str, marked: str
) -> None:
    first, line, carets = placed(said, FILE).split("\n")
    assert first == head
    assert line[carets.index("^") :][: carets.count("^")] == marked


@pytest.mark.parametrize(
    "said",
    ["Got 3 results, configured to fail if != 0", "no file (models/gold/gone.sql) of this name"],
)
def test_what_has_no_place_is_reported_as_it_is(said: str) -> None:
    assert placed(said) == placed(said, FILE) == said


def test_the_calls_of_macros_behind_a_failure_are_left_out() -> None:
    said = (
        "Compilation Error in model sales (models/gold/sales.sql)\n"
        "  This model has an enforced contract that failed.\n\n"
        "  > in macro assert_columns_equivalent (macros/relations/columns_spec_ddl.sql)\n"
        "  > called by model sales (models/gold/sales.sql)"
    )
    assert placed(said, FILE) == "This model has an enforced contract that failed."
