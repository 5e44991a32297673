from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from ingestion.ledger import Batch, Status
from ingestion.planning import Plan, plan, replaced_rows
from tests.ingestion.ledgers import BATCH, MOMENT, after, ledger_row, raw_file, states

FIRST, SECOND, THIRD = "orders/2025-04-01.csv", "orders/2025-04-02.csv", "orders/2025-04-03.csv"


def loads(todo: Plan) -> dict[str, list[str]]:
    """Name of each file to load, with the names of the files whose rows it replaces."""
    return {
        load.file.source_file: [row.source_file for row in load.replaces] for load in todo.loads
    }


def test_a_new_file_is_loaded_and_replaces_nothing() -> None:
    assert plan([raw_file(FIRST, "a")], []) == Plan(loads=plan([raw_file(FIRST, "a")], []).loads)
    assert loads(plan([raw_file(FIRST, "a")], [])) == {FIRST: []}


def test_a_file_that_has_not_changed_is_left_alone() -> None:
    file = raw_file(FIRST, "a")
    assert plan([file], [ledger_row(FIRST, "a")]) == Plan(unchanged=[file])


def test_a_changed_file_replaces_its_own_rows_and_no_others() -> None:
    ledger = [ledger_row(FIRST, "a"), ledger_row(SECOND, "b")]
    todo = plan([raw_file(FIRST, "a2"), raw_file(SECOND, "b")], ledger)
    assert loads(todo) == {FIRST: [FIRST]}
    (replaced,) = replaced_rows(ledger, todo.loads, [ledger_row(FIRST, "a2")], BATCH)
    assert (replaced.content_hash, replaced.status) == ("a", Status.SUPERSEDED)
    assert replaced.reason == "replaced: by content a2"


def test_a_file_that_is_gone_from_the_raw_folder_keeps_its_rows() -> None:
    assert plan([], [ledger_row(FIRST, "a")]) == Plan()


def test_the_same_content_under_a_second_name_is_a_duplicate() -> None:
    copy = raw_file(SECOND, "a")
    todo = plan([raw_file(FIRST, "a"), copy], [ledger_row(FIRST, "a")])
    assert todo.duplicates == [(copy, FIRST)]
    assert loads(todo) == {}
    assert plan([raw_file(FIRST, "a"), raw_file(SECOND, "b")], []).duplicates == []


def test_a_products_list_that_returns_to_an_earlier_state_is_no_duplicate() -> None:
    first, second = "products/2025-04-01.csv", "products/2025-04-05.csv"
    again = raw_file("products/2025-04-07.csv", "a")
    todo = plan([raw_file(first, "a"), raw_file(second, "b"), again], [ledger_row(first, "a")])
    assert [load.file.source_file for load in todo.loads] == [second, again.source_file]
    assert todo.duplicates == []


def test_two_new_files_of_the_same_content_are_loaded_once_under_the_lower_name() -> None:
    todo = plan([raw_file(SECOND, "a"), raw_file(FIRST, "a")], [])
    assert loads(todo) == {FIRST: []}
    assert todo.duplicates == [(raw_file(SECOND, "a"), FIRST)]


def test_a_duplicate_that_is_known_is_left_alone() -> None:
    ledger = [ledger_row(FIRST, "a"), ledger_row(SECOND, "a", Status.DUPLICATE)]
    todo = plan([raw_file(FIRST, "a"), raw_file(SECOND, "a")], ledger)
    assert (loads(todo), todo.duplicates, len(todo.unchanged)) == ({}, [], 2)


def test_the_same_content_in_two_tables_is_no_duplicate() -> None:
    todo = plan([raw_file("order_items/2025-04-01.csv", "a")], [ledger_row(FIRST, "a")])
    assert loads(todo) == {"order_items/2025-04-01.csv": []}


def test_a_lower_name_takes_the_rows_of_a_higher_one_over() -> None:
    ledger = [ledger_row(SECOND, "a")]
    todo = plan([raw_file(FIRST, "a"), raw_file(SECOND, "a")], ledger)
    assert loads(todo) == {FIRST: [SECOND]}
    (replaced,) = replaced_rows(ledger, todo.loads, [ledger_row(FIRST, "a")], BATCH)
    assert (replaced.source_file, replaced.status) == (SECOND, Status.DUPLICATE)
    assert replaced.reason == f"same_content: as {FIRST}"


