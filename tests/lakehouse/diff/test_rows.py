"""What `lakehouse diff` says of rows, sums and columns; every number is counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from markdown_it import MarkdownIt

from lakehouse.diff.page import diff_page
from tests.lakehouse.diff.lakes import LINEAGE, Lake, april, orders, sales

DAILY = "gold.daily_sales"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def numbers(found: Any, table: str = DAILY) -> tuple[int | None, ...]:
    """Rows added, removed and changed."""
    (row,) = [row for row in found["tables"] if row["table"] == table]
    return row["added"], row["removed"], row["changed"]


def columns(found: Any, table: str = DAILY) -> dict[str, tuple[Any, ...]]:
    """Column to changed rows, sum before, sum now and the difference."""
    return {
        row["column"]: (row["changed_rows"], row["old_sum"], row["new_sum"], row["difference"])
        for row in found["columns"]
        if row["table"] == table
    }


def test_a_doubled_amount_is_shown_by_its_rows_and_its_sum(lake: Lake) -> None:
    lake.write(DAILY, sales((1, "10.00", 1), (2, "20.50", 2), (3, "30.00", 3)))
    lake.open_workspace()
    rows = sales((1, "10.00", 1), (2, "41.00", 2), (3, "60.00", 3), run="next")
    lake.write(DAILY, rows, "dev")
    found = lake.diff()
    assert numbers(found) == (0, 0, 2)
    assert columns(found) == {"total_sales": (2, 60.50, 111.00, 50.50)}
    assert [(row["what"], row["row"], row["changes"]) for row in found["rows"]] == [
        (
            "changed",
            {"order_date": "2025-04-02"},
            [{"column": "total_sales", "old": 20.50, "new": 41.00}],
        ),
        (
            "changed",
            {"order_date": "2025-04-03"},
            [{"column": "total_sales", "old": 30.00, "new": 60.00}],
        ),
    ]
    assert found["equal"] == []


def test_rows_come_and_go_by_their_key(lake: Lake) -> None:
    lake.write(DAILY, sales((1, "1.00", 1), (2, "2.00", 2), (3, "3.00", 3), (4, "4.00", 4)))
    lake.open_workspace()
    lake.write(DAILY, sales((2, "2.00", 2), (3, "3.00", 5), (6, "7.00", 1), run="next"), "dev")
    found = lake.diff()
    assert numbers(found) == (1, 2, 1)
    # 1 + 2 + 3 + 4 and 2 + 3 + 7; 10 orders and 2 + 5 + 1.
    assert columns(found) == {
        "total_sales": (0, 10.00, 12.00, 2.00),
        "order_count": (1, 10, 8, -2),
    }
    assert [(row["what"], row["row"]["order_date"]) for row in found["rows"]] == [
        ("removed", "2025-04-01"),
        ("changed", "2025-04-03"),
        ("removed", "2025-04-04"),
        ("added", "2025-04-06"),
    ]


def test_unknown_is_not_zero(lake: Lake) -> None:
    lake.write(DAILY, sales((1, None, 1), (2, None, 0)))
    lake.open_workspace()
    lake.write(DAILY, sales((1, "0.00", 1), (2, None, 0)), "dev")
    found = lake.diff()
    assert numbers(found) == (0, 0, 1)
    assert columns(found) == {"total_sales": (1, None, 0.00, None)}
    assert "total_sales NULL -> 0.00" in lake.shown()


def test_sums_are_exact_where_a_float_is_not(lake: Lake) -> None:
    lake.write(DAILY, sales((1, "9999999999999999.99", 1), (2, "0.01", 1)))
    lake.open_workspace()
    lake.write(DAILY, sales((1, "9999999999999999.99", 1), (2, "0.02", 1)), "dev")
    shown = lake.shown()
    assert "10,000,000,000,000,000.00  10,000,000,000,000,000.01       +0.01" in shown


def test_who_wrote_a_row_and_when_is_no_difference(lake: Lake) -> None:
    lake.write(DAILY, sales((1, "10.00", 1)))
    lake.open_workspace()
    lake.write(DAILY, sales((1, "10.00", 1), run="next"), "dev")
    found = lake.diff()
    assert (found["tables"], found["equal"], found["tables_read"]) == ([], [DAILY], 1)
    assert "no difference: all 1 tables have the same rows" in lake.shown()


def test_a_table_with_the_same_files_is_not_read(lake: Lake) -> None:
    lake.write(DAILY, sales((1, "10.00", 1)))
    lake.open_workspace()
    (file,) = lake.files(DAILY)
    file.write_bytes(b"no Parquet")  # the workspace holds a link to it
    found = lake.diff()
    assert (found["equal"], found["tables_read"]) == ([DAILY], 0)


def test_only_the_partitions_with_other_files_are_read(lake: Lake) -> None:
    days = orders((1, "10.00", 1), (2, "20.00", 2), (3, "30.00", 3))
    lake.write("silver.orders", days, partition_by=["date"])
    lake.open_workspace()
    second = orders((2, "25.00", 2), (4, "1.00", 2))
    lake.write("silver.orders", second, "dev", ["date"], predicate="date = '2025-04-02'")
    for file in lake.files("silver.orders"):
        if file.parent.name != "date=2025-04-02":
            file.write_bytes(b"no Parquet")
    found = lake.diff()
    (table,) = found["tables"]
    assert (table["partitions"], table["differing_partitions"]) == (3, 1)
    assert (table["rows_before"], table["rows_now"]) == (3, 4)
    assert numbers(found, "silver.orders") == (1, 0, 1)
    assert columns(found, "silver.orders") == {"total_amount": (1, 20.00, 26.00, 6.00)}


def test_partitions_that_were_written_anew_with_the_same_rows_are_equal(lake: Lake) -> None:
    rows = ((1, "10.00", 1), (2, "20.00", 2), (3, "30.00", 3))
    lake.write("silver.orders", orders(*rows), partition_by=["date"])
    lake.open_workspace()
    lake.write("silver.orders", orders(*reversed(rows)), "dev", ["date"])
    assert lake.diff()["equal"] == ["silver.orders"]
    lake.write("silver.orders", orders(*rows[:2], (3, "33.00", 3)), "dev", ["date"])
    found = lake.diff()
    assert found["tables"][0]["differing_partitions"] == 1
    assert columns(found, "silver.orders") == {"total_amount": (1, 30.00, 33.00, 3.00)}


def test_a_row_that_moves_to_another_partition_is_a_changed_one(lake: Lake) -> None:
    lake.write("silver.orders", orders((1, "10.00", 1), (2, "20.00", 2)), partition_by=["date"])
    lake.open_workspace()
    lake.write("silver.orders", orders((1, "10.00", 2), (2, "20.00", 2)), "dev", ["date"])
    found = lake.diff()
    assert numbers(found, "silver.orders") == (0, 0, 1)
    assert found["rows"][0]["changes"] == [
        {"column": "date", "old": "2025-04-01", "new": "2025-04-02"}
    ]


def test_a_partition_without_a_value_is_compared(lake: Lake) -> None:
    def table(amount: str) -> pa.Table:
        return orders((1, "10.00", 1), (2, amount, 2)).set_column(
            2, "date", pa.array([april(1), None], pa.date32())
        )

    lake.write("silver.orders", table("20.00"), partition_by=["date"])
    lake.open_workspace()
    lake.write("silver.orders", table("21.00"), "dev", ["date"])
    assert columns(lake.diff(), "silver.orders") == {"total_amount": (1, 20.00, 21.00, 1.00)}


def test_without_a_key_rows_are_counted_as_often_as_they_are_there(lake: Lake) -> None:
    def notes(*texts: str) -> pa.Table:
        return pa.table({"text": list(texts)})

    lake.write("silver.notes", notes("a", "a", "b"))
    lake.open_workspace()
    lake.write("silver.notes", notes("a", "c", "c", "c"), "dev")
    found = lake.diff()
    assert numbers(found, "silver.notes") == (3, 2, None)
    assert [(row["what"], row["row"]["text"], row["times"]) for row in found["rows"]] == [
        ("removed", "a", 1),
        ("removed", "b", 1),
        ("added", "c", 3),
    ]
    assert "3 times" in lake.shown()


def test_a_key_that_two_rows_have_pairs_none(lake: Lake) -> None:
    """As in the workspace of a run whose test of the key has failed."""
    lake.write(DAILY, sales((1, "10.00", 1)))
    lake.open_workspace()
    lake.write(DAILY, sales((1, "11.00", 1), (1, "12.00", 1)), "dev")
    found = lake.diff()
    assert numbers(found) == (2, 1, None)
    assert columns(found)["total_sales"] == (None, 10.00, 23.00, 13.00)


def test_a_key_may_be_null(lake: Lake) -> None:
    def table(day: date | None, amount: str) -> pa.Table:
        return sales((1, amount, 1)).set_column(0, "order_date", pa.array([day], pa.date32()))

    lake.write(DAILY, table(None, "10.00"))
    lake.open_workspace()
    lake.write(DAILY, table(None, "11.00"), "dev")
    assert numbers(lake.diff()) == (0, 0, 1)


def test_columns_that_are_new_gone_or_of_another_type_are_named(lake: Lake) -> None:
    lake.write(DAILY, sales((1, "10.00", 3)))
    lake.open_workspace()
    changed = pa.table(
        {
            "order_date": pa.array([april(1)], pa.date32()),
            "order_count": pa.array([4], pa.int32()),
            "is_complete": [True],
            "_run_id": ["next"],
        }
    )
    lake.write(DAILY, changed, "dev", schema_mode="overwrite")
    found = lake.diff()
    assert {
        (row["column"], row["old_type"], row["new_type"]) for row in found["schema_changes"]
    } == {
        ("order_count", "bigint", "int"),
        ("is_complete", None, "boolean"),
        ("total_sales", "decimal(18,2)", None),
        ("last_updated_timestamp", "timestamp", None),
    }
    assert columns(found) == {"order_count": (None, 3, 4, 1)}
    assert numbers(found) == (0, 0, 0)


def test_lists_are_compared(lake: Lake) -> None:
    def rejected(*reasons: str) -> pa.Table:
        kinds = pa.array([list(reasons)], pa.list_(pa.string()))
        return pa.table({"source_file": ["a"], "record_number": [1], "reasons": kinds})

    lake.write("silver.orders_rejected", rejected("below:total_amount"))
    lake.open_workspace()
    lake.write("silver.orders_rejected", rejected("below:total_amount", "mismatch:date"), "dev")
    (row,) = lake.diff()["rows"]
    assert row["row"] == {"source_file": "a", "record_number": 1}
    assert row["changes"][0]["new"] == ["below:total_amount", "mismatch:date"]


def test_people_see_the_beginning_of_a_long_value(lake: Lake) -> None:
    lake.write("silver.products", pa.table({"product_id": [1], "product_name": ["plain"]}))
    lake.open_workspace()
    long = pa.table({"product_id": [1], "product_name": ["x" * 41]})
    lake.write("silver.products", long, "dev")
    assert f"plain -> {'x' * 40}…" in lake.shown()
    assert lake.diff()["rows"][0]["changes"][0]["new"] == "x" * 41


# Each is short enough to be shown whole.
HOSTILE = ("\x1b[2J<img src=x>|`a`|\\| **b** &amp; _c_", "@owner [l](http://e) <!-- \n\u202e \\")


def test_a_value_steers_no_terminal_and_no_pull_request(lake: Lake) -> None:
    def notes(text: str) -> pa.Table:
        return pa.table({"product_id": [1], "product_name": [text]})

    for table in ("silver.products", "gold.product_performance"):
        lake.write(table, notes("plain"))
    lake.open_workspace()
    lake.write("silver.products", notes(HOSTILE[0]), "dev")
    lake.write("gold.product_performance", notes(HOSTILE[1]), "dev")
    shown = lake.shown()
    assert "\\x1b[2J<img" in shown
    assert "\x1b[2J" not in shown
    text = diff_page(lake.settings, "dev", None, None, lambda: LINEAGE).as_markdown()
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [token for token in tokens if token.type == "inline"]
    kinds = {(child.type, child.content) for token in inline for child in token.children or []}
    assert {kind for kind, _ in kinds} == {"text", "html_inline"}
    assert {content for kind, content in kinds if kind == "html_inline"} == {"<code>", "</code>"}
    cells = ["".join(child.content for child in token.children or []) for token in inline]
    for value in HOSTILE:
        seen = value.replace("\x1b", "\\x1b").replace("\n", "\\n").replace("\u202e", "<U+202E>")
        assert f"<code>product_name plain -> {seen}</code>" in cells
