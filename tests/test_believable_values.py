"""Values that nobody can have meant are rejected with a reason, and gold stays right beside them.

Expected values: counted by hand, and the oracle.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from rich.console import Console

from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.results import EXIT_FAILED
from tests.compare import assert_equals_oracle
from tests.lake import Lakehouse
from tests.oracle.shop import item, order, order_items, orders, products, write_raw

FIRST, SECOND = "2025-04-01", "2025-04-02"
FAR_DAYS = (
    *("0001-01-01", "1999-12-31", "2025-04-04", "2205-04-02", "2262-04-12", "9999-12-31"),
    "2024-04-02",
)
# Composed and decomposed letters, blanks and marks without width: two departments, not fifteen.
HOMES = ["Home", "Home\u00a0", "Home\t", "\u200bHome", "Ho\u200bme", "Home\ufeff", "\u3000Home"]
CAFES = ["Caf\u00e9 Bar", "Cafe\u0301 Bar", "Caf\u00e9 \u2003 Bar", "Caf\u00e9\u00a0Bar\u200d"]


@pytest.fixture
def built(lakehouse: Lakehouse) -> Lakehouse:
    """Two days of two orders of 10.00, and what can't be true, each with a line."""
    far = [order(number, 9, day, "1.00") for number, day in enumerate(FAR_DAYS, 100)]
    good = [
        item(number, number, number, 1 + number % 11, day)
        for number, day in ((1, FIRST), (2, FIRST), (3, SECOND), (4, SECOND))
    ]
    names = [f'{number},1,"{name}",Pen' for number, name in enumerate([*HOMES, *CAFES], 1)]
    write_raw(
        lakehouse.raw,
        {
            "products/products.csv": products(*names, "99,1,\u200b,Pen"),
            f"orders/{FIRST}.csv": orders(order(1, 1, FIRST, "10.00"), order(2, 2, FIRST, "10.00")),
            f"orders/{SECOND}.csv": orders(
                order(3, 3, SECOND, "10.00"),
                order(4, 4, SECOND, "10.00"),
                *far,
                *(order(number, 5, SECOND, "1.00") for number in range(200, 260)),
            ),
            f"order_items/{FIRST}.csv": order_items(*good[:2]),
            f"order_items/{SECOND}.csv": order_items(
                *good[2:],
                item(10, 100, 9, 1, FAR_DAYS[0]),
                item(11, 4, 4, 1, SECOND, days_since=2**63 - 1),
                item(12, 4, 4, 1, SECOND, position=2**63 - 1),
                item(13, 4, 4, 1, SECOND, days_since=36500),
            ),
        },
    )
    done = run(lakehouse.settings, Display(Console(), quiet=True))
    assert done.exit_code != EXIT_FAILED, [node for node in done.results if node.is_bad]
    return lakehouse


def test_what_nobody_can_have_meant_is_rejected_and_names_have_one_spelling(
    built: Lakehouse,
) -> None:
    rejected = built.query("select order_id, reasons[1] from silver.orders_rejected order by 1")
    assert rejected == [
        (100, "too_early:date"),
        (101, "too_early:date"),
        (102, "too_late:date"),
        (103, "too_late:date"),
        (104, "too_late:date"),
        (105, "too_late:date"),
        (106, "too_early:date"),
    ]
    assert built.query("select id, reasons[1] from silver.order_items_rejected order by 1") == [
        (10, "unknown_order"),
        (11, "above:days_since_prior_order"),
        (12, "above:add_to_cart_order"),
    ]
    days = "select order_date, total_sales from gold.daily_sales order by 1"
    assert [(str(day), sales) for day, sales in built.query(days)] == [
        (FIRST, Decimal("20.00")),
        (SECOND, Decimal("80.00")),
    ]
    departments = "select department, count(*) from silver.products group by 1 order by 1"
    assert built.query(departments) == [("Caf\u00e9 Bar", 4), ("Home", 7)]
    assert_equals_oracle(built.settings, built.raw)
