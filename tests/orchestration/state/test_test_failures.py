from __future__ import annotations

import pyarrow as pa
from deltalake import write_deltalake
from rich.console import Console

from orchestration.pipeline.summary import print_nodes
from orchestration.state.delta_reader import connect
from orchestration.state.results import NodeResult
from orchestration.state.test_failures import failing_row_texts
from tests.lake import STARTED_AT, Lakehouse

DAY = '{"date":"2025-06-10","measure":"orders","amount":100.00,"usual_from":260.00}'


def a_test(name: str, status: str, failures: int) -> NodeResult:
    return NodeResult(name, "test", None, status, failures, 0.1, "Got rows", "a.sql")


def store(lakehouse: Lakehouse, run_id: str, test_name: str, *rows: str) -> None:
    found = [
        {
            "run_id": run_id,
            "test_name": test_name,
            "failing_row": row,
            "stored_timestamp": STARTED_AT,
        }
        for row in rows
    ]
    folder = lakehouse.settings.location("ops", "test_failures")
    write_deltalake(folder, pa.Table.from_pylist(found), mode="append")


def found(lakehouse: Lakehouse, *results: NodeResult) -> dict[str, list[str]]:
    return failing_row_texts(connect(lakehouse.settings), "now", results)


def test_a_row_is_reported_as_columns_and_values_as_they_are_written(lakehouse: Lakehouse) -> None:
    store(lakehouse, "now", "days", DAY)
    store(lakehouse, "now", "ids", '{"department_id":5,"departments":["Books","Toys"]}')
    assert found(lakehouse, a_test("days", "warn", 1), a_test("ids", "fail", 1)) == {
        "days": ["date 2025-06-10, measure orders, amount 100.00, usual from 260.00"],
        "ids": ["department id 5, departments Books and Toys"],
    }


def test_only_rows_of_this_run_are_reported(lakehouse: Lakehouse) -> None:
    store(lakehouse, "before", "days", DAY)
    assert found(lakehouse, a_test("days", "warn", 1)) == {"days": []}
    assert found(lakehouse, a_test("days", "pass", 0)) == {}


def test_of_many_rows_the_first_five_are_reported_and_how_many_there_are(
    lakehouse: Lakehouse,
) -> None:
    store(lakehouse, "now", "ids", *(f'{{"id":{number}}}' for number in range(7, 0, -1)))
    assert found(lakehouse, a_test("ids", "warn", 1007))["ids"] == [
        *("id 1", "id 2", "id 3", "id 4", "id 5"),
        "and 1,002 more: see ops.test_failures",
    ]


def test_a_long_row_is_cut(lakehouse: Lakehouse) -> None:
    store(lakehouse, "now", "ids", f'{{"id":1,"text":"{"x" * 1000}"}}')
    ((row,),) = found(lakehouse, a_test("ids", "warn", 1)).values()
    assert row.startswith("id 1, text xxx")
    assert len(row) < 200


def test_rows_stand_below_the_test_that_found_them() -> None:
    console = Console(width=100, force_terminal=False)
    results = [a_test("days", "warn", 1), a_test("well", "pass", 0), a_test("ids", "fail", 2)]
    with console.capture() as capture:
        print_nodes(console, results, {"days": ["measure [orders]"], "ids": ["id 1", "id 2"]})
    assert capture.get().splitlines() == [
        *("warn days: 1 row", "  measure [orders]"),
        *("fail test ids (a.sql)", "  Got rows", "  id 1", "  id 2"),
    ]
