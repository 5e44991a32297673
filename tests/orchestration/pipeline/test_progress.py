"""Progress comes from all of dbt's threads at once, and may never make a node fail."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from orchestration.pipeline.dbt import NodeEvent
from orchestration.pipeline.progress import Display, NodeProgress, new_bar

LONG_NAME = "no_null_in_" + "department_analytics_and_" * 10


def event(name: str, *, is_finished: bool, kind: str = "model", total: int = 3) -> NodeEvent:
    return NodeEvent(name, kind, is_finished, position=1, total=total)


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


def test_what_is_done_only_grows_also_when_an_event_does_not_say_of_how_many() -> None:
    shown: list[tuple[int, int]] = []
    progress = NodeProgress(lambda what, done, total: shown.append((done, total)))
    for name in ("orders", "products"):
        progress(event(name, is_finished=False))
        progress(event(name, is_finished=False, total=0))
        progress(event(name, is_finished=True))
    assert shown == [(0, 3), (0, 3), (1, 3), (1, 3), (1, 3), (2, 3)]


def test_a_command_before_the_one_that_counts_shows_only_what_is_in_hand() -> None:
    shown: list[tuple[str, int, int]] = []
    progress = NodeProgress(lambda *step: shown.append(step), is_counted=False)
    progress(event("products", is_finished=False))
    progress(event("products", is_finished=True))
    assert shown == [("building products", 0, 0), ("", 0, 0)]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_long_name_is_cut_to_the_width_of_the_terminal_and_nothing_else_is(width: int) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    bar = new_bar(console)
    bar.add_task(f"testing {LONG_NAME}", step="build", completed=12, total=170)
    with console.capture() as screen:
        console.print(bar)
    (line,) = screen.get().splitlines()
    assert len(line) == width
    assert re.search(r"build .* 12/170 \d:\d\d:\d\d testing no\w+…$", line)


def test_there_is_no_bar_without_a_terminal_and_with_quiet() -> None:
    screen = io.StringIO()
    for console in (Console(file=screen), Console(file=screen, force_terminal=True)):
        with Display(console, quiet=console.is_terminal).step("build") as step:
            step("testing unique", 12, 170)
    assert screen.getvalue() == ""


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
