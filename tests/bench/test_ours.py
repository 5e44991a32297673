from __future__ import annotations

import pytest

from bench.ours import Span, shared_seconds


def test_a_moment_is_shared_evenly_among_the_nodes_at_work_in_it() -> None:
    # Silver alone, from 2 on with a test, from 4 on the test alone, from 6 on nothing, then gold.
    spans = [Span("silver", 0, 4), Span("tests", 2, 6), Span("gold", 7, 8)]
    assert shared_seconds(spans) == pytest.approx({"silver": 3.0, "tests": 3.0, "gold": 1.0})


def test_nodes_of_one_phase_side_by_side_take_the_time_of_one() -> None:
    assert shared_seconds([Span("gold", 0, 3), Span("gold", 0, 3)]) == pytest.approx({"gold": 3.0})


def test_a_build_without_nodes_has_no_phases() -> None:
    assert shared_seconds([]) == {}
