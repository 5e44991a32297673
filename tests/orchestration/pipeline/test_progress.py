"""Progress comes from all of dbt's threads at once, and may never make a node fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestration.pipeline.dbt import NodeEvent
from orchestration.pipeline.progress import NodeProgress


def event(name: str, *, is_finished: bool, kind: str = "model") -> NodeEvent:
    return NodeEvent(name, kind, is_finished, position=1, total=3)


def test_the_newest_thing_in_hand_is_shown_with_what_is_done() -> None:
    shown: list[tuple[str, int, int]] = []
    progress = NodeProgress(lambda what, done, total: shown.append((what, done, total)))
    progress(event("orders", is_finished=False))
    progress(event("unique_orders", is_finished=False, kind="test"))
    progress(event("unique_orders", is_finished=True, kind="test"))
    progress(event("orders", is_finished=True))
    assert shown == [
        ("building orders", 0, 3),
        ("testing unique_orders", 0, 3),
        ("building orders", 1, 3),
        ("", 2, 3),
    ]


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_events_of_many_threads_do_not_get_in_each_others_way(eager_threads: None) -> None:
    shown: list[int] = []
    progress = NodeProgress(lambda what, done, total: shown.append(total))

    def work(name: str) -> None:
        for _ in range(10_000):
            progress(event(name, is_finished=False))
            progress(event(name, is_finished=True))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, ("orders", "products", "order_items", "daily_sales")))
    assert len(shown) == 4 * 2 * 10_000
