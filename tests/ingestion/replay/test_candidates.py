from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ingestion.ledger import LedgerRow, Status
from ingestion.replay.candidates import CHANGED, GONE, find_candidates
from tests.ingestion.ledgers import MOMENT, ledger_row, raw_file

FILE, OTHER = "orders/2025-04-01.csv", "orders/2025-04-02.csv"


def quarantined(name: str = FILE, content: str = "bad", hours: int = 0) -> LedgerRow:
    row = ledger_row(name, content, Status.QUARANTINED)
    return replace(row, recorded_at=MOMENT + timedelta(hours=hours))


def loaded(content: str = "good", hours: int = 0, rejected: int = 0) -> LedgerRow:
    row = replace(ledger_row(FILE, content), records_rejected=rejected)
    return replace(row, recorded_at=MOMENT + timedelta(hours=hours))


def test_a_quarantined_file_that_lies_there_unchanged_is_read_again() -> None:
    found = find_candidates([raw_file(FILE, "bad")], [quarantined()])
    assert found.quarantined == {FILE: quarantined()}
    assert [load.file.source_file for load in found.plan.loads] == [FILE]
    assert found.left == []


def test_files_that_the_ledger_does_not_know_are_left_to_a_run() -> None:
    found = find_candidates([raw_file(FILE, "new")], [])
    assert (found.quarantined, found.plan.loads, found.loaded, found.left) == ({}, [], [], [])


def test_only_loaded_files_with_rejects_are_looked_at() -> None:
    bad = loaded("a", rejected=2)
    old = replace(ledger_row(FILE, "older", Status.SUPERSEDED), records_rejected=2)
    assert find_candidates([], [bad, old]).loaded == [bad]
    assert find_candidates([], [loaded("a")]).loaded == []


@pytest.mark.parametrize(
    ("in_raw", "ledger", "why"),
    [
        (None, [quarantined()], GONE),
        ("new", [quarantined()], CHANGED),
        # A newer version took its place: history, and nothing to tell.
        (None, [quarantined(), loaded(hours=1)], None),
        ("good", [quarantined(), loaded(hours=1)], None),
        ("good", [quarantined(hours=1), loaded()], None),  # the clock was set back
        ("worse", [quarantined(), quarantined(content="worse", hours=1)], None),
    ],
)
def test_a_quarantined_file_that_can_not_be_read_again_says_why(
    in_raw: str | None, ledger: list[LedgerRow], why: str | None
) -> None:
    files = [raw_file(FILE, in_raw)] if in_raw else []
    found = find_candidates(files, ledger)
    reasons = {left.row.content_hash: (left.why, left.is_there) for left in found.left}
    assert reasons.get("bad") == (why and (why, in_raw == "bad"))
    assert "bad" not in {row.content_hash for row in found.quarantined.values()}


def test_a_quarantined_version_that_lies_there_again_is_read_whatever_came_since() -> None:
    found = find_candidates([raw_file(FILE, "bad")], [quarantined(), loaded(hours=1)])
    (load,) = found.plan.loads
    assert load.replaces == (loaded(hours=1),)


def test_a_version_that_was_loaded_before_does_not_make_a_quarantined_one_history() -> None:
    ledger = [loaded(), quarantined(hours=1)]
    found = find_candidates([raw_file(FILE, "bad")], ledger)
    (load,) = found.plan.loads
    assert load.replaces == (loaded(),)


def test_a_file_whose_name_is_wrong_is_to_be_renamed() -> None:
    name = "orders/april.csv"
    found = find_candidates([raw_file(name, "bad")], [quarantined(name)])
    (left,) = found.left
    assert left.why.startswith("wrong_name: ")
    assert left.why.endswith("rename or move it and run")


def test_copies_of_one_content_are_planned_as_if_they_had_come_today() -> None:
    files = [raw_file(OTHER, "bad"), raw_file(FILE, "bad")]
    found = find_candidates(files, [quarantined(OTHER), quarantined(FILE)])
    assert [load.file.source_file for load in found.plan.loads] == [FILE]
    assert [(file.source_file, holder) for file, holder in found.plan.duplicates] == [(OTHER, FILE)]
