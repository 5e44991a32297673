from __future__ import annotations

import pyarrow as pa
from deltalake import write_deltalake

from orchestration.state.delta_reader import connect
from orchestration.state.history import record_run
from orchestration.state.results import NodeResult, RunResult
from orchestration.state.test_failures import counts_of, rows_found, warned_in
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
    rows = rows_found(connect(lakehouse.settings), "now", counts_of(results))
    return {name: list(of_test.texts) for name, of_test in rows.items()}


def record(lakehouse: Lakehouse, run_id: str, *results: NodeResult) -> None:
    result = RunResult(run_id, results=list(results))
    record_run(lakehouse.settings, result, STARTED_AT, STARTED_AT, "well", cores=2)


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


def file(day: int, newest: int, state: str = "missing") -> str:
    return f'{{"file":"orders/{day}.csv","state":"{state}","newest":"{newest}"}}'


def test_a_row_is_new_unless_the_last_run_of_its_test_found_the_same_thing(
    lakehouse: Lakehouse,
) -> None:
    store(lakehouse, "long ago", "files", file(2, 1))
    record(lakehouse, "long ago", a_test("files", "warn", 1))
    store(lakehouse, "before", "files", file(1, 3), file(3, 3))
    record(lakehouse, "before", a_test("files", "warn", 2))
    record(lakehouse, "of another test", a_test("ids", "pass", 0), a_test("files", "skipped", 0))
    now = [file(1, 4), file(2, 4), file(3, 4, "quarantined")]
    store(lakehouse, "now", "files", *now)
    record(lakehouse, "now", a_test("files", "warn", 3))
    (files,) = rows_found(connect(lakehouse.settings), "now", [("files", 3)]).values()
    assert (files.count, files.new) == (3, 2)
    assert files.texts == (
        "file orders/2.csv, state missing, newest 4",
        "file orders/3.csv, state quarantined, newest 4",
        "file orders/1.csv, state missing, newest 4",
    )


def test_on_a_first_run_every_row_is_new(lakehouse: Lakehouse) -> None:
    store(lakehouse, "now", "files", file(1, 4), file(2, 4))
    (files,) = rows_found(connect(lakehouse.settings), "now", [("files", 2)]).values()
    assert files.new == 2


def test_the_warnings_of_a_recorded_run_are_found_again(lakehouse: Lakehouse) -> None:
    record(lakehouse, "before", a_test("ids", "warn", 7))
    record(lakehouse, "now", a_test("ids", "warn", 2), a_test("days", "fail", 1))
    assert warned_in(connect(lakehouse.settings), "now") == [("ids", 2)]
