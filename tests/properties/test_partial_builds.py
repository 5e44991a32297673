"""Whatever parts are built, by whom and by which SQL: a whole build then makes all of it right.

Between builds files arrive and rules are edited and taken back, as on a day of an analyst. At the
end one whole build must leave what a full refresh leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from tests.compare import assert_rows_add_up, assert_same_values, values_of
from tests.crashes.runs import FIRST, SECOND
from tests.lake import WITHOUT_TESTS, plain_dbt
from tests.properties.lakes import Lakes

SELECTIONS = (
    ("--select", "orders"),
    ("--select", "orders+"),
    ("--select", "+order_items"),
    ("--select", "order_items_rejected", "order_days"),
    ("--select", "product_days+"),
    ("--exclude", "orders", "department_days"),
)
# File, what is there and what is written instead: rows move between the tables of silver.
EDITS = (
    ("models/silver/orders_checked.sql", "user_id <= 0", "user_id <= 1"),
    ("models/silver/order_items_checked.sql", "add_to_cart_order < 1", "add_to_cart_order < 2"),
    ("models/intermediate/order_hours.sql", "sum(total_amount)", "sum(total_amount) + 1"),
)
STEPS = 6


class Analyst:
    """Does one thing after another on a root, as chance has it."""

    def __init__(self, lakes: Lakes, root: Path, project: Path, seed: int) -> None:
        self._lakes = lakes
        self._root = root
        self._project = project
        self._random = Random(seed)
        self.state = FIRST
        self.done: list[str] = []

    def act(self) -> None:
        """Do one of all that may be done."""
        acts: tuple[Callable[[], str], ...] = (
            *(self._arrive, self._edit, self._take_back),
            *(self._build_by_dbt, self._build_by_dbt, self._build_by_command),
        )
        self.done.append(self._random.choice(acts)())

    def run(self, *arguments: str) -> None:
        """Build everything."""
        self._lakes.run(self._root, self.state, (*WITHOUT_TESTS, *arguments))

    def _arrive(self) -> str:
        self.state = SECOND
        self._lakes.run(self._root, self.state, (*WITHOUT_TESTS, "--select", "products"))
        return "files arrive"

    def _edit(self) -> str:
        name, old, new = self._random.choice(EDITS)
        path = self._project / name
        path.write_text(path.read_text().replace(old, new))
        return f"edit {name}"

    def _take_back(self) -> str:
        for name, old, new in EDITS:
            path = self._project / name
            path.write_text(path.read_text().replace(new, old))
        return "take edits back"

    def _build_by_dbt(self) -> str:
        selection = self._random.choice(SELECTIONS)
        results = plain_dbt(self._lakes.settings(self._root), "run", *selection)
        assert {node.status for node in results} == {"success"}, self.done
        return f"dbt run {' '.join(selection)}"

    def _build_by_command(self) -> str:
        selection = self._random.choice(SELECTIONS)
        self.run(*selection)
        return f"lakehouse run {' '.join(selection)}"


@pytest.fixture
def root(lakes: Lakes) -> Iterator[Path]:
    with TemporaryDirectory(dir=lakes.folder) as folder:
        yield Path(folder) / "root"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_whole_build_after_partial_ones_leaves_what_a_full_refresh_leaves(
    seed: int, lakes: Lakes, root: Path, project: Path
) -> None:
    analyst = Analyst(lakes, root, project, seed)
    analyst.run()
    for _ in range(STEPS):
        analyst.act()
    analyst.run()
    settings = lakes.settings(root)
    found = values_of(settings)
    assert_rows_add_up(settings)
    analyst.run("--full-refresh")
    assert_same_values(found, values_of(settings))
