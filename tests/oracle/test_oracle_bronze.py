"""Which files and records count, shown on files small enough to count by hand."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from .shop import oracle_of, order, orders, products

DAY = "2025-04-01"
GOOD = orders(order(1, 7, DAY, "5.00"))
OTHER = orders(order(2, 7, DAY, "6.00"))


def order_ids(raw: Path, files: dict[str, str | bytes]) -> list[int]:
    return [row[0] for row in oracle_of(raw, files).rows("bronze.orders", ["order_id"], ["1"])]


def fault_of(raw: Path, name: str, content: str | bytes) -> object:
    rows = oracle_of(raw, {name: content}).rows("bronze.files", ["source_file", "fault"], [])
    assert [row[0] for row in rows] == [name]
    return rows[0][1]


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("orders/2025-04-01.csv", GOOD, None),
        ("orders/2025-04-01.csv", b"\xef\xbb\xbf" + GOOD.encode(), None),
        ("orders/2025-04-01.csv", GOOD.replace("\n", "\r\n"), None),
        ("orders/2025-04-01.csv", GOOD.removesuffix("\n"), None),
        ("orders/2025-04-01.csv.gz", gzip.compress(GOOD.encode(), mtime=0), None),
        ("orders/2025-04-01.csv.gz", gzip.compress(GOOD.encode(), mtime=0)[:-4], "broken_gzip"),
        ("orders/2025-04-01.csv.gz", GOOD, "broken_gzip"),
        ("orders/2025-04-01.csv", b"", "empty"),
        ("products/2025-04-01.csv", products(), "no_records"),
        ("products/2025-04-01.csv", products("", ""), "no_records"),
        ("orders/2025-04-01.csv", orders(), None),
        ("orders/2025-04-01.csv", orders("", ""), None),
        ("orders/2025-04-01.csv", GOOD.encode() + b"1,2,caf\xe9,,,\n", "not_utf8"),
        ("orders/2025-04-01.csv", GOOD.replace("user_id", "usr_id"), "header"),
        (
            "orders/2025-04-01.csv",
            GOOD.replace(",date", ",date,color").replace("1\n", "1,\n"),
            None,
        ),
        (
            "orders/2025-04-01.csv",
            GOOD.replace(",date", ",date,date").replace("1\n", "1,\n"),
            "header",
        ),
        ("orders/2025-02-29.csv", GOOD, "wrong_name"),
        ("orders/orders.csv", GOOD, "wrong_name"),
        ("orders/products.csv", GOOD, "wrong_name"),
        ("orders/2025-04-01.txt", GOOD, "wrong_name"),
        ("products/products.csv", products("1,1,Books,Pen"), None),
        ("products/2025-04-01.csv", products("1,1,Books,Pen"), None),
        ("products/2025-04-01.csv", GOOD, "header"),
    ],
)
def test_a_file_counts_only_when_it_can_be_read_as_a_whole(
    tmp_path: Path, name: str, content: str | bytes, fault: str | None
) -> None:
    assert fault_of(tmp_path, name, content) == fault


def test_a_faulty_file_does_not_touch_the_others(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"orders/2025-04-01.csv": GOOD, "orders/2025-04-02.csv": b""}
    assert order_ids(tmp_path, files) == [1]


def test_equal_contents_count_once_under_the_lowest_name(tmp_path: Path) -> None:
    oracle = oracle_of(
        tmp_path,
        {
            "orders/2025-04-03.csv": GOOD,
            "orders/2025-04-01.csv": GOOD,
            "orders/2025-04-02.csv": OTHER,
        },
    )
    assert oracle.rows("bronze.files", ["source_file", "fault"], ["source_file"]) == [
        ("orders/2025-04-01.csv", None),
        ("orders/2025-04-02.csv", None),
        ("orders/2025-04-03.csv", "duplicate"),
    ]
    assert oracle.rows("bronze.orders", ["order_id"], ["order_id"]) == [(1,), (2,)]


def test_a_file_with_a_wrong_name_is_no_first_copy(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"orders/2025-02-30.csv": GOOD, "orders/2025-04-01.csv": GOOD}
    assert order_ids(tmp_path, files) == [1]


def test_columns_are_read_by_name_and_unknown_ones_ignored(tmp_path: Path) -> None:
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": "color,product_name,department,product_id\n".replace(
                "color", "color,department_id"
            )
            + "red,4,Pen,Books,1\n"
        },
    )
    columns = ["product_id", "department_id", "department", "product_name"]
    assert oracle.rows("bronze.products", columns, []) == [(1, 4, "Books", "Pen")]


@pytest.mark.parametrize(("bad", "kept"), [(1, 9), (2, 0)])
def test_a_file_may_lose_a_tenth_of_its_records_and_no_more(
    tmp_path: Path, bad: int, kept: int
) -> None:
    lines = [order(number, 7, DAY, "5.00" if number > bad else "much") for number in range(1, 11)]
    assert len(order_ids(tmp_path, {"orders/2025-04-01.csv": orders(*lines)})) == kept


def test_records_are_numbered_with_the_rejected_ones_and_without_empty_lines(
    tmp_path: Path,
) -> None:
    lines = [order(number, 7, DAY, "5.00") for number in range(1, 21)]
    lines[1] = "1,2,3"
    lines.insert(3, "")
    oracle = oracle_of(tmp_path, {"orders/2025-04-01.csv": orders(*lines)})
    columns = ["order_id", "record_number"]
    assert oracle.rows("bronze.orders", columns, ["1"])[:3] == [(1, 1), (3, 3), (4, 4)]
    assert oracle.rows("bronze.files", ["record_count", "rejected_count"], []) == [(20, 1)]
    judged = oracle.rows("bronze.judged_orders", ["record_number", "reasons"], ["record_number"])
    assert judged[1] == (2, ("malformed",))


def many_products(*odd: str) -> str:
    return products(*odd, *(f"{number},1,Books,Plain" for number in range(100, 130)))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['1,1,Books,"Pen, red"'], {1: "Pen, red"}),
        (['1,1,Books,"Pen ""red"""'], {1: 'Pen "red"'}),
        (['1,1,Books,"Pen', 'red"', "2,1,Books,Ink"], {1: "Pen\nred", 2: "Ink"}),
        (['1,1,Books,5" ruler', "2,1,Books,Ink"], {1: '5" ruler', 2: "Ink"}),
        (['1,1,Books,"Pen', "2,1,Books,Ink"], {2: "Ink"}),
        (['1,1,Books,"Pen', '2,1,Books,"Ink, blue"'], {2: "Ink, blue"}),
        (['1,1,Books,"Pen"red', "2,1,Books,Ink"], {2: "Ink"}),
        (["1,1,Books,Pen,red", "2,1,Books", "3,1,Books,Ink"], {3: "Ink"}),
    ],
)
def test_quotes_follow_rfc_4180_and_a_broken_one_costs_one_line(
    tmp_path: Path, lines: list[str], expected: dict[int, str]
) -> None:
    oracle = oracle_of(tmp_path, {"products/products.csv": many_products(*lines)})
    rows = oracle.rows("bronze.products", ["product_id", "product_name"], ["product_id"])
    assert {row[0]: row[1] for row in rows if row[0] < 100} == expected
    assert len(rows) == 30 + len(expected)
