from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.pipeline.dbt import NodeEvent, _explained, _Listener, table_of
from orchestration.pipeline.faults.engine_words import first_words
from orchestration.pipeline.progress import NodeProgress
from orchestration.state.results import NodeResult


def node(kind: str, **attributes: Any) -> SimpleNamespace:
    return SimpleNamespace(resource_type=kind, **attributes)


def event(name: str, node_name: str, kind: str = "model", **data: int) -> Any:
    info = SimpleNamespace(node_name=node_name, resource_type=kind)
    return SimpleNamespace(
        info=SimpleNamespace(name=name), data=SimpleNamespace(node_info=info, **data)
    )


@pytest.mark.parametrize(
    ("status", "is_bad"),
    [
        ("success", False),
        ("pass", False),
        ("warn", False),
        ("skipped", False),
        ("fail", True),
        ("error", True),
        ("runtime error", True),
    ],
)
def test_a_node_that_failed_makes_the_run_a_failed_one(status: str, is_bad: bool) -> None:
    result = NodeResult("orders", "model", "silver.orders", status, 0, 1.0, "", "orders.sql")
    assert result.is_bad is is_bad


@pytest.mark.parametrize("kind", ["model", "seed"])
def test_a_model_and_a_seed_are_tables_of_their_layer(kind: str) -> None:
    rollup = node(kind, name="order_days", config=SimpleNamespace(schema="silver"))
    assert table_of(rollup) == "silver.order_days"


@pytest.mark.parametrize(
    ("attached", "read", "table"),
    [
        ("model.shop.orders", ["model.shop.orders", "model.shop.products"], "orders"),
        (None, ["source.shop.bronze.orders"], "bronze.orders"),
        (None, ["model.shop.orders", "model.shop.products"], None),
    ],
)
def test_a_test_belongs_to_what_it_is_attached_to_or_alone_reads(
    attached: str | None, read: list[str], table: str | None
) -> None:
    depends_on = SimpleNamespace(nodes=read)
    test = node("test", name="unique", attached_node=attached, depends_on=depends_on)
    assert table_of(test) == table


def test_a_unit_test_belongs_to_its_model() -> None:
    tested = node("unit_test", name="ties", tested_node_unique_id="model.shop.daily_sales")
    assert table_of(tested) == "daily_sales"


@pytest.mark.parametrize(
    "stack",
    [
        "\n\nJVM stacktrace:\norg.apache",
        "\n\tat org.apache.spark.Sql$.run(Sql.scala:1)",
        ";\n    'GlobalLimit 0\n    +- 'LocalLimit 0",
    ],
)
def test_a_message_ends_before_the_plan_or_the_stack_of_the_engine(stack: str) -> None:
    assert first_words(f"  Table not found.\nLook at line 3{stack}") == (
        "Table not found.\nLook at line 3"
    )
    assert first_words("arrived\nat noon (12:00)") == "arrived\nat noon (12:00)"


def test_a_failure_before_the_first_node_names_the_log_and_the_next_step() -> None:
    error = _explained(RuntimeError("broken.sql: no such column"), Path("/lake/logs/dbt"))
    assert error.problem == "dbt stopped before it built anything: broken.sql: no such column"
    assert "run again" in error.next_step
    assert "/lake/logs/dbt/dbt.log" in error.next_step


def test_only_the_start_and_the_end_of_a_node_are_progress() -> None:
    seen: list[NodeEvent] = []
    listener = _Listener(seen.append)
    listener(event("LogStartLine", "orders", index=1, total=9))
    listener(event("SQLQuery", "orders"))
    listener(event("NodeFinished", "orders", index=1, total=9))
    listener(event("NodeStart", "unique", "test"))
    assert seen == [
        NodeEvent("orders", "model", False, 1, 9),
        NodeEvent("orders", "model", True, 1, 9),
        NodeEvent("unique", "test", False, 0, 0),
    ]


def test_progress_shows_the_newest_node_in_hand_and_counts_the_finished() -> None:
    shown: list[tuple[str, int, int]] = []
    progress = NodeProgress(lambda *step: shown.append(step))
    progress(NodeEvent("orders", "model", False, 1, 3))
    progress(NodeEvent("ties", "unit_test", False, 2, 3))
    progress(NodeEvent("ties", "unit_test", True, 2, 3))
    progress(NodeEvent("orders", "model", True, 1, 3))
    assert shown == [
        ("building orders", 0, 3),
        ("unit-testing ties", 0, 3),
        ("building orders", 1, 3),
        ("", 2, 3),
    ]


def test_what_glue_says_is_reported_without_the_statement() -> None:
    message = (
        "Glue cursor returned `error` for statement None for code SqlWrapper2.execute('''select\n"
        "'b, c' from t''', use_arrow=False, location='s3://bucket'), AnalysisException: no a;\n"
        "'Project [a]"
    )
    assert first_words(message) == "AnalysisException: no a"
