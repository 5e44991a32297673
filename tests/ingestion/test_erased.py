from __future__ import annotations

from collections.abc import Callable

import pytest

from ingestion.erased import Erased, text_names, user_hash
from ingestion.reader import read_file
from ingestion.tables import ORDERS, PRODUCTS, Table

HEADER = "order_num,order_id,user_id,order_timestamp,total_amount,date"
TIME = "2025-04-01T10:00:00,5,2025-04-01"


def erased(*user_ids: int) -> Erased:
    return Erased("salt", frozenset(user_hash("salt", user_id) for user_id in user_ids))


def kept(people: Erased, table: Table, *lines: str) -> list[int]:
    """Numbers of the records that are left of a file of these lines, the header first."""
    content = "".join(f"{line}\n" for line in lines).encode()
    header, batches = read_file(content, "file.csv", table, 10_000)
    left = [people.without(batch, table, header.names) for batch in batches]
    return sorted(number for batch in left for number in batch["record_number"].to_pylist())


def test_leaves_out_the_records_of_the_person_and_no_others_with_the_same_number() -> None:
    lines = [f"1,11,7,{TIME}", f"7,7,8,{TIME}", f"2,12,70,{TIME}", f"3,13,007,{TIME}"]
    assert kept(erased(7), ORDERS, HEADER, *lines) == [2, 3]
    assert kept(erased(), ORDERS, HEADER, *lines) == [1, 2, 3, 4]
    assert kept(erased(7, 8), ORDERS, HEADER, *lines) == [3]


def test_finds_the_column_by_its_name_in_a_file_of_another_order() -> None:
    header = "user_id,order_num,order_id,order_timestamp,total_amount,date"
    assert kept(erased(7), ORDERS, header, f"7,1,11,{TIME}", f"8,1,7,{TIME}") == [2]


def test_leaves_out_refused_records_too() -> None:
    lines = [
        "1,11,7,never,5,2025-04-01",  # the user is read, the time is not
        f"1,7,,{TIME}",  # nobody's: the order has the number
        f"1,12,7.0,{TIME}",  # as a tool writes it that has no whole numbers
        "1,11,7",  # too few fields: which one is the user, nobody knows
        '1,"11,8,x',
    ]
    assert kept(erased(7), ORDERS, HEADER, *lines) == [2, 5]


def test_a_table_without_people_keeps_every_record() -> None:
    header = "product_id,department_id,department,product_name"
    assert kept(erased(7), PRODUCTS, header, "7,7,Books,Atlas", "7,7") == [1, 2]


@pytest.mark.parametrize(
    ("text", "header", "is_named"),
    [
        ("7,8", ["user_id", "order_id"], True),
        ("8,7", ["user_id", "order_id"], False),
        ('"7",8', ["user_id", "order_id"], True),
        ("8,7", None, True),
        ("8,70,7x,x7,7.5,2025-07-07,10:07:07", None, False),
        ("8;7", ["user_id", "order_id"], True),
    ],
)
def test_a_text_names_a_person(text: str, header: list[str] | None, is_named: bool) -> None:
    is_person: Callable[[int], bool] = (7).__eq__
    assert text_names(text, header, is_person) is is_named


def test_a_hash_depends_on_the_salt() -> None:
    assert user_hash("a", 7) != user_hash("b", 7)
    assert not Erased("b", frozenset([user_hash("a", 7)])).holds(7)
