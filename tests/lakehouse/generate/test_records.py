"""Defects of records and rows: the judge finds what the manifest says, and nothing else."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from lakehouse.generate import DEFECTS, Level, Outcome, default_shares

from .judge import HEADERS, read_table
from .made import Made, Make

OF_RECORDS = [name for name, defect in DEFECTS.items() if defect.level is not Level.FILE]
REJECTED = [name for name in OF_RECORDS if DEFECTS[name].outcome is Outcome.REJECTED]
SILVER_REJECTED = [name for name in OF_RECORDS if DEFECTS[name].outcome is Outcome.SILVER_REJECTED]


def assert_the_judge_agrees(made: Made) -> None:
    verdict = made.judged()
    assert verdict.rejected == made.reasons(Outcome.REJECTED)
    assert verdict.silver_rejected == made.reasons(Outcome.SILVER_REJECTED)
    assert made.reasons(Outcome.WAITING).items() <= verdict.waiting.items()
    assert len(verdict.superseded) == len(made.entries("corrected_order"))
    for table, totals in made.manifest.tables.items():
        waiting = [place for place in verdict.waiting if place[0].startswith(f"{table}/")]
        assert totals.records == verdict.records[table]
        assert totals.bronze == len(verdict.rows[table])
        assert totals.waiting == len(waiting)


def field_of(made: Made, file: str, number: int | None, column: str) -> str:
    names, records = read_table(made.raw / file)
    fields = records[(number or 0) - 1]
    assert fields is not None
    return fields[names.index(column)]


def test_a_clean_shop_gives_the_judge_nothing_to_say(make: Make) -> None:
    made = make()
    assert made.manifest.defects == ()
    assert_the_judge_agrees(made)


@pytest.mark.parametrize("defect", OF_RECORDS)
def test_each_defect_alone_is_where_the_manifest_says(make: Make, defect: str) -> None:
    made = make({defect: 0.03})
    entries = made.entries(defect)
    assert len(entries) >= 1
    assert set(made.manifest.counts) == {defect}
    assert_the_judge_agrees(made)
    for entry in entries:
        if entry.value is not None and entry.column is not None:
            found = field_of(made, entry.file, entry.record_number, entry.column)
            assert found == entry.value


@pytest.mark.parametrize("seed", range(6))
def test_all_defects_together_are_where_the_manifest_says(make: Make, seed: int) -> None:
    shares = default_shares() | dict.fromkeys(OF_RECORDS, 0.008)
    assert_the_judge_agrees(make(shares, days=6, orders_per_day=70, products=90, seed=seed))


def test_defects_are_found_in_files_of_every_dress(make: Make) -> None:
    dresses = ["reordered_columns", "extra_column", "utf8_bom", "gzip_file", "crlf_line_ends"]
    shares = dict.fromkeys(OF_RECORDS, 0.01) | dict.fromkeys(dresses, 1.0)
    made = make(shares, orders_per_day=70, products=90)
    assert len(made.reasons(Outcome.REJECTED)) > 20
    assert_the_judge_agrees(made)


def test_a_share_is_a_share_of_the_records_of_each_table(make: Make) -> None:
    made = make({"bad_type": 0.05, "cart_position": 0.1}, products=100)
    found = Counter((entry.defect, entry.file.partition("/")[0]) for entry in made.manifest.defects)
    items = made.manifest.tables["order_items"].records
    assert found == {
        ("bad_type", "products"): 5,
        ("bad_type", "orders"): 8,
        ("bad_type", "order_items"): round(0.05 * items),
        ("cart_position", "order_items"): round(0.1 * items),
    }


@pytest.mark.parametrize("defect", REJECTED)
def test_even_at_the_limit_no_file_has_more_than_a_tenth_of_rejects(
    make: Make, defect: str
) -> None:
    made = make({defect: 0.095}, products=80)
    rejects = Counter(file for file, _ in made.reasons(Outcome.REJECTED))
    assert rejects
    for file, count in rejects.items():
        _, records = read_table(made.raw / file)
        assert count <= len(records) / 10


@pytest.mark.parametrize(
    ("defect", "reasons"),
    [
        (
            "missing_value",
            "missing:product_id missing:product_name missing:department missing:order_id "
            "missing:user_id missing:order_timestamp missing:total_amount missing:date missing:id "
            "missing:add_to_cart_order missing:reordered",
        ),
        (
            "bad_type",
            "type:product_id type:department_id type:order_num type:order_id type:user_id "
            "type:order_timestamp type:total_amount type:date type:id type:add_to_cart_order "
            "type:reordered type:days_since_prior_order",
        ),
        (
            "out_of_range",
            "range:product_id range:department_id range:order_num range:order_id range:user_id "
            "range:total_amount range:id range:add_to_cart_order range:reordered "
            "range:days_since_prior_order",
        ),
        ("wrong_field_count", "malformed"),
        ("broken_quote", "malformed"),
    ],
)
def test_a_bad_record_defect_takes_every_column_in_turn(
    make: Make, defect: str, reasons: str
) -> None:
    made = make({defect: 0.08}, days=5)
    found = [entry.reasons for entry in made.entries(defect)]
    assert {len(codes) for codes in found} == {1}
    assert {code for codes in found for code in codes} >= set(reasons.split())


def test_several_faults_are_reasons_of_two_columns_in_their_order(make: Make) -> None:
    for entry in make({"several_faults": 0.05}).entries("several_faults"):
        first, second = entry.reasons
        columns = [code.partition(":")[2] for code in (first, second)]
        assert ", ".join(columns) == entry.column
        declared = HEADERS[entry.file.partition("/")[0]].split(",")
        assert declared.index(columns[0]) < declared.index(columns[1])
        assert {code.partition(":")[0] for code in entry.reasons} == {"missing", "type"}


def test_a_record_carries_one_defect_at_most(make: Make) -> None:
    made = make(dict.fromkeys(OF_RECORDS, 0.012), orders_per_day=60, products=90)
    places = Counter((entry.file, entry.record_number) for entry in made.manifest.defects)
    assert len(places) > 60
    assert set(places.values()) == {1}


def test_the_key_names_the_record_even_when_the_key_itself_is_spoilt(make: Make) -> None:
    clean = make(folder="clean")
    made = make(dict.fromkeys(REJECTED, 0.01))
    for entry in made.manifest.defects:
        names, records = read_table(clean.raw / entry.file)
        before = records[(entry.record_number or 0) - 1] or []
        key = {"products": "product_id", "orders": "order_id", "order_items": "id"}
        assert before[names.index(key[entry.file.partition("/")[0]])] == str(entry.key)


def test_quoted_names_hold_commas_quotes_and_line_breaks(make: Make) -> None:
    made = make({"quoted_text": 0.05, "broken_quote": 0.05})
    names = [entry.value or "" for entry in made.entries("quoted_text")]
    assert len(names) == 3
    for mark in (",", '"', "\n"):
        assert any(mark in name for name in names)
    assert_the_judge_agrees(made)


def test_department_spellings_stay_recognisable_and_unknown_ones_do_not(make: Make) -> None:
    clean = make(folder="clean")
    made = make({"department_alias": 0.5, "unknown_department": 0.2})
    for defect, is_alias in (("department_alias", True), ("unknown_department", False)):
        for entry in made.entries(defect):
            standard = field_of(clean, entry.file, entry.record_number, "department")
            assert entry.value != standard
            stem = (entry.value or "").strip().lower()[:3]
            assert (stem == standard.lower()[:3]) is is_alias


def test_a_corrected_order_repeats_all_but_the_amount_in_a_later_file(make: Make) -> None:
    made = make({"corrected_order": 0.1})
    entries = made.entries("corrected_order")
    assert len(entries) == 16
    assert len({entry.key for entry in entries}) == 16
    for entry in entries:
        assert entry.repeats
        assert entry.file > entry.repeats
        names, records = read_table(made.raw / entry.repeats)
        place = names.index("order_id")
        (before,) = [fields for fields in records if fields and fields[place] == str(entry.key)]
        names, records = read_table(made.raw / entry.file)
        after = records[(entry.record_number or 0) - 1]
        differing = [
            name for name, old, new in zip(names, before, after or (), strict=True) if old != new
        ]
        assert differing == ["total_amount"]


def test_a_corrected_order_has_no_other_defect(make: Make) -> None:
    made = make({"corrected_order": 0.3, "amount_too_low": 0.3, "non_positive_id": 0.1})
    assert len(made.entries("corrected_order")) == 48
    assert_the_judge_agrees(made)


def test_items_of_a_lost_order_or_product_are_counted_as_waiting(make: Make) -> None:
    made = make({"amount_too_low": 0.05, "bad_type": 0.02})
    waiting = made.judged().waiting
    rows = made.judged().rows["order_items"]
    lost = [entry for entry in made.manifest.defects if entry.waiting_items]
    assert {entry.file.partition("/")[0] for entry in lost} == {"orders", "products"}
    for entry in lost:
        parent = "product" if entry.file.startswith("products") else "order"
        own = [
            place
            for place, reasons in waiting.items()
            if f"unknown_{parent}" in reasons and rows[place][f"{parent}_id"] == str(entry.key)
        ]
        assert entry.waiting_items == len(own)
        assert f"{len(own)} of its items wait (unknown_{parent})" in entry.expected
    assert made.manifest.tables["order_items"].waiting == len(waiting) > 0


def test_nobody_waits_for_the_orders_of_a_missing_day(make: Make) -> None:
    made = make({"missing_day": 1 / 3, "amount_too_low": 0.5}, days=3)
    on_that_day = [e for e in made.entries("amount_too_low") if "2025-04-02" in e.file]
    assert on_that_day
    assert {entry.waiting_items for entry in on_that_day} == {0}
    assert_the_judge_agrees(made)


@pytest.mark.parametrize("defect", SILVER_REJECTED)
def test_a_bad_row_breaks_one_rule_of_silver(make: Make, defect: str) -> None:
    made = make({defect: 0.02})
    assert {len(entry.reasons) for entry in made.entries(defect)} == {1}
    assert made.reasons(Outcome.REJECTED) == {}


def test_the_manifest_lists_places_in_order(make: Make) -> None:
    defects = make(dict.fromkeys(OF_RECORDS, 0.01)).manifest.defects
    for one, next_one in pairwise(defects):
        assert (one.file, one.record_number or 0) < (next_one.file, next_one.record_number or 0)
