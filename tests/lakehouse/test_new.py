"""`lakehouse new` in a copy of the project; tests/test_recipes.py builds what it writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ingestion.tables import TABLES, Column, Reference, Table, Type
from lakehouse.new.files import unfilled
from orchestration.project import PROJECT_FOLDER

Outcome = tuple[int, str, str]
VISITS = Table(
    name="visits",
    key="visit_id",
    columns=(
        Column("visit_id", Type.BIGINT),
        Column("order_id", Type.BIGINT, required=False),
        Column("page", Type.STRING),
        Column("visit_timestamp", Type.TIMESTAMP),
    ),
    references=(Reference("order_id", "orders"),),
)


@pytest.fixture
def lakehouse(
    project: Path, run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """Runs the command on a copy of the project, in which the table visits is declared."""
    for name in ("docs", "tests/oracle", "tests"):
        (project / name).mkdir(parents=True, exist_ok=True)
    for name in (
        "docs/architecture.md",
        "tests/oracle/oracle.py",
        "tests/compare.py",
        "tests/test_engine_parity.py",
    ):
        (project / name).write_text((PROJECT_FOLDER / name).read_text())
    monkeypatch.setitem(TABLES, "visits", VISITS)
    return run


def test_a_raw_table_gets_a_source_and_four_models(
    lakehouse: Callable[..., Outcome], project: Path
) -> None:
    code, shown, _ = lakehouse("new", "table", "visits")
    assert code == 0
    models = [f"visits{end}" for end in ("", "_checked", "_rejected", "_superseded")]
    names = [f"silver/{model}{end}" for model in models for end in (".sql", ".yml")]
    for name in ("bronze/visits.yml", "docs/visits.md", *names):
        assert f"wrote models/{name}\n" in shown
        assert (project / "models" / name).is_file()


def test_an_optional_reference_waits_only_if_it_has_a_value(
    lakehouse: Callable[..., Outcome], project: Path
) -> None:
    lakehouse("new", "table", "visits")
    sql = (project / "models/silver/visits_checked.sql").read_text()
    assert (
        "'unknown_order': 'bronze_visits.order_id is not null and orders.order_id is null'" in sql
    )
    assert "'not_positive:visit_id': 'bronze_visits.visit_id <= 0'" in sql


def test_a_table_without_a_date_is_not_partitioned_and_has_no_config(
    lakehouse: Callable[..., Outcome], project: Path
) -> None:
    lakehouse("new", "table", "visits")
    assert (project / "models/silver/visits.sql").read_text().startswith("with\n")


def test_what_is_left_to_do_is_listed_with_file_and_line(
    lakehouse: Callable[..., Outcome], project: Path
) -> None:
    _, shown, _ = lakehouse("new", "table", "visits")
    (line,) = (place for place in shown.splitlines() if "'visits': 'is_waiting'" in place)
    file, number, _ = line.strip().split(":", 2)
    assert (project / file).read_text().splitlines()[int(number) - 1].strip() == "}) }}"
    places = list(unfilled(project))
    assert len(places) == 5  # bronze, silver and the meaning of three columns without a doc block
    assert all(place in shown for place in places)


def test_no_file_is_ever_overwritten_and_none_is_half_written(
    lakehouse: Callable[..., Outcome], project: Path
) -> None:
    existing = project / "models/silver/visits_superseded.sql"
    existing.write_text("select 1 as one")
    code, _, complaint = lakehouse("new", "table", "visits")
    assert code == 1
    assert "models/silver/visits_superseded.sql exists and is never overwritten." in complaint
    assert existing.read_text() == "select 1 as one"
    assert not (project / "models/bronze/visits.yml").exists()


def test_a_name_is_refused_that_a_model_of_another_layer_has(
    lakehouse: Callable[..., Outcome],
) -> None:
    code, _, complaint = lakehouse("new", "model", "orders", "--layer", "gold")
    assert code == 1
    assert "models/silver/orders.sql exists" in complaint


def test_a_gold_model_gets_a_contract_for_its_key_and_a_unit_test(
    lakehouse: Callable[..., Outcome], project: Path
) -> None:
    lakehouse(
        "new", "model", "weekly_sales", "--reads", "daily_sales", "--reads", "order_days",
        "--key", "week_start", "--key", "product_id",
    )  # fmt: skip
    sql = (project / "models/gold/weekly_sales.sql").read_text()
    assert "{{ ref('daily_sales') }}" in sql
    assert "{{ ref('order_days') }}" in sql
    written = yaml.safe_load((project / "models/gold/weekly_sales.yml").read_text())
    (model,) = written["models"]
    assert {column["name"]: column["data_type"] for column in model["columns"]} == {
        "week_start": "date",
        "product_id": "bigint",
        "last_updated_timestamp": "timestamp",
        "_run_id": "string",
    }
    assert model["data_tests"][0] == {
        "unique_combination_of_columns": {"arguments": {"columns": ["week_start", "product_id"]}}
    }
    assert [given["input"] for given in written["unit_tests"][0]["given"]] == [
        "ref('daily_sales')",
        "ref('order_days')",
    ]


def test_a_model_of_silver_has_no_contract_and_no_run_id(
    lakehouse: Callable[..., Outcome], project: Path
) -> None:
    lakehouse("new", "model", "order_weeks", "--layer", "intermediate", "--key", "week_start")
    sql = (project / "models/intermediate/order_weeks.sql").read_text()
    assert "_run_id" not in sql
    assert "data_type" not in (project / "models/intermediate/order_weeks.yml").read_text()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("table", "vists"), "'vists' is not declared; declared are products, orders"),
        (("model", "Weekly-Sales"), "'Weekly-Sales' is no name of a model or column."),
        (("model", "weekly_sales", "--reads", "dialy_sales"), "Did you mean daily_sales?"),
        (("model", "weekly_sales", "--layer", "platinum"), "'platinum' is not one of"),
    ],
)
def test_what_can_not_be_written_is_explained(
    lakehouse: Callable[..., Outcome], arguments: tuple[str, ...], complaint: str
) -> None:
    code, _, shown = lakehouse("new", *arguments)
    assert code == 1
    assert complaint in " ".join(shown.split())
