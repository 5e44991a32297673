from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingestion.errors import LakehouseError
from lakehouse.generate import DEFECTS, Plan, PlanError, default_shares

from .made import Make


def test_an_unknown_defect_is_refused_with_the_close_names() -> None:
    with pytest.raises(ValueError, match="Did you mean bad_type") as caught:
        Plan(1, 1, seed=0, defects={"bad_typ": 0.1})
    assert "lakehouse generate --help" in str(caught.value)


def test_an_unknown_defect_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(ValueError, match="no defect named 'xyz'") as caught:
        Plan(1, 1, seed=0, defects={"xyz": 0.1})
    assert "mean" not in str(caught.value)


@pytest.mark.parametrize("share", [-0.01, 1.01, float("nan")])
def test_a_share_that_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share of bad_type is"):
        Plan(1, 1, seed=0, defects={"bad_type": share})


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_bounds_are_shares(share: float) -> None:
    assert Plan(1, 1, seed=0, defects={"bad_type": share}).share("bad_type") == share


@pytest.mark.parametrize(
    ("days", "orders", "products", "seed", "named"),
    [
        (0, 1, 1, 0, "days is 0"),
        (1, 0, 1, 0, "orders_per_day is 0"),
        (1, 1, 0, 0, "products is 0"),
        (1, 1, 1, -1, "seed is -1"),
    ],
)
def test_a_size_below_its_least_is_refused(
    days: int, orders: int, products: int, seed: int, named: str
) -> None:
    with pytest.raises(PlanError, match=named):
        Plan(days, orders, seed, products=products)


@pytest.mark.parametrize(("first_day", "days"), [(date(9999, 12, 1), 7), (date(2025, 4, 1), 10**6)])
def test_a_plan_beyond_the_calendar_is_refused(first_day: date, days: int) -> None:
    with pytest.raises(PlanError, match="beyond what a shop keeps"):
        Plan(days, 1, seed=0, first_day=first_day)


def test_a_plan_error_is_shown_to_people_with_a_next_step() -> None:
    with pytest.raises(LakehouseError) as caught:
        Plan(1, 1, seed=0, defects={"bad_type": 2})
    assert caught.value.next_step == "Write 0.05 for five in a hundred, as in bad_type=0.05."


def test_a_share_above_zero_means_at_least_one() -> None:
    plan = Plan(1, 1, seed=0, defects={"bad_type": 0.05, "binary": 0.0})
    assert plan.count("bad_type", 3) == 1
    assert plan.count("bad_type", 200) == 10
    assert plan.count("binary", 200) == 0
    assert plan.count("empty_file", 200) == 0


def test_every_defect_has_a_default_share_and_says_what_it_is() -> None:
    assert list(default_shares()) == list(DEFECTS)
    assert all(0 < share < 0.1 for share in default_shares().values())
    assert all(defect.description and defect.expected for defect in DEFECTS.values())
    assert {str(defect.level) for defect in DEFECTS.values()} == {"file", "record", "row"}


def test_the_default_shares_fit_a_week_of_a_small_shop(make: Make) -> None:
    made = make(default_shares(), days=7, orders_per_day=30, products=200)
    assert list(made.manifest.counts) == list(DEFECTS)
    assert min(made.manifest.counts.values()) == 1


@pytest.mark.parametrize(
    ("defects", "days", "message"),
    [
        ({"bad_type": 0.2}, 4, "defects ask for 12 records of products, but only 6 can carry"),
        ({"cart_position": 0.6, "reordered_flag": 0.6}, 4, "records of order_items"),
        ({"missing_day": 0.5}, 2, "missing_day asks for 1 of 2 days"),
        ({"corrected_order": 0.1}, 1, "corrected_order asks for 4 orders, but only 0"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_before_a_file_is_written(
    make: Make, tmp_path: Path, defects: dict[str, float], days: int, message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        make(defects, days=days)
    assert list(tmp_path.iterdir()) == []
