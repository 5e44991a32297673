"""A statement that the engine refuses, explained by the file that it was made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

import orchestration.project
from orchestration.pipeline.dbt_session import LakehouseCursor
from orchestration.pipeline.faults.engine_words import first_words

SOURCE = """{{ config(tags=['daily']) }}

with

lines as (

    select 1 as id, date '2025-04-01' as day, cast(1.50 as decimal(18, 2)) as amount

),

days as (

    select
        lines.day,
        count(*) as line_count,
        {{ half('amount') }} as half_sales
    from lines
    group by lines.day

),

final as (

    select
        day,
        half_sales,
        upper('é') as letter
    from days

)

select * from final
"""
# What dbt makes of the templates.
MADE = {"{{ config(tags=['daily']) }}": "", "{{ half('amount') }}": "sum(amount)\n    / 2"}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the model `sales`, beside those of others."""
    monkeypatch.setattr(orchestration.project, "PROJECT_FOLDER", tmp_path)
    folder = tmp_path / "models" / "gold"
    folder.mkdir(parents=True)
    (folder / "daily_sales.sql").write_text("select 1 as one")
    return folder / "sales.sql"


def columns_of(spark: SparkSession, statement: str) -> Any:
    cursor = LakehouseCursor(spark)
    cursor.execute(statement)
    return cursor.description


def refused(spark: SparkSession, model: Path, source: str, node: str = "model.shop.sales") -> str:
    """What is said of a model with this source, as dbt asks for its columns."""
    model.write_text(source)
    made = {**MADE, "{{ half('amuont') }}": "sum(amuont)\n    / 2"}
    for template, text in made.items():
        source = source.replace(template, text)
    comment = f'/* {{"app": "dbt", "node_id": "{node}"}} */'
    asked = f"{comment}\n\n    select * from (\n{source}\n) as made where false limit 0"
    with pytest.raises(DbtRuntimeError) as raised:
        columns_of(spark, asked)
    return first_words(str(raised.value))


@pytest.mark.parametrize(
    ("right", "wrong", "place", "words", "marked"),
    [
        (
            *("        lines.day,", "        lines.dya,", "Line 14, column 9"),
            *("there is no column lines.dya. Did you mean lines.day", "lines.dya"),
        ),
        (
            *("        half_sales,", "        line_cuont,", "Line 26, column 9"),
            *("there is no column line_cuont. Did you mean line_count", "line_cuont"),
        ),
        # it is in the CTE before, and no more in this one
        (
            *("        day,\n        half", "        amount,\n        half", "Line 25, column 9"),
            *("there is no column amount.", "amount"),
        ),
        (
            *("half('amount')", "half('amuont')", "Line 16, column 18"),
            *("there is no column amuont. Did you mean amount?", "amuont"),
        ),
        (
            "from days",
            "from dyas",
            "Line 28, column 10",
            "no table dyas. Did you mean days",
            "dyas",
        ),
        (
            *("from days", "from gold.daily_sale", "Line 28, column 15"),
            *("there is no table daily_sale. Did you mean daily_sales", "daily_sale"),
        ),
        (
            *("upper(", "uper(", "Line 27, column 9"),
            *("there is no function uper. Did you mean upper", "uper"),
        ),
        ("select *", "selct *", "Line 32, column 1", "at selct. Did you mean select?", "selct"),
        (
            *("lines.day,", "lines.day", "Line 15, column 9"),
            *("syntax error at count. Is a comma missing before it?", "count"),
        ),
        (
            *("as letter", "as letter,", "Line 27, column 29"),
            *("there is a comma too many before `from`.", ","),
        ),
        (
            *("from days", "from days, lines as days_2", "Line 25, column 9"),
            *("day is ambiguous: several tables have it.", "day"),
        ),
        (
            *("    group by lines.day\n", "", "Line 14, column 9"),
            *("lines.day is neither in `group by` nor in an aggregate.", "lines.day"),
        ),
        ("upper('é')", "upper('é', 2)", "Line 27, column 9", "", "upper('é', 2) as letter"),
        (
            *("        half_sales,", "        half_sales > array(1),", "Line 26, column 9"),
            *("", "half_sales > array(1)"),
        ),
    ],
)
def test_a_mistake_is_shown_in_the_file_with_a_caret_and_the_nearest_name(
    spark: SparkSession, model: Path, right: str, wrong: str, place: str, words: str, marked: str
) -> None:
    assert right in SOURCE
    said = refused(spark, model, SOURCE.replace(right, wrong, 1))
    head, line, carets = said.split("\n")
    assert head.startswith(f"{place}: ")
    assert words in head
    assert line[carets.index("^") :].startswith(marked)
    assert carets.count("^") == len(marked)


def test_what_a_template_makes_is_shown_at_the_template(spark: SparkSession, model: Path) -> None:
    source = SOURCE.replace("amount\n\n)", "amuont\n\n)")
    head, _, carets = refused(spark, model, source).split("\n")
    assert head.startswith("Line 16, column 18: there is no column amount. Did you mean amuont?")
    assert carets.strip() == "^" * len("amount")


def test_the_model_and_not_its_unit_test_is_at_fault(spark: SparkSession, model: Path) -> None:
    source = SOURCE.replace("from days", "from dyas")
    said = refused(spark, model, source, "unit_test.shop.sales.ties")
    first, second, *_ = said.split("\n")
    assert first == "The SQL of its model fails, whatever the test: models/gold/sales.sql"
    assert second.startswith("Line 28, column 10: there is no table dyas.")
    blamed = f"An error occurred during execution of unit test 'ties'.\n Runtime Error\n  {said}"
    assert first_words(blamed).startswith(first)


def test_what_is_no_file_of_the_project_keeps_the_words_of_the_engine(
    spark: SparkSession, model: Path
) -> None:
    source = SOURCE.replace("from days", "from dyas")
    assert "Line" not in refused(spark, model, source, "test.shop.unique_sales_day.1a2b3c")
