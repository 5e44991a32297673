"""A command that writes is killed and run again: the tables are as if nothing had happened.

Each command dies at some of its writes here; `python -m tests.crashes` tries all.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compare import assert_equals_oracle, assert_rows_add_up
from tests.crashes.commands import Point
from tests.crashes.runs import FIRST, RUNS, SECOND, Roots, Trial
from tests.properties.plans import Plan, write_state

_SOME: dict[str, list[Point]] = {
    "ingest": [
        Point(1, "torn", "insert into bronze/orders"),
        Point(1, "crash", "insert into ops/ingested_files"),
        Point(1, "torn", "append ops/runs"),
    ],
    "first-build": [
        Point(1, "torn", "* silver/orders"),
        Point(1, "crash", "rename to .work/publishing.json"),
    ],
    "daily-build": [
        Point(1, "crash", "mkdir .work/*/silver/orders"),
        Point(1, "torn", "insert into silver/orders"),
        Point(1, "torn", "optimize silver/order_items"),
        Point(1, "crash", "link gold/daily_sales/_delta_log/*"),
        Point(1, "torn", "append ops/builds"),
    ],
    "publish": [Point(1, "torn", "write beside .work/publishing.json")],
    "restore": [
        Point(1, "crash", "restore bronze/orders"),
        Point(1, "torn", "append ops/publications"),
    ],
    "erase-user": [
        Point(1, "torn", "* bronze/orders"),
        Point(1, "crash", "append ops/runs"),
    ],
    "replay": [Point(1, "torn", "* ops/rejected_records")],
    "maintain": [Point(1, "torn", "compact *")],
}


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trial]:
    roots = Roots(tmp_path_factory.mktemp("roots"))
    return {name: Trial(name, roots) for name in RUNS}


@pytest.mark.parametrize(
    ("name", "point"),
    [(name, point) for name, points in _SOME.items() for point in points],
    ids=str,
)
def test_a_command_that_was_killed_is_made_good_by_the_next(
    name: str, point: Point, trials: dict[str, Trial]
) -> None:
    trials[name].judge(point)


def test_a_day_that_nobody_kills_ends_as_the_oracle_says(
    trials: dict[str, Trial], tmp_path: Path
) -> None:
    settings = trials["daily-build"].settings_after()
    write_state(tmp_path, Plan((FIRST, SECOND)).effective())
    assert_equals_oracle(settings, tmp_path)
    assert_rows_add_up(settings)
