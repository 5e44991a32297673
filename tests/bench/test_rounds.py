from __future__ import annotations

import pytest

from bench.rounds import median_of, phases_of, ratio_of
from tests.bench.runs import run


def test_a_ratio_is_taken_inside_each_round_before_the_median() -> None:
    # The ratio of the medians, 8 / 4, would be 2.
    runs = [
        *(run("a", 1, 8.0), run("b", 1, 2.0)),
        *(run("a", 2, 3.0), run("b", 2, 6.0)),
        *(run("a", 3, 12.0), run("b", 3, 4.0)),
    ]
    assert median_of(runs, "a") == 8.0
    assert ratio_of(runs, "a", "b") == 3.0


def test_a_failed_run_counts_neither_for_a_median_nor_for_a_ratio() -> None:
    runs = [run("a", 1, 8.0), run("b", 1, 4.0), run("a", 2, 0.1, exit_code=1), run("b", 2, 4.0)]
    assert median_of(runs, "a") == 8.0
    assert ratio_of(runs, "a", "b") == 2.0


def test_a_program_that_never_ended_well_has_no_numbers() -> None:
    runs = [run("a", 1, 8.0, exit_code=1), run("b", 1, 4.0)]
    assert median_of(runs, "a") is None
    assert ratio_of(runs, "a", "b") is None
    assert ratio_of(runs, "b", "a") is None
    assert phases_of(runs, "a") == {}


def test_the_end_is_what_the_phases_leave_of_the_seconds() -> None:
    runs = [
        run("a", 1, 10.0, {"start": 1.0, "ingest": 6.0}),
        run("a", 2, 12.0, {"start": 2.0, "ingest": 6.0}),
        run("a", 3, 20.0, {"start": 3.0, "ingest": 16.0}),
    ]
    assert phases_of(runs, "a") == pytest.approx({"start": 2.0, "ingest": 6.0, "end": 3.0})
