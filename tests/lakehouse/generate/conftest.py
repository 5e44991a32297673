from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lakehouse.generate import Plan, generate

from .made import Made


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Made]:
    """Generates a small shop: `make({"bad_type": 0.01}, days=3)`."""

    def run(
        defects: Mapping[str, float] | None = None,
        days: int = 4,
        orders_per_day: int = 40,
        seed: int = 7,
        products: int = 60,
        folder: str = "raw",
    ) -> Made:
        plan = Plan(days, orders_per_day, seed, products=products, defects=defects or {})
        raw = tmp_path / folder
        return Made(raw, generate(raw, plan))

    return run
