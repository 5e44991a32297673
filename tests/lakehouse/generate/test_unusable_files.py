from __future__ import annotations

import gzip
import re
from datetime import date, timedelta

import pytest

from lakehouse.generate import DEFECTS, Level, Outcome

from .judge import HEADERS, KEYS, is_a_date, read_table
from .made import Make

FIRST_DAY = date(2025, 4, 1)
LAST_GOOD_DAY = "2025-04-04"
UNDATED = ("wrong_name", "impossible_date")
UNUSABLE = [name for name, it in DEFECTS.items() if it.outcome is Outcome.QUARANTINED]


@pytest.mark.parametrize("defect", UNUSABLE)
def test_an_unusable_file_comes_beside_the_good_ones_and_costs_no_day(
    make: Make, defect: str
) -> None:
    clean, made = make(folder="clean"), make({defect: 0.4})
    entries = made.entries(defect)
    assert len(entries) == 3
    assert made.manifest.files[Outcome.QUARANTINED] == 3
    assert made.manifest.tables == clean.manifest.tables
    assert clean.files.items() <= made.files.items()
    assert set(made.files) - set(clean.files) == {entry.file for entry in entries}
    assert len(set(made.files.values())) == len(made.files), "two equal files are a duplicate"


@pytest.mark.parametrize("defect", [it for it in UNUSABLE if it not in UNDATED])
def test_an_unusable_file_is_dated_after_the_last_good_day(make: Make, defect: str) -> None:
    for entry in make({defect: 0.4}).entries(defect):
        name = entry.file.partition("/")[2].partition(".")[0]
        assert is_a_date(name)
        assert name > LAST_GOOD_DAY


@pytest.mark.parametrize(
    "defect", ["missing_column", "renamed_column", "wrong_folder", "too_many_rejects"]
)
def test_an_unusable_file_holds_rows_of_the_day_that_it_is_named_after(
    make: Make, defect: str
) -> None:
    made = make({defect: 0.4, "binary": 0.2, "wrong_name": 0.2})
    for entry in made.entries(defect):
        names, records = read_table(made.raw / entry.file)
        dates = {fields[names.index("date")] for fields in records if fields}
        assert dates == {entry.file.partition("/")[2].removesuffix(".csv")}


def test_orders_and_items_of_an_extra_day_belong_together(make: Make) -> None:
    made = make({"too_many_rejects": 0.2})
    ids = []
    for entry in made.entries("too_many_rejects"):
        names, records = read_table(made.raw / entry.file)
        ids.append({fields[names.index("order_id")] for fields in records if fields} - {""})
    (of_items, of_orders) = ids
    assert of_orders < of_items


def test_ids_of_unusable_files_are_used_nowhere_else(make: Make) -> None:
    defects = ("wrong_name", "impossible_date", "wrong_folder", "renamed_column")
    made = make(dict.fromkeys(defects, 0.4))
    seen: set[tuple[str, str]] = set()
    for path in made.files:
        names, records = read_table(made.raw / path)
        (table,) = (table for table in HEADERS if names[0] == HEADERS[table].split(",")[0])
        key = names.index(KEYS[table])
        ids = {(table, fields[key]) for fields in records if fields}
        assert len(ids) == len(records)
        assert not ids & seen
        seen |= ids


def test_the_extra_files_leave_no_hole_in_the_calendar(make: Make) -> None:
    defects = dict.fromkeys(["empty_file", "binary", "not_utf8", "missing_column"], 0.01)
    made = make(defects | {"duplicate_file": 0.01})
    dates = {
        table: sorted(file[len(table) + 1 :][:10] for file in made.files if file.startswith(table))
        for table in ("orders/", "order_items/")
    }
    assert len(dates["orders/"]) == 7
    assert len(dates["order_items/"]) == 6


@pytest.mark.parametrize("seed", range(5))
def test_the_manifest_knows_which_days_will_have_no_rows(make: Make, seed: int) -> None:
    shares = {defect: 0.15 * (place % 3) for place, defect in enumerate(DEFECTS) if place < 13}
    made = make(shares | {"missing_day": 0.5, "duplicate_file": 0.3 * (seed % 2)}, seed=seed)
    loaded = {file.partition(".")[0] for file in made.loadable}
    named = [file.partition("/")[2][:10] for file in made.files if not file.startswith("misc/")]
    last = max(date.fromisoformat(name) for name in named if is_a_date(name))
    calendar = [FIRST_DAY + timedelta(days) for days in range((last - FIRST_DAY).days + 1)]
    expected = {f"{table}/{day}" for table in ("orders", "order_items") for day in calendar}
    missing = {file.removesuffix(".csv"): it for file, it in made.manifest.missing_files.items()}
    assert set(missing) == expected - loaded
    arrived = {file.partition(".")[0] for file in made.files}
    assert {file for file, state in missing.items() if state == "missing"} == expected - arrived
    repeated = {entry.file.partition(".")[0] for entry in made.entries("duplicate_file")}
    assert {file for file, state in missing.items() if state == "duplicate"} == repeated


