"""A run is killed at chosen points and run again: the tables are as if nothing had happened."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.compare import Rows, assert_rows_add_up, assert_same_values, values_of
from tests.lake import WITHOUT_TESTS
from tests.properties.killed import Point
from tests.properties.lakes import Lakes
from tests.properties.plans import Plan
from tests.properties.shop import Bad, Content, Line, Order, Product

PRODUCTS = (Product(1, "Books", "Tea"), Product(2, " toy", "Salt"))
CHANGED = (Product(1, "Toys", "Tea"), Product(3, "Pets", "Soap"))
ORDERS = (Order(1, 1, 0, 10, 999, 0), Order(2, 2, 0, 11, 500, 0), Order(3, 1, 0, 12, 0, 0))
NEXT_ORDERS = (Order(4, 1, 1, 10, 301, 1), Order(2, 2, 1, 9, 600, 1))
# The third waits for its product, the sixth for its order; the last order never comes.
LINES = tuple(
    Line(number, order_id, user_id, product_id, number, 0, None, 0)
    for number, (order_id, user_id, product_id) in enumerate(
        [(1, 1, 1), (1, 1, 2), (1, 1, 3), (2, 2, 1), (2, 2, 2), (4, 1, 1), (9, 1, 1)], 1
    )
)
NEXT_LINES = tuple(
    replace(LINES[0], id=number, order_id=4, day=1, position=number) for number in range(101, 110)
)

FIRST = {
    "products/products.csv": Content("products", PRODUCTS),
    "orders/2025-03-30.csv": Content("orders", ORDERS),
    "order_items/2025-03-30.csv": Content("order_items", LINES),
}
# A corrected file, an order that moves to another day, a newer version of a line, other products.
SECOND = {
    "products/products.csv": Content("products", PRODUCTS),
    "products/2025-03-31.csv": Content("products", CHANGED),
    "orders/2025-03-30.csv": Content("orders", (replace(ORDERS[0], cents=1000), *ORDERS[1:])),
    "orders/2025-03-31.csv": Content("orders", NEXT_ORDERS),
    "order_items/2025-03-30.csv": Content("order_items", LINES),
    "order_items/2025-03-31.csv": Content(
        "order_items", (*NEXT_LINES, replace(LINES[0], reordered=1), Bad("oops", "malformed"))
    ),
}
PLAN = Plan((FIRST, SECOND))


@pytest.fixture(scope="module")
def first_run(lakes: Lakes) -> Iterator[Path]:
    """A root on which the first state is loaded and built."""
    with TemporaryDirectory(dir=lakes.folder) as folder:
        root = Path(folder) / "root"
        lakes.run(root, FIRST)
        yield root


@pytest.fixture
def root(lakes: Lakes) -> Iterator[Path]:
    """A place for a root, gone after the test."""
    with TemporaryDirectory(dir=lakes.folder) as folder:
        yield Path(folder) / "root"


@pytest.fixture(scope="module")
def undisturbed(lakes: Lakes, first_run: Path) -> dict[str, Rows]:
    """The values that both runs give when nobody kills them, which the oracle confirms."""
    with TemporaryDirectory(dir=lakes.folder) as folder:
        root = Path(folder) / "root"
        shutil.copytree(first_run, root)
        lakes.run(root, SECOND)
        lakes.judge_end(root, PLAN)
        return values_of(lakes.settings(root))


def assert_made_good(
    lakes: Lakes,
    root: Path,
    point: Point,
    expected: dict[str, Rows],
    arguments: Sequence[str] = WITHOUT_TESTS,
) -> None:
    """Kill the second run at the point, run again, and compare all tables."""
    assert lakes.kill(root, SECOND, point, arguments)
    lakes.run(root, SECOND, arguments)
    assert_same_values(expected, values_of(lakes.settings(root)))
    assert_rows_add_up(lakes.settings(root))


POINTS = [
    Point("within", "insert into bronze.orders"),
    Point("before", "insert into ops.ingested_files"),
    Point("before", "* silver.products"),
    Point("after", "* silver.orders"),
    Point("within", "optimize silver.order_items"),
    Point("after", "* silver.department_days"),
]


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_a_run_that_was_killed_is_made_good_by_the_next(
    point: Point, lakes: Lakes, first_run: Path, undisturbed: dict[str, Rows], root: Path
) -> None:
    shutil.copytree(first_run, root)
    assert_made_good(lakes, root, point, undisturbed)


def test_a_whole_run_that_was_killed_when_it_was_recorded_is_made_good_by_the_next(
    lakes: Lakes, first_run: Path, undisturbed: dict[str, Rows], root: Path
) -> None:
    shutil.copytree(first_run, root)
    assert_made_good(lakes, root, Point("within", "append ops.builds"), undisturbed, ())


FIRST_POINTS = [
    Point("within", "create table if not exists bronze.orders"),
    Point("within", "* silver.orders"),
]


@pytest.mark.parametrize("point", FIRST_POINTS, ids=str)
def test_a_first_run_that_was_killed_is_made_good_by_the_next(
    point: Point, lakes: Lakes, undisturbed: dict[str, Rows], root: Path
) -> None:
    assert_made_good(lakes, root, point, undisturbed)