@pytest.mark.parametrize("order", list(permutations([FIRST, SECOND, THIRD])))
def test_the_order_of_arrival_does_not_decide_which_of_three_copies_is_loaded(
    order: tuple[str, str, str],
) -> None:
    folder: dict[str, str] = {}
    ledger = after([], {})
    for name in order:
        folder[name] = "a"
        ledger = after(ledger, folder)
    assert states(ledger) == states(after([], folder))
    assert states(ledger) == {
        (FIRST, "a", Status.LOADED),
        (SECOND, "a", Status.DUPLICATE),
        (THIRD, "a", Status.DUPLICATE),
    }


def test_a_file_corrected_to_the_content_of_a_higher_name_replaces_both() -> None:
    ledger = [ledger_row(FIRST, "old"), ledger_row(SECOND, "a")]
    todo = plan([raw_file(FIRST, "a"), raw_file(SECOND, "a")], ledger)
    assert loads(todo) == {FIRST: [FIRST, SECOND]}


@pytest.mark.parametrize("name", [FIRST, "products/products.csv"])
def test_a_file_that_is_put_back_to_an_earlier_version_has_the_rows_of_that_version(
    name: str,
) -> None:
    corrected = after(after([], {name: "a"}), {name: "b"})
    (load,) = plan([raw_file(name, "a")], corrected).loads
    assert (load.file.content_hash, [row.content_hash for row in load.replaces]) == ("a", ["b"])
    assert load.is_return
    assert not plan([raw_file(name, "c")], corrected).loads[0].is_return
    put_back = after(corrected, {name: "a"})
    assert states(put_back) == {(name, "a", Status.LOADED), (name, "b", Status.SUPERSEDED)}
    assert plan([raw_file(name, "a")], put_back).loads == []


@pytest.mark.parametrize("table", ["orders", "products"])
@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 1)])
def test_a_file_that_was_renamed_takes_its_rows_along(table: str, old: int, new: int) -> None:
    before, now = f"{table}/2025-04-0{old}.csv", f"{table}/2025-04-0{new}.csv"
    ledger = after([], {before: "a"})
    (load,) = plan([raw_file(now, "a")], ledger).loads
    assert [row.source_file for row in load.renamed_from] == [before]
    renamed = after(ledger, {now: "a"})
    assert states(renamed) == {(before, "a", Status.SUPERSEDED), (now, "a", Status.LOADED)}
    (row,) = [row for row in renamed if row.source_file == before]
    assert row.reason == f"renamed: to {now}"
    assert plan([raw_file(now, "a")], renamed).loads == []
    again = after(renamed, {before: "a"})
    assert states(again) == {(before, "a", Status.LOADED), (now, "a", Status.SUPERSEDED)}


def test_a_copy_takes_the_rows_over_when_its_original_is_gone() -> None:
    ledger = after(after([], {FIRST: "a", SECOND: "a"}), {SECOND: "a"})
    assert states(ledger) == {(FIRST, "a", Status.SUPERSEDED), (SECOND, "a", Status.LOADED)}


def test_a_copy_that_is_gone_is_no_longer_a_duplicate() -> None:
    ledger = after(after([], {FIRST: "a", SECOND: "a"}), {FIRST: "a"})
    assert states(ledger) == {(FIRST, "a", Status.LOADED), (SECOND, "a", Status.SUPERSEDED)}


def test_content_that_moved_on_while_its_old_name_got_other_content_is_in_bronze_once() -> None:
    ledger = after(after([], {FIRST: "a"}), {FIRST: "b", SECOND: "a"})
    assert states(ledger) == {
        (FIRST, "a", Status.SUPERSEDED),
        (FIRST, "b", Status.LOADED),
        (SECOND, "a", Status.LOADED),
    }


def test_a_correction_that_is_unusable_leaves_its_older_rows_to_a_file_of_their_content() -> None:
    ledger = [ledger_row(FIRST, "a"), ledger_row(FIRST, "bad", Status.QUARANTINED)]
    todo = plan([raw_file(FIRST, "bad"), raw_file(SECOND, "a")], ledger)
    assert loads(todo) == {SECOND: [FIRST]}


def test_files_that_a_run_does_not_look_at_are_not_taken_for_gone() -> None:
    ledger = [ledger_row(FIRST, "a"), ledger_row(THIRD, "a", Status.DUPLICATE)]
    todo = plan([raw_file(SECOND, "a")], ledger, lambda name: name == SECOND)
    assert (loads(todo), todo.duplicates, todo.gone) == ({}, [(raw_file(SECOND, "a"), FIRST)], [])


def test_a_lists_earlier_state_under_a_name_that_is_there_stays_while_another_is_loaded() -> None:
    first, second = "products/2025-04-01.csv", "products/2025-04-05.csv"
    ledger = after([], {first: "a"})
    assert loads(plan([raw_file(first, "a"), raw_file(second, "a")], ledger)) == {second: []}


