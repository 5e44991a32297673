"""The rules of silver, shown firing and staying quiet."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from .oracle import Oracle
from .shop import item, oracle_of, order, order_items, orders, products, write_raw

DAY = "2025-04-01"
PEN = products("1,1,Books,Pen")


def test_the_newest_products_file_wins_and_says_who_is_active(tmp_path: Path) -> None:
    """The files of April 3 (empty) and 4 (too many rejects) do not count."""
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": products("1,1,Books,Old", "2,1,Books,Gone", "3,1,Toys,Left"),
            "products/2025-04-02.csv": products("1,2,Home,New", "4,1,Toys,Once"),
            "products/2025-04-01.csv": products("1,1,Toys,Middle", "2,9,Toys,Later"),
            "products/2025-04-03.csv": b"",
            "products/2025-04-04.csv": products("many,1,Toys,Rejects", "1,1,Toys,Newer"),
        },
    )
    columns = ["product_id", "department_id", "department", "product_name", "is_active"]
    assert oracle.rows("silver.products", columns, ["product_id"]) == [
        (1, 2, "Home", "New", True),
        (2, 9, "Toys", "Later", False),
        (3, 1, "Toys", "Left", False),
        (4, 1, "Toys", "Once", True),
    ]


def test_a_products_file_with_the_list_of_an_earlier_day_is_the_newest_list(
    tmp_path: Path,
) -> None:
    oracle = oracle_of(
        tmp_path,
        {
            "products/2025-04-01.csv": products("1,1,Toys,Old"),
            "products/2025-04-02.csv": products("1,1,Toys,New", "2,1,Toys,Once"),
            "products/2025-04-03.csv": products("1,1,Toys,Old"),
        },
    )
    assert oracle.rows("silver.products", ["product_name", "is_active"], ["product_id"]) == [
        ("Old", True),
        ("Once", False),
    ]


def test_a_key_twice_in_one_products_file_takes_the_later_record(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "products/products.csv": products("1,1,Books,First", "1,1,Books,Second")
    }
    names = oracle_of(tmp_path, files).rows("silver.products", ["product_name"], [])
    assert names == [("Second",)]


def test_a_product_id_must_be_positive(tmp_path: Path) -> None:
    oracle = oracle_of(tmp_path, {"products/products.csv": products("0,1,A,B", "-1,1,A,B")})
    assert oracle.rows("silver.products", ["product_id"], []) == []
    assert oracle.rows("silver.products_rejected", ["product_id", "reasons"], ["1"]) == [
        (-1, ("not_positive:product_id",)),
        (0, ("not_positive:product_id",)),
    ]


def test_names_are_trimmed_and_departments_standardised(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "products/products.csv": products(
            "1,1, BOOKS ,  Red  pen ", "2,1,book,Ink", "3,1, Garden ,Rake", "4,1,Books,Pad"
        ),
        "aliases.csv": "alias,department\nBooks ,Books\nbook,Books\n",
    }
    raw = write_raw(tmp_path, files)
    oracle = Oracle(raw, aliases=raw / "aliases.csv")
    columns = ["product_id", "department", "product_name"]
    assert oracle.rows("silver.products", columns, ["product_id"]) == [
        (1, "Books", "Red pen"),
        (2, "Books", "Ink"),
        (3, "Garden", "Rake"),
        (4, "Books", "Pad"),
    ]


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("1,5,7,2025-04-01T10:00:00,0.01,2025-04-01", ()),
        ("1,5,7,2025-04-01T10:00:00,100000.00,2025-04-01", ()),
        ("1,5,7,2025-04-01T23:59:59.999999,9,2025-04-01", ()),
        ("1,5,7,2025-04-02T01:00:00+02:00,9,2025-04-01", ()),
        ("1,5,7,2025-04-01T10:00:00,0.00,2025-04-01", ("below:total_amount",)),
        ("1,5,7,2025-04-01T10:00:00,100000.01,2025-04-01", ("above:total_amount",)),
        ("1,5,7,2025-04-02T00:00:00,9,2025-04-01", ("mismatch:date",)),
        ("1,5,7,2025-04-01T23:00:00-02:00,9,2025-04-01", ("mismatch:date",)),
        ("1,0,7,2025-04-01T10:00:00,9,2025-04-01", ("not_positive:order_id",)),
        ("1,5,0,2025-04-01T10:00:00,9,2025-04-01", ("not_positive:user_id",)),
        (
            "1,-5,-7,2025-04-01T10:00:00,-9,2025-04-02",
            (
                "below:total_amount",
                "mismatch:date",
                "not_positive:order_id",
                "not_positive:user_id",
            ),
        ),
    ],
)
def test_rules_of_orders(tmp_path: Path, line: str, reasons: tuple[str, ...]) -> None:
    oracle = oracle_of(tmp_path, {"orders/2025-04-01.csv": orders(line)})
    rejected = oracle.rows("silver.orders_rejected", ["order_id", "reasons"], [])
    assert rejected == ([(line.split(",")[1], reasons)] if reasons else [])
    assert len(oracle.rows("silver.orders", ["order_id"], [])) == (0 if reasons else 1)


def test_the_newest_valid_version_of_an_order_wins(tmp_path: Path) -> None:
    oracle = oracle_of(
        tmp_path,
        {
            "orders/2025-04-03.csv": orders(order(1, 7, DAY, "3.00"), order(2, 7, DAY, "0.00")),
            "orders/2025-04-01.csv": orders(order(1, 7, DAY, "1.00"), order(2, 7, DAY, "1.00")),
            "orders/2025-04-02.csv": orders(
                order(1, 7, DAY, "2.00"), order(2, 7, DAY, "2.00"), order(2, 8, DAY, "2.50")
            ),
        },
    )
    assert oracle.rows("silver.orders", ["order_id", "user_id", "total_amount"], ["1"]) == [
        (1, 7, Decimal("3.00")),
        (2, 8, Decimal("2.50")),
    ]


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("1,5,7,,1,1,0,2025-04-01T10:00:00,2025-04-01", ()),
        ("1,5,7,0,1,1,1,2025-04-01T12:00:00+02:00,2025-04-01", ()),
        ("0,5,7,,1,1,0,2025-04-01T10:00:00,2025-04-01", ("not_positive:id",)),
        ("1,6,7,,1,1,0,2025-04-01T10:00:00,2025-04-01", ("unknown_order",)),
        ("1,5,7,,2,1,0,2025-04-01T10:00:00,2025-04-01", ("unknown_product",)),
        ("1,5,8,,1,1,0,2025-04-01T10:00:00,2025-04-01", ("mismatch:user_id",)),
        ("1,5,7,,1,1,0,2025-04-01T10:00:01,2025-04-01", ()),
        ("1,5,7,,1,1,0,2025-04-01T10:00:00,2025-04-02", ()),
        ("1,5,7,,1,0,0,2025-04-01T10:00:00,2025-04-01", ("below:add_to_cart_order",)),
        ("1,5,7,,1,1,2,2025-04-01T10:00:00,2025-04-01", ("invalid:reordered",)),
        ("1,5,7,,1,1,-1,2025-04-01T10:00:00,2025-04-01", ("invalid:reordered",)),
        ("1,5,7,-1,1,1,0,2025-04-01T10:00:00,2025-04-01", ("below:days_since_prior_order",)),
        (
            "1,0,0,,0,1,0,2025-04-02T10:00:00,2025-04-02",
            (
                "not_positive:order_id",
                "not_positive:product_id",
                "not_positive:user_id",
                "unknown_order",
                "unknown_product",
            ),
        ),
    ],
)
def test_rules_of_order_items(tmp_path: Path, line: str, reasons: tuple[str, ...]) -> None:
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": PEN,
            "orders/2025-04-01.csv": orders(order(5, 7, DAY, "9.00"), order(6, 7, DAY, "0.00")),
            "order_items/2025-04-01.csv": order_items(line),
        },
    )
    rejected = oracle.rows("silver.order_items_rejected", ["reasons"], [])
    assert rejected == ([(reasons,)] if reasons else [])
    assert len(oracle.rows("silver.order_items", ["id"], [])) == (0 if reasons else 1)


def test_items_are_judged_by_the_winning_version_of_their_order(tmp_path: Path) -> None:
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": PEN,
            "orders/2025-04-01.csv": orders(order(5, 7, DAY, "9.00")),
            "orders/2025-04-02.csv": orders(order(5, 8, DAY, "9.00")),
            "order_items/2025-04-01.csv": order_items(item(1, 5, 7, 1, DAY), item(2, 5, 8, 1, DAY)),
        },
    )
    assert oracle.rows("silver.order_items", ["id"], []) == [(2,)]


def test_the_newest_valid_version_of_an_item_wins(tmp_path: Path) -> None:
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": PEN,
            "orders/2025-04-01.csv": orders(order(5, 7, DAY, "9.00")),
            "order_items/2025-04-01.csv": order_items(
                item(1, 5, 7, 1, DAY, position=1), item(1, 5, 7, 1, DAY, position=2)
            ),
            "order_items/2025-04-02.csv": order_items(item(2, 5, 7, 1, DAY, position=3)),
            "order_items/2025-04-03.csv": order_items(
                item(1, 5, 7, 1, DAY, position=0), item(2, 5, 7, 1, DAY, position=4)
            ),
        },
    )
    assert oracle.rows("silver.order_items", ["id", "add_to_cart_order"], ["id"]) == [
        (1, 2),
        (2, 4),
    ]


def test_an_amount_is_shared_to_the_cent_by_cart_position_then_id(tmp_path: Path) -> None:
    oracle = oracle_of(
        tmp_path,
        {
            "products/products.csv": PEN,
            "orders/2025-04-01.csv": orders(
                order(5, 7, DAY, "10.01"), order(6, 7, DAY, "0.02"), order(7, 7, DAY, "4.00")
            ),
            "order_items/2025-04-01.csv": order_items(
                item(11, 5, 7, 1, DAY, position=3),
                item(12, 5, 7, 1, DAY, position=1),
                item(13, 5, 7, 1, DAY, position=2),
                item(23, 6, 7, 1, DAY, position=1),
                item(22, 6, 7, 1, DAY, position=1),
                item(21, 6, 7, 1, DAY, position=1),
                item(24, 6, 7, 1, DAY, position=0),
            ),
        },
    )
    assert oracle.rows("silver.order_items", ["id", "allocated_amount"], ["id"]) == [
        (11, Decimal("3.33")),
        (12, Decimal("3.34")),
        (13, Decimal("3.34")),
        (21, Decimal("0.01")),
        (22, Decimal("0.01")),
        (23, Decimal("0.00")),
    ]
