"""Products that are bought together, counted by hand."""

from __future__ import annotations

from pathlib import Path

from .oracle import Oracle
from .shop import item, oracle_of, order, order_items, orders, products, values_of

DAY = "2025-04-01"


def baskets(raw: Path, *contents: list[int]) -> Oracle:
    """One order of user 7 for each basket, in which products may repeat."""
    numbered = list(enumerate(contents, 1))
    items = [
        item(10 * number + place, number, 7, product_id, DAY, position=place)
        for number, content in numbered
        for place, product_id in enumerate(content, 1)
    ]
    return oracle_of(
        raw,
        {
            "products/products.csv": products(*(f"{n},1,Books,Pen" for n in range(1, 10))),
            "orders/2025-04-01.csv": orders(*(order(n, 7, DAY, "1.00") for n, _ in numbered)),
            "order_items/2025-04-01.csv": order_items(*items),
        },
    )


def test_a_pair_needs_three_orders_and_an_order_without_a_line_is_none(tmp_path: Path) -> None:
    """Products 4 and 5 are together twice; of seven orders six have a line."""
    oracle = baskets(tmp_path, [2, 1, 1, 3], [3, 1, 2], [1, 2, 3], [1, 1], [4, 5], [5, 4], [])
    columns = "product_a product_b n_a n_b n_ab support confidence_ab confidence_ba lift"
    assert values_of(oracle, "gold.basket_affinity", columns) == [
        line.split()
        for line in (
            "1 2 4 3 3 0.500000 0.750000 1.000000 1.500000",
            "1 3 4 3 3 0.500000 0.750000 1.000000 1.500000",
            "2 3 3 3 3 0.500000 1.000000 1.000000 2.000000",
        )
    ]


def partners(oracle: Oracle) -> dict[str, tuple[str, str]]:
    """Each product with its best partner and the lift."""
    columns = "product_id top_affinity_product_id top_affinity_lift"
    rows = values_of(oracle, "gold.product_performance", columns)
    return {row[0]: (row[1], row[2]) for row in rows if row[1] != "-"}


def test_the_best_partner_has_the_highest_lift_and_then_the_lower_id(tmp_path: Path) -> None:
    oracle = baskets(tmp_path, [1, 2, 3], [1, 2, 3], [1, 2, 3], [1], [4, 5], [4, 5])
    assert partners(oracle) == {
        "1": ("2", "1.500000"),
        "2": ("3", "2.000000"),
        "3": ("2", "2.000000"),
    }


def test_of_equal_lifts_the_pair_of_more_orders_comes_first(tmp_path: Path) -> None:
    """Products 2 and 3 are bought with product 1 alone: three and four of eight orders."""
    oracle = baskets(tmp_path, *([1, 2] for _ in range(3)), *([1, 3] for _ in range(4)), [4])
    assert partners(oracle) == {
        "1": ("3", "1.142857"),
        "2": ("1", "1.142857"),
        "3": ("1", "1.142857"),
    }
