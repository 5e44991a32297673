"""The reader under damaged files: no error but a fault of the file, and one outcome both ways."""

from __future__ import annotations

from collections import Counter

from tests.properties.files import judge


def test_damaged_files_have_one_outcome_both_ways_and_record_by_record() -> None:
    tally: Counter[str] = Counter()
    for seed in range(400):
        judge(seed, tally)
    assert min(tally["read"], tally["refused"]) > 80