def test_a_file_that_becomes_a_copy_holds_no_more_what_it_held_before() -> None:
    ledger = after(after([], {FIRST: "a", SECOND: "b"}), {FIRST: "a", SECOND: "a"})
    assert states(ledger) == {
        (FIRST, "a", Status.LOADED),
        (SECOND, "b", Status.SUPERSEDED),
        (SECOND, "a", Status.DUPLICATE),
    }


def test_a_copy_that_was_replaced_comes_back_when_its_original_is_replaced_too() -> None:
    copied = after([], {FIRST: "a", SECOND: "a"})
    replaced = after(after(copied, {FIRST: "a", SECOND: "b"}), {FIRST: "c", SECOND: "b"})
    file = raw_file(SECOND, "a")
    assert loads(plan([raw_file(FIRST, "c"), file], replaced)) == {SECOND: [SECOND]}
    assert loads(plan([file], after(copied, {FIRST: "c"}))) == {SECOND: []}


def test_a_correction_in_quarantine_leaves_what_its_file_held_before_as_it_was() -> None:
    broken = ledger_row(FIRST, "bad", Status.QUARANTINED)
    assert replaced_rows([ledger_row(FIRST, "a")], [], [broken], BATCH) == []


def test_a_quarantined_file_stays_in_quarantine_until_it_changes() -> None:
    row = ledger_row(FIRST, "bad", Status.QUARANTINED)
    assert plan([raw_file(FIRST, "bad")], [row]) == Plan(quarantined=[row])
    assert loads(plan([raw_file(FIRST, "good")], [row])) == {FIRST: []}


def test_a_correction_that_is_quarantined_leaves_the_loaded_version_to_be_replaced() -> None:
    ledger = [ledger_row(FIRST, "a"), ledger_row(FIRST, "bad", Status.QUARANTINED)]
    assert loads(plan([raw_file(FIRST, "a2")], ledger)) == {FIRST: [FIRST]}


def test_quarantined_content_under_a_right_name_is_loaded() -> None:
    ledger = [ledger_row("orders/april.csv", "a", Status.QUARANTINED)]
    assert loads(plan([raw_file(FIRST, "a")], ledger)) == {FIRST: []}


@pytest.mark.parametrize("name", ["orders/april.csv", "returns/2025-04-01.csv"])
def test_a_file_in_a_wrong_place_is_never_opened(name: str) -> None:
    file = raw_file(name, "a")
    assert plan([file, raw_file(FIRST, "b")], []).misplaced == [file]
    assert loads(plan([file], [])) == {}


def test_planning_again_before_the_ledger_was_written_gives_the_same_plan() -> None:
    ledger = [ledger_row(SECOND, "a"), ledger_row(THIRD, "c")]
    files = [raw_file(FIRST, "a"), raw_file(SECOND, "a"), raw_file(THIRD, "c2")]
    assert plan(files, ledger) == plan(list(reversed(files)), list(reversed(ledger)))


def test_content_that_a_correction_took_out_of_one_day_is_loaded_for_the_day_it_belongs_to() -> (
    None
):
    day_1, day_2 = "orders/2025-04-01.csv", "orders/2025-04-02.csv"
    mistaken = after([], {day_1: "X", day_2: "X"})
    assert loads(plan([raw_file(day_1, "Y"), raw_file(day_2, "X")], mistaken)) == {
        day_1: [day_1],
        day_2: [day_1],  # in case the correction of the first day is unusable
    }


def test_content_of_an_older_version_is_loaded_for_another_day() -> None:
    day_1, day_2 = "orders/2025-04-01.csv", "orders/2025-04-02.csv"
    corrected = after(after([], {day_1: "X"}), {day_1: "Y"})
    assert loads(plan([raw_file(day_1, "Y"), raw_file(day_2, "X")], corrected)) == {day_2: []}


def test_a_batch_comes_after_all_that_is_recorded_even_when_the_clock_was_set_back() -> None:
    earlier, later = MOMENT - timedelta(days=1), MOMENT + timedelta(days=1)
    ledger = [ledger_row(FIRST, "a"), ledger_row(SECOND, "b")]
    assert Batch("run", earlier).after(ledger) == Batch("run", MOMENT + timedelta(microseconds=1))
    assert Batch("run", MOMENT).after(ledger) == Batch("run", MOMENT + timedelta(microseconds=1))
    assert Batch("run", later).after(ledger) == Batch("run", later)
    assert Batch("run", earlier).after([]) == Batch("run", earlier)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_day_without_sales_is_no_copy_of_another_and_not_its_new_name(is_there: bool) -> None:
    """All files with a header and no record look alike."""
    known = replace(ledger_row(SECOND, "a"), records_read=0, records_loaded=0)
    files = [raw_file(FIRST, "a"), raw_file(THIRD, "a")]
    todo = plan([*files, raw_file(SECOND, "a")] if is_there else files, [known])
    assert loads(todo) == {FIRST: [], THIRD: []}
    assert (todo.duplicates, todo.gone) == ([], [])


