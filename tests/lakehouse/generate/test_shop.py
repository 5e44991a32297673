from __future__ import annotations

import re
from collections import Counter
from itertools import groupby

import pytest

from .judge import HEADERS, read_table
from .made import Made, Make

DEPARTMENTS = {"Books", "Clothing", "Electronics", "Home", "Sports", "Toys"}
ORDER = re.compile(rb"\d+,\d+,\d+,(\d{4}-\d\d-\d\d)T\d\d:\d\d:00,\d+(\.\d?[1-9])?,\1")
ITEM = re.compile(rb"(\d+,){7}(\d{4}-\d\d-\d\d)T\d\d:\d\d:00,\2")
PRODUCT = re.compile(rb"(\d+),[1-6],[A-Z][a-z]+,Product_\1_[A-Z][a-z]+")


def rows_of(made: Made, table: str) -> list[dict[str, str]]:
    rows = []
    for path in sorted((made.raw / table).iterdir()):
        names, records = read_table(path)
        rows += [dict(zip(names, fields or (), strict=True)) for fields in records]
    return rows


def test_files_have_the_names_and_headers_of_the_real_ones(make: Make) -> None:
    files = make(days=2).files
    assert list(files) == [
        "order_items/2025-04-01.csv",
        "order_items/2025-04-02.csv",
        "orders/2025-04-01.csv",
        "orders/2025-04-02.csv",
        "products/products.csv",
    ]
    for path, content in files.items():
        assert content.split(b"\n")[0].decode() == HEADERS[path.partition("/")[0]]


@pytest.mark.parametrize(
    ("table", "shape"), [("orders", ORDER), ("order_items", ITEM), ("products", PRODUCT)]
)
def test_every_record_is_written_as_in_the_real_files(
    make: Make, table: str, shape: re.Pattern[bytes]
) -> None:
    for path, content in make().files.items():
        if path.startswith(f"{table}/"):
            _, *records, after_last = content.split(b"\n")
            assert after_last == b""
            assert [record for record in records if not shape.fullmatch(record)] == []


def test_orders_are_numbered_on_from_day_to_day_and_dated_as_their_file(make: Make) -> None:
    made = make(days=3)
    orders = rows_of(made, "orders")
    assert [int(order["order_id"]) for order in orders] == list(range(10_000, 10_120))
    for day in ("2025-04-01", "2025-04-02", "2025-04-03"):
        _, records = read_table(made.raw / "orders" / f"{day}.csv")
        assert {fields[-1] for fields in records if fields} == {day}
    assert all(20 <= float(order["total_amount"]) <= 500 for order in orders)
    assert {int(order["order_num"]) in range(1, 101) for order in orders} == {True}


def test_each_order_has_one_to_ten_lines_that_agree_with_it(make: Make) -> None:
    made = make(days=3)
    orders = {order["order_id"]: order for order in rows_of(made, "orders")}
    items = rows_of(made, "order_items")
    assert [int(item["id"]) for item in items] == list(range(1, len(items) + 1))
    lines = {key: list(group) for key, group in groupby(items, lambda item: item["order_id"])}
    assert list(lines) == list(orders)
    assert {len(group) for group in lines.values()} == set(range(1, 11))
    for key, group in lines.items():
        assert [int(item["add_to_cart_order"]) for item in group] == [*range(1, len(group) + 1)]
        for name in ("user_id", "order_timestamp", "date"):
            assert {item[name] for item in group} == {orders[key][name]}


def test_keeps_the_oddities_of_the_real_items(make: Make) -> None:
    items = rows_of(make(days=5), "order_items")
    pairs = Counter((item["order_id"], item["product_id"]) for item in items)
    days_of = {(item["order_id"], item["days_since_prior_order"]) for item in items}
    assert max(pairs.values()) > 1
    assert len(days_of) > len({order for order, _ in days_of})
    assert {item["days_since_prior_order"] for item in items} == {str(days) for days in range(31)}
    flags = Counter(item["reordered"] for item in items)
    assert 0.4 < flags["1"] / flags.total() < 0.6
    assert {int(item["product_id"]) for item in items} <= set(range(1, 61))


def test_the_department_id_says_nothing_about_the_department(make: Make) -> None:
    products = rows_of(make(days=1, products=1_000), "products")
    assert [int(product["product_id"]) for product in products] == list(range(1, 1_001))
    assert {product["department"] for product in products} == DEPARTMENTS
    assert len({(product["department"], product["department_id"]) for product in products}) == 36


def test_most_customers_order_once_and_a_few_come_back_often(make: Make) -> None:
    orders = rows_of(make(days=10, orders_per_day=60), "orders")
    by_user = Counter(order["user_id"] for order in orders)
    by_count = Counter(by_user.values())
    assert by_count[1] > by_count[2] > by_count[3] > 0
    assert max(by_count) >= 5
    assert min(map(int, by_user)) >= 1_001


def test_the_same_plan_gives_the_same_bytes_and_another_seed_does_not(make: Make) -> None:
    first, again, other = (
        make(seed=seed, folder=folder).files for seed, folder in ((1, "a"), (1, "b"), (2, "c"))
    )
    assert first == again
    assert not set(first.values()) & set(other.values())


def test_a_longer_plan_begins_with_the_files_of_the_shorter_one(make: Make) -> None:
    shorter, longer = make(days=2, folder="a").files, make(days=5, folder="b").files
    assert shorter.items() <= longer.items()
    assert len(longer) == 11