def test_an_empty_file_holds_nothing_to_read(make: Make) -> None:
    made = make({"empty_file": 0.4})
    contents = [made.files[entry.file] for entry in made.entries("empty_file")]
    assert b"" in contents
    assert {content.strip() for content in contents} == {b""}


def test_a_file_that_is_not_utf8_is_text_of_another_encoding(make: Make) -> None:
    made = make({"not_utf8": 0.4})
    for entry in made.entries("not_utf8"):
        content = made.files[entry.file]
        with pytest.raises(UnicodeDecodeError):
            content.decode()
        assert content.decode("cp1252").startswith(HEADERS[entry.file.partition("/")[0]])
        assert b"\0" not in content


def test_a_binary_file_has_zero_bytes(make: Make) -> None:
    made = make({"binary": 0.1})
    assert b"\0" in made.files[made.entry("binary").file]


def test_a_truncated_gzip_ends_too_early(make: Make) -> None:
    made = make({"truncated_gzip": 0.1})
    entry = made.entry("truncated_gzip")
    assert entry.file.endswith(".csv.gz")
    with pytest.raises(EOFError):
        gzip.decompress(made.files[entry.file])


@pytest.mark.parametrize(
    ("defect", "similar"), [("missing_column", None), ("renamed_column", r"total_amt|productid")]
)
def test_a_column_is_not_in_the_header(make: Make, defect: str, similar: str | None) -> None:
    made = make({defect: 0.4})
    for entry in made.entries(defect):
        declared = HEADERS[entry.file.partition("/")[0]].split(",")
        names, records = read_table(made.raw / entry.file)
        assert set(declared) - set(names) == {entry.column}
        assert {len(fields or ()) for fields in records} == {len(names)}
        unknown = set(names) - set(declared)
        assert len(unknown) == (1 if similar else 0)
        assert all(re.fullmatch(similar or "", name) for name in unknown)


@pytest.mark.parametrize(
    ("defect", "paths"),
    [
        ("wrong_folder", {"misc/2025-04-05.csv", "misc/2025-04-06.csv", "misc/2025-04-07.csv"}),
        (
            "wrong_name",
            {
                "orders/orders_final.csv",
                "order_items/order_items_final.csv",
                "orders/orders_final_3.csv",
            },
        ),
        (
            "impossible_date",
            {"orders/2025-02-30.csv", "order_items/2025-04-31.csv", "orders/2025-13-01.csv"},
        ),
    ],
)
def test_a_misplaced_file_is_sound_but_for_its_place(
    make: Make, defect: str, paths: set[str]
) -> None:
    made = make({defect: 0.4})
    assert {entry.file for entry in made.entries(defect)} == paths
    for path in paths:
        names, records = read_table(made.raw / path)
        assert ",".join(names) in HEADERS.values()
        assert {len(fields or ()) for fields in records} == {len(names)}


def test_impossible_dates_never_run_out_and_are_never_dates(make: Make) -> None:
    entries = make({"impossible_date": 1.0}, days=12, orders_per_day=2).entries("impossible_date")
    names = [entry.file.partition("/")[2].removesuffix(".csv") for entry in entries]
    assert len({entry.file for entry in entries}) == 24
    assert [name for name in names if is_a_date(name)] == []


@pytest.mark.parametrize("orders_per_day", [1, 2, 40])
def test_a_file_with_too_many_rejects_has_more_than_a_tenth(
    make: Make, orders_per_day: int
) -> None:
    made = make({"too_many_rejects": 0.4}, orders_per_day=orders_per_day)
    for entry in made.entries("too_many_rejects"):
        names, records = read_table(made.raw / entry.file)
        key = names.index(KEYS[entry.file.partition("/")[0]])
        bad = [fields for fields in records if fields and fields[key] == ""]
        assert len(records) / 10 < len(bad)
        assert len(bad) < len(records) or len(records) == 1


def test_unusable_files_of_a_large_shop_stay_small(make: Make) -> None:
    made = make({"wrong_name": 0.1}, days=1, orders_per_day=500)
    _, records = read_table(made.raw / made.entry("wrong_name").file)
    assert len(records) == 50


def test_all_unusable_files_are_of_level_file() -> None:
    assert {DEFECTS[name].level for name in UNUSABLE} == {Level.FILE}
    assert {DEFECTS[name].reason for name in UNUSABLE} == {*UNUSABLE} - {"renamed_column"}