@pytest.mark.parametrize("name", [FIRST, "products/products.csv", "products/2025-04-01.csv"])
@pytest.mark.parametrize("ends", [("", ".gz"), (".gz", "")])
def test_a_file_that_was_packed_or_unpacked_takes_the_place_of_its_other_form(
    name: str, ends: tuple[str, str]
) -> None:
    before, now = (f"{name}{end}" for end in ends)
    ledger = after([], {before: "a"})
    replaced = after(ledger, {now: "b"})
    assert states(replaced) == {(before, "a", Status.SUPERSEDED), (now, "b", Status.LOADED)}
    (row,) = [row for row in replaced if row.source_file == before]
    assert row.reason == f"renamed: to {now}"
    assert plan([raw_file(now, "b")], replaced) == Plan(unchanged=[raw_file(now, "b")])


@pytest.mark.parametrize("gone", [FIRST, f"{FIRST}.gz"])
def test_of_a_file_in_both_forms_the_one_that_stays_counts_alone(gone: str) -> None:
    stays = f"{FIRST}.gz" if gone == FIRST else FIRST
    both = after(after([], {gone: "a"}), {gone: "a", stays: "b"})
    assert states(both) == {(gone, "a", Status.LOADED), (stays, "b", Status.LOADED)}
    alone = after(both, {stays: "b"})
    assert states(alone) == {(gone, "a", Status.SUPERSEDED), (stays, "b", Status.LOADED)}
    assert states(after(alone, {gone: "a"})) == {
        (gone, "a", Status.LOADED),
        (stays, "b", Status.SUPERSEDED),
    }


def test_a_form_that_became_a_copy_of_another_day_still_takes_the_other_forms_place() -> None:
    ledger = after(after([], {f"{SECOND}.gz": "b", FIRST: "a"}), {FIRST: "a", SECOND: "a"})
    assert states(ledger) == {
        (FIRST, "a", Status.LOADED),
        (SECOND, "a", Status.DUPLICATE),
        (f"{SECOND}.gz", "b", Status.SUPERSEDED),
    }


def test_an_unusable_form_takes_nothing_away_from_the_other() -> None:
    packed = f"{FIRST}.gz"
    ledger = [ledger_row(packed, "a")]
    broken = ledger_row(FIRST, "bad", Status.QUARANTINED)
    assert plan([raw_file(FIRST, "bad")], [*ledger, broken]) == Plan(quarantined=[broken])
    todo = plan([raw_file(FIRST, "bad")], ledger)
    assert replaced_rows(ledger, [], [broken], BATCH, todo.gone, todo.repacked) == []
    copy = ledger_row(SECOND, "bad", Status.QUARANTINED)
    todo = plan(
        [raw_file(FIRST, "bad"), raw_file(SECOND, "bad")], [ledger_row(f"{SECOND}.gz", "a")]
    )
    assert replaced_rows(ledger, [], [copy], BATCH, todo.gone, todo.repacked) == []


def test_both_forms_stay_when_both_are_gone_or_when_a_run_does_not_look_at_one() -> None:
    packed = f"{FIRST}.gz"
    ledger = after([], {FIRST: "a", packed: "b"})
    assert plan([], ledger) == Plan()
    todo = plan([raw_file(FIRST, "a")], ledger, lambda name: name == FIRST)
    assert todo == Plan(unchanged=[raw_file(FIRST, "a")])


def test_a_load_names_the_other_form_of_its_file_that_has_rows_too() -> None:
    packed = f"{FIRST}.gz"
    both = plan([raw_file(FIRST, "a"), raw_file(packed, "b")], [])
    assert [load.beside for load in both.loads] == [packed, FIRST]
    known = plan([raw_file(FIRST, "a"), raw_file(packed, "b")], [ledger_row(packed, "b")])
    assert [load.beside for load in known.loads] == [packed]
    unusable = ledger_row(packed, "b", Status.QUARANTINED)
    assert plan([raw_file(FIRST, "a"), raw_file(packed, "b")], [unusable]).loads[0].beside is None
    assert plan([raw_file(FIRST, "a")], []).loads[0].beside is None
