"""Several ingestions at once on one root, in every order in which their locks let them go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import permutations

import pytest

from ingestion.ingest import Report, ingest
from ingestion.ledger import Batch
from ingestion.selection import Selection
from ingestion.writer_lock import Hold
from tests.lake import STARTED_AT, Lakehouse

ORDERS = "order_num,order_id,user_id,order_timestamp,total_amount,date"
ITEMS = (
    "id,order_id,user_id,days_since_prior_order,product_id,add_to_cart_order,reordered,"
    "order_timestamp,date"
)
FIRST, SECOND = date(2025, 4, 1), date(2025, 4, 2)


def order(order_id: int | str, day: int) -> str:
    return f"1,{order_id},7,2025-04-{day:02d}T10:00:00,9.50,2025-04-{day:02d}"


def item(line_id: int | str, day: int) -> str:
    return f"{line_id},1,7,,3,1,0,2025-04-{day:02d}T10:00:00,2025-04-{day:02d}"


def write_orders(lakehouse: Lakehouse, day: int, *order_ids: int | str) -> None:
    rows = [order(order_id, day) for order_id in order_ids]
    lakehouse.write(f"orders/2025-04-{day:02d}.csv", ORDERS, *rows)


def write_items(lakehouse: Lakehouse, day: int, *line_ids: int | str) -> None:
    rows = [item(line_id, day) for line_id in line_ids]
    lakehouse.write(f"order_items/2025-04-{day:02d}.csv", ITEMS, *rows)


class Meeting:
    """The locks of a run, at one of which another run comes in between.

    Args:
        lock_number: Before this one is taken, counted from 0, the other run is done as a whole.
        other: Does it.
    """

    def __init__(self, lock_number: int, other: Callable[[], object]) -> None:
        self.taken: list[str] = []
        self._lock_number = lock_number
        self._other = other

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        if len(self.taken) == self._lock_number:
            self._other()
        self.taken.append(name)
        yield


def load(lakehouse: Lakehouse, selection: Selection, hold: Hold, batch_id: str = "batch") -> Report:
    batch = Batch(batch_id, STARTED_AT)
    return ingest(lakehouse.spark, lakehouse.settings, batch, selection, hold=hold)


def nothing() -> None:
    pass


@pytest.mark.parametrize("jobs", list(permutations(["products", "orders", "order_items"])))
@pytest.mark.parametrize("lock_numbers", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_three_jobs_at_once_leave_what_one_run_leaves(
    lakehouse: Lakehouse, jobs: Sequence[str], lock_numbers: tuple[int, int]
) -> None:
    write_orders(lakehouse, 1, *range(10, 30), "broken")
    write_orders(lakehouse, 3, 31)
    write_items(lakehouse, 2, *range(40, 60), "broken")
    write_items(lakehouse, 3, 61)
    lakehouse.write("returns/2025-04-01.csv", "id", "1")
    first, second, third = (Selection([job]) for job in jobs)

    def run_third() -> None:
        load(lakehouse, third, Meeting(0, nothing).hold)

    def run_second() -> None:
        load(lakehouse, second, Meeting(lock_numbers[1], run_third).hold)

    load(lakehouse, first, Meeting(lock_numbers[0], run_second).hold)
    assert lakehouse.ledger() == {
        "orders/2025-04-01.csv": "loaded",
        "orders/2025-04-03.csv": "loaded",
        "order_items/2025-04-02.csv": "loaded",
        "order_items/2025-04-03.csv": "loaded",
        "returns/2025-04-01.csv": "quarantined",
    }
    missing = "select expected_file, state from ops.missing_files order by 1"
    assert lakehouse.query(missing) == [
        ("order_items/2025-04-01.csv", "missing"),
        ("orders/2025-04-02.csv", "missing"),
        ("products/products.csv", "missing"),
    ]
    rejected = "select table_name, source_file from ops.rejected_records order by 1"
    assert lakehouse.query(rejected) == [
        ("order_items", "order_items/2025-04-02.csv"),
        ("orders", "orders/2025-04-01.csv"),
    ]
    counts = "select (select count(*) from bronze.orders), count(*) from bronze.order_items"
    assert lakehouse.query(counts) == [(21, 21)]


@pytest.mark.parametrize("lock_number", [0, 1])
def test_a_file_that_another_run_has_just_loaded_is_not_loaded_again(
    lakehouse: Lakehouse, lock_number: int
) -> None:
    write_orders(lakehouse, 1, 10)
    both = Selection(["orders", "order_items"])

    def run_other() -> None:
        load(lakehouse, Selection(["orders"]), Meeting(0, nothing).hold, "other")

    report = load(lakehouse, both, Meeting(lock_number, run_other).hold, "late")
    assert report.rows == []
    assert lakehouse.query("select distinct batch_id from bronze.orders") == [("other",)]
    assert lakehouse.query("select batch_id from ops.ingested_files") == [("other",)]


@pytest.mark.parametrize("days", [(FIRST, SECOND), (SECOND, FIRST)])
def test_the_same_content_of_two_days_that_two_runs_load_is_there_once(
    lakehouse: Lakehouse, days: tuple[date, date]
) -> None:
    for name in ("orders/2025-04-01.csv", "orders/2025-04-02.csv"):
        lakehouse.write(name, ORDERS, order(10, 1))
    mine, others = (Selection(["orders"], [day]) for day in days)

    def run_other() -> None:
        load(lakehouse, others, Meeting(0, nothing).hold)

    load(lakehouse, mine, Meeting(0, run_other).hold)
    assert lakehouse.query("select order_id, source_file from bronze.orders") == [
        (10, "orders/2025-04-01.csv")
    ]
    assert lakehouse.ledger() == {
        "orders/2025-04-01.csv": "loaded",
        "orders/2025-04-02.csv": "duplicate",
    }


def test_locks_are_taken_in_one_order_and_that_of_the_ops_tables_last(lakehouse: Lakehouse) -> None:
    write_orders(lakehouse, 1, 10)
    meeting = Meeting(9, nothing)
    load(lakehouse, Selection(["products", "orders", "order_items"]), meeting.hold)
    assert meeting.taken == ["bronze.order_items", "bronze.orders", "bronze.products", "ops"]


def test_a_run_that_died_with_a_lock_in_hand_is_made_good_by_the_next(lakehouse: Lakehouse) -> None:
    write_orders(lakehouse, 1, 10, 11)

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(lakehouse, Selection(["orders"]), Meeting(1, die).hold)
    assert lakehouse.ledger() == {}
    load(lakehouse, Selection(["orders"]), Meeting(9, nothing).hold)
    assert lakehouse.query("select order_id from bronze.orders order by 1") == [(10,), (11,)]
    assert lakehouse.ledger() == {"orders/2025-04-01.csv": "loaded"}


def test_only_the_days_that_are_asked_for_are_loaded(lakehouse: Lakehouse) -> None:
    write_orders(lakehouse, 1, 10)
    write_orders(lakehouse, 2, 20)
    write_orders(lakehouse, 3, 30)
    lakehouse.write("orders/april.csv", ORDERS, order(40, 4))
    lakehouse.write("returns/2025-04-02.csv", "id", "1")
    lakehouse.write("products/products.csv", "product_id,department_id,department,product_name")
    days = Selection(["products", "orders"], [FIRST, SECOND])
    report = load(lakehouse, days, Meeting(9, nothing).hold)
    assert lakehouse.ledger() == {
        "orders/2025-04-01.csv": "loaded",
        "orders/2025-04-02.csv": "loaded",
    }
    assert [file.table_name for file in report.missing] == ["products"]


def test_a_day_without_a_file_is_reported(
    lakehouse: Lakehouse, caplog: pytest.LogCaptureFixture
) -> None:
    write_orders(lakehouse, 1, 10)
    load(lakehouse, Selection(["orders"], [FIRST, SECOND]), Meeting(9, nothing).hold)
    assert caplog.messages == ["There is no raw file of orders for 2025-04-02."]


def test_a_file_in_no_table_folder_is_left_to_the_run_of_the_first_table(
    lakehouse: Lakehouse,
) -> None:
    lakehouse.write("returns/2025-04-01.csv", "id", "1")
    load(lakehouse, Selection(["orders", "order_items"]), Meeting(9, nothing).hold)
    assert lakehouse.ledger() == {}
    load(lakehouse, Selection(["products"]), Meeting(9, nothing).hold)
    assert lakehouse.ledger() == {"returns/2025-04-01.csv": "quarantined"}
