"""What a run says once of files that were put back, renamed, packed or lie there in two forms."""

from __future__ import annotations

from ingestion.ledger import Status
from ingestion.moves import moves_in_words
from ingestion.planning import plan
from tests.ingestion.ledgers import after, ledger_row, raw_file

DAY, PACKED, NEXT = "orders/2025-04-01.csv", "orders/2025-04-01.csv.gz", "orders/2025-04-02.csv"


def said(before: dict[str, str], now: dict[str, str], *unusable: str) -> list[str]:
    """What a run on a folder says after another one, both given as name to content."""
    files = [raw_file(name, content) for name, content in now.items()]
    todo = plan(files, after([], before))
    rows = [
        ledger_row(name, now[name], Status.QUARANTINED if name in unusable else Status.LOADED)
        for name in (load.file.source_file for load in todo.loads)
    ]
    return moves_in_words(todo, rows)


def test_nothing_is_said_of_new_and_corrected_files() -> None:
    assert said({DAY: "a"}, {DAY: "b", NEXT: "c"}) == []


def test_a_renamed_file_is_said_with_its_old_name() -> None:
    assert said({DAY: "a"}, {NEXT: "a"}) == [
        f"{NEXT}: renamed from {DAY}; its rows have the new name and day"
    ]


def test_a_packed_or_unpacked_form_says_whose_place_it_takes() -> None:
    assert said({PACKED: "a"}, {DAY: "b"}) == [f"{DAY}: takes the place of {PACKED}, which is gone"]
    assert said({DAY: "b"}, {PACKED: "a"}) == [f"{PACKED}: takes the place of {DAY}, which is gone"]
    assert said({PACKED: "a"}, {DAY: "b"}, DAY) == []


def test_a_form_that_stays_alone_says_that_its_rows_count_now() -> None:
    assert said({PACKED: "a", DAY: "b"}, {DAY: "b"}) == [
        f"{DAY}: its rows alone count, as {PACKED} is gone"
    ]


def test_both_forms_of_a_file_at_once_are_said_in_the_run_that_loads_one_and_only_there() -> None:
    line = (
        f"{DAY} and {PACKED} both lie there: of rows with one key those of the second count;"
        " remove the file that is out of date"
    )
    both = {DAY: "a", PACKED: "b"}
    assert said({}, both) == [line]
    assert said({DAY: "a"}, both) == said({PACKED: "b"}, both) == [line]
    assert said(both, both) == []
    assert said({DAY: "a"}, both, PACKED) == said({}, both, PACKED) == []
