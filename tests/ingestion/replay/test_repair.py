from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql.connect.session import SparkSession as ConnectSession

from ingestion import csv_records, delta, ops, writer
from ingestion.files import list_raw_files
from ingestion.replay import Outcome
from ingestion.replay import writer as replay_writer
from ingestion.tables import TABLES, Table
from tests.ingestion.replay.orders import (
    HEADER,
    ONE,
    THREE,
    TWO,
    closed,
    contents,
    declared,
    new_root_from,
    order,
    orders,
    without_number,
)
from tests.lake import Lakehouse, new_lakehouse

Declare = Callable[[Table], None]
ITEMS = "order_items/2025-04-01.csv"
PRODUCTS = ("products/products.csv", "product_id,department_id,department,product_name", "1,1,a,b")


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Declare:
    """Sets the rules for orders; a test begins with one that is stricter than today's."""
    monkeypatch.setitem(TABLES, "orders", declared(required=["order_num"]))
    return lambda table: monkeypatch.setitem(TABLES, "orders", table)


def replay(lakehouse: Lakehouse, batch_id: str = "replay") -> dict[str, tuple[str, int]]:
    """Replays; file to what was done with it and how many records bronze got."""
    found = lakehouse.replay(batch_id).findings
    assert len({finding.row.source_file for finding in found}) == len(found)
    assert_every_record_is_accounted_for(lakehouse)
    return {finding.row.source_file: (finding.outcome, finding.gained) for finding in found}


def assert_every_record_is_accounted_for(lakehouse: Lakehouse) -> None:
    counted = lakehouse.query(
        "select records_read, records_loaded, records_rejected,"
        " (select count(*) from bronze.orders where source_file = files.source_file),"
        " (select count(*) from ops.rejected_records as rejects where closed_batch_id is null"
        "   and source_file = files.source_file and content_hash = files.content_hash)"
        " from ops.ingested_files as files where status = 'loaded' and table_name = 'orders'"
    )
    for read, loaded, rejected, in_bronze, in_rejects in counted:
        assert (read, loaded, rejected) == (in_bronze + in_rejects, in_bronze, in_rejects)


def moved(lakehouse: Lakehouse, before: dict[str, int]) -> set[str]:
    return {table for table, version in lakehouse.versions().items() if version != before[table]}


def test_a_higher_reject_limit_loads_a_quarantined_file_and_closes_its_good_records(
    lakehouse: Lakehouse, tmp_path: Path
) -> None:
    lakehouse.write(ONE, HEADER, *orders(1, 20), order("bad"))
    lakehouse.write(TWO, HEADER, order(31, 2), order("", 2), order(32, 2))
    lakehouse.ingest("first")
    assert lakehouse.ledger() == {ONE: "loaded", TWO: "quarantined"}
    today = lakehouse.under(reject_limit=0.5)
    assert replay(today) == {ONE: (Outcome.STAYS, 0), TWO: (Outcome.LOADED, 2)}
    assert closed(today) == [
        (TWO, 1, "replay", TWO, 1, "31"),
        (TWO, 3, "replay", TWO, 3, "32"),
    ]
    assert today.query("select distinct source_file, batch_id from bronze.orders order by 1") == [
        (ONE, "first"),
        (TWO, "replay"),
    ]
    assert contents(today) == new_root_from(today, tmp_path / "fresh")


def test_a_larger_size_limit_loads_a_file_that_was_never_read_as_records(
    lakehouse: Lakehouse, tmp_path: Path
) -> None:
    lakehouse.write(ONE, HEADER, *orders(1, 20), order("bad"))
    small = lakehouse.under(max_file_bytes=100)
    small.ingest("first")
    assert replay(small) == {ONE: (Outcome.STAYS, 0)}
    assert replay(lakehouse) == {ONE: (Outcome.LOADED, 20)}
    assert closed(lakehouse) == []
    assert contents(lakehouse) == new_root_from(lakehouse, tmp_path / "fresh")


def test_a_looser_rule_repairs_what_it_touches_and_nothing_else_gets_a_commit(
    lakehouse: Lakehouse, tmp_path: Path, declare: Declare
) -> None:
    lakehouse.write(ONE, HEADER, *orders(1, 30), without_number(31), order("x"), without_number(32))
    lakehouse.write(TWO, HEADER, *orders(41, 60, 2), order("x", 2))
    lakehouse.write(ITEMS, "id,order_id")
    lakehouse.ingest("first")
    when = lakehouse.query("select source_file, recorded_at from ops.ingested_files order by 1")
    before = lakehouse.versions()
    declare(declared())
    assert replay(lakehouse) == {
        ITEMS: (Outcome.STAYS, 0),
        ONE: (Outcome.REPAIRED, 2),
        TWO: (Outcome.STAYS, 0),
    }
    assert moved(lakehouse, before) == {"orders", "ingested_files", "rejected_records"}
    assert closed(lakehouse) == [
        (ONE, 31, "replay", ONE, 31, "31"),
        (ONE, 33, "replay", ONE, 33, "32"),
    ]
    assert lakehouse.query("select source_file, batch_id from ops.ingested_files order by 1") == [
        (ITEMS, "first"),
        (ONE, "replay"),
        (TWO, "first"),
    ]
    assert when == lakehouse.query(
        "select source_file, recorded_at from ops.ingested_files order by 1"
    )
    assert contents(lakehouse) == new_root_from(lakehouse, tmp_path / "fresh")


def test_a_second_replay_and_a_replay_of_nothing_make_no_commit(
    lakehouse: Lakehouse, declare: Declare
) -> None:
    lakehouse.write(ONE, HEADER, *orders(1, 30), without_number(31), order("x"))
    lakehouse.ingest("first")
    declare(declared())
    assert replay(lakehouse) == {ONE: (Outcome.REPAIRED, 1)}
    before = lakehouse.versions()
    assert replay(lakehouse, "second") == {ONE: (Outcome.STAYS, 0)}
    assert lakehouse.versions() == before
    lakehouse.write(ONE, HEADER, *orders(1, 30))
    lakehouse.ingest("corrected")
    before = lakehouse.versions()
    assert replay(lakehouse, "third") == {}
    assert lakehouse.versions() == before


def test_what_an_earlier_replay_closed_stays_closed_by_it(
    lakehouse: Lakehouse, tmp_path: Path, declare: Declare
) -> None:
    lakehouse.write(ONE, HEADER, *orders(1, 30), without_number(31), order(32, user=""))
    lakehouse.ingest("first")
    declare(declared())
    assert replay(lakehouse, "one") == {ONE: (Outcome.REPAIRED, 1)}
    declare(declared(optional=["user_id"]))
    assert replay(lakehouse, "two") == {ONE: (Outcome.REPAIRED, 1)}
    assert closed(lakehouse) == [(ONE, 31, "one", ONE, 31, "31"), (ONE, 32, "two", ONE, 32, "32")]
    assert contents(lakehouse) == new_root_from(lakehouse, tmp_path / "fresh")


@pytest.mark.parametrize("what", ["gone", "changed"])
def test_records_whose_file_is_gone_or_changed_are_read_from_the_texts_that_were_kept(
    lakehouse: Lakehouse, tmp_path: Path, declare: Declare, what: str
) -> None:
    header = "shop,date,total_amount,order_timestamp,user_id,order_id,order_num"
    rows = [",".join(["north", *row.split(",")[::-1]]) for row in orders(1, 30)]
    odd = [",".join(["south", *row.split(",")[::-1]]) for row in (order("x"), without_number(31))]
    lakehouse.write(ONE, header, *rows, *odd, f"{rows[0]},too,many")
    lakehouse.ingest("first")
    declare(declared())
    expected = new_root_from(lakehouse, tmp_path / "fresh")
    if what == "gone":
        (lakehouse.raw / ONE).unlink()
    else:
        lakehouse.write(ONE, header)
    assert replay(lakehouse) == {ONE: (Outcome.REPAIRED, 1)}
    assert contents(lakehouse) == expected
    assert closed(lakehouse) == [(ONE, 32, "replay", ONE, 32, "31")]
    assert lakehouse.query(
        "select batch_id, count(*) from bronze.orders group by 1 order by 1"
    ) == [
        ("first", 30),
        ("replay", 1),
    ]
    before = lakehouse.versions()
    assert replay(lakehouse, "second") == {ONE: (Outcome.STAYS, 0)}
    assert lakehouse.versions() == before


def test_a_record_whose_file_and_header_are_gone_stays_and_says_what_to_do(
    lakehouse: Lakehouse, declare: Declare
) -> None:
    lakehouse.write(ONE, HEADER, *orders(1, 30), without_number(31))
    lakehouse.ingest("first")
    rejects = DeltaTable(lakehouse.settings.location("ops", "rejected_records"))
    rejects.update(updates={"header": "null"})  # as a version that did not keep it left them
    content = (lakehouse.raw / ONE).read_text()
    (lakehouse.raw / ONE).unlink()
    declare(declared())
    before = lakehouse.versions()
    (finding,) = lakehouse.replay().findings
    assert (finding.outcome, finding.gained, finding.is_there) == (Outcome.STAYS, 0, False)
    assert "put it back" in finding.note
    assert lakehouse.versions() == before
    (lakehouse.raw / ONE).write_text(content)
    assert replay(lakehouse) == {ONE: (Outcome.REPAIRED, 1)}


def test_a_loaded_file_that_today_would_be_refused_whole_keeps_its_rows_and_gets_good_records(
    lakehouse: Lakehouse, declare: Declare
) -> None:
    lakehouse.write(ONE, HEADER, *orders(1, 30), without_number(31), order("x"))
    lakehouse.ingest("first")
    declare(declared())
    today = lakehouse.under(reject_limit=0.01)
    (finding,) = today.replay().findings
    assert (finding.outcome, finding.gained) == (Outcome.REPAIRED, 1)
    assert "refused whole: too_many_rejects: 1 of 32 records" in finding.note
    assert_every_record_is_accounted_for(today)
    assert today.query("select count(*), sum(order_id) from bronze.orders") == [(31, 496)]
    assert closed(today) == [(ONE, 31, "replay", ONE, 31, "31")]


@pytest.mark.parametrize("fewer", [1, 2])
def test_loaded_records_that_today_would_be_refused_stay(
    lakehouse: Lakehouse, declare: Declare, fewer: int
) -> None:
    no_user = order(32, user="")
    lakehouse.write(ONE, HEADER, *orders(1, 30), without_number(31), no_user, order(33, user=""))
    lakehouse.ingest("first")
    assert lakehouse.query("select count(*) from bronze.orders") == [(30,)]
    declare(declared(optional=["user_id"]))
    assert replay(lakehouse, "looser") == {ONE: (Outcome.REPAIRED, 3)}
    declare(declared(required=["order_num"], optional=["user_id"]))
    odd = [*(without_number(number, 2) for number in range(61, 61 + fewer)), order(99, 2, user="")]
    lakehouse.write(TWO, HEADER, *orders(41, 60, 2), *odd)
    lakehouse.ingest("second")
    declare(declared())
    (finding,) = lakehouse.replay("mixed").findings
    assert (finding.row.source_file, finding.gained) == (TWO, fewer)
    assert "1 of its rows stay" in finding.note
    assert_every_record_is_accounted_for(lakehouse)
    assert lakehouse.query("select count(*), max(order_id) from bronze.orders") == [
        (33 + 20 + 1 + fewer, 99)
    ]


def test_a_newer_version_that_was_quarantined_takes_the_place_of_the_loaded_one(
    lakehouse: Lakehouse, tmp_path: Path
) -> None:
    lakehouse.write(ONE, HEADER, *orders(1, 30), order("x"))
    lakehouse.ingest("first")
    lakehouse.write(ONE, HEADER, order(31), order("x"))
    lakehouse.ingest("second")
    today = lakehouse.under(reject_limit=0.5)
    found = today.replay()
    assert [(one.outcome, one.gained) for one in found.findings] == [(Outcome.LOADED, 1)]
    assert_every_record_is_accounted_for(today)
    assert today.query(
        "select status, records_loaded, batch_id from ops.ingested_files order by 1"
    ) == [("loaded", 1, "replay"), ("superseded", 30, "replay")]
    assert contents(today) == new_root_from(today, tmp_path / "fresh")


def test_of_several_copies_in_quarantine_the_lower_name_is_loaded(
    lakehouse: Lakehouse, tmp_path: Path
) -> None:
    for name in (TWO, ONE):
        lakehouse.write(name, HEADER, order(1), order("x"))
        lakehouse.ingest(f"of {name}")
    assert lakehouse.ledger() == {ONE: "quarantined", TWO: "quarantined"}
    today = lakehouse.under(reject_limit=0.5)
    assert replay(today) == {ONE: (Outcome.LOADED, 1), TWO: (Outcome.DUPLICATE, 0)}
    assert closed(today) == [
        (ONE, 1, "replay", ONE, 1, "1"),
        (TWO, 1, "replay", ONE, 1, "1"),
    ]
    assert contents(today) == new_root_from(today, tmp_path / "fresh")


def test_a_quarantined_copy_gives_up_the_rows_that_its_file_brought_before(
    lakehouse: Lakehouse, tmp_path: Path
) -> None:
    lakehouse.write(TWO, HEADER, *orders(1, 30, 2), order("x"))
    lakehouse.ingest("first")
    for name in (ONE, TWO):
        lakehouse.write(name, HEADER, order(31), order("x"))
    lakehouse.ingest("second")
    today = lakehouse.under(reject_limit=0.5)
    assert replay(today) == {ONE: (Outcome.LOADED, 1), TWO: (Outcome.DUPLICATE, 0)}
    assert today.query("select order_id, source_file from bronze.orders") == [(31, ONE)]
    assert contents(today) == new_root_from(today, tmp_path / "fresh")


def test_lists_of_products_with_the_same_content_are_each_repaired_and_linked_by_themselves(
    lakehouse: Lakehouse, tmp_path: Path
) -> None:
    files = [f"products/2025-04-0{day}.csv" for day in (1, 2)]
    for name in files:
        lakehouse.write(name, PRODUCTS[1], "1,1,a,b", "x,1,a,b")
    lakehouse.ingest("first")
    today = lakehouse.under(reject_limit=0.5)
    assert replay(today) == dict.fromkeys(files, (Outcome.LOADED, 1))
    assert closed(today) == [(name, 1, "replay", name, 1, "1") for name in files]
    assert contents(today) == new_root_from(today, tmp_path / "fresh")


def test_a_quarantined_original_takes_over_the_rows_of_its_loaded_copy(
    lakehouse: Lakehouse, tmp_path: Path, declare: Declare
) -> None:
    lakehouse.write(ONE, HEADER, order(1), order("x"), without_number(2))
    lakehouse.ingest("first")
    today = lakehouse.under(reject_limit=0.7)
    today.write(TWO, HEADER, order(1), order("x"), without_number(2))
    today.ingest("second")
    assert today.ledger() == {ONE: "quarantined", TWO: "loaded"}
    declare(declared())
    assert replay(today) == {ONE: (Outcome.LOADED, 2)}
    assert today.ledger() == {ONE: "loaded", TWO: "duplicate"}
    assert closed(today) == [
        (ONE, 1, "replay", ONE, 1, "1"),
        (ONE, 3, "replay", ONE, 3, "2"),
        (TWO, 3, "replay", ONE, 3, "2"),
    ]
    assert contents(today) == new_root_from(today, tmp_path / "fresh")


def test_a_copy_in_quarantine_of_a_file_that_is_loaded_becomes_a_duplicate(
    lakehouse: Lakehouse, tmp_path: Path
) -> None:
    lakehouse.write(TWO, HEADER, order(1), order("x"))
    lakehouse.ingest("first")
    today = lakehouse.under(reject_limit=0.5)
    today.write(ONE, HEADER, order(1), order("x"))
    today.ingest("second")
    assert today.ledger() == {ONE: "loaded", TWO: "quarantined"}
    assert replay(today) == {ONE: (Outcome.STAYS, 0), TWO: (Outcome.DUPLICATE, 0)}
    assert contents(today) == new_root_from(today, tmp_path / "fresh")


def test_a_corrected_reader_that_finds_other_records_is_applied_to_the_whole_file(
    lakehouse: Lakehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not isinstance(lakehouse.spark, ConnectSession):
        pytest.skip("Spark reads in processes of its own, which keep the reader they have")
    header = "product_id,department_id,department,product_name"
    rows = [f"{number},1,Books,Lamp" for number in range(1, 41)]
    file = "products/products.csv"
    lakehouse.write(file, header, *rows[:20], '41,1,Books,"Lamp\nof oak"', *rows[20:], "x,1,a,b")
    with monkeypatch.context() as patch:  # a reader that believes no line break in quotes
        patch.setattr(csv_records, "_fields_at", fields_of_one_line)
        lakehouse.ingest("first")
    assert lakehouse.query("select records_read, records_rejected from ops.ingested_files") == [
        (43, 3)
    ]
    (finding,) = lakehouse.replay().findings
    assert (finding.outcome, finding.gained) == (Outcome.REPAIRED, 1)
    assert contents(lakehouse) == new_root_from(lakehouse, tmp_path / "fresh")
    assert closed(lakehouse) == [
        (file, 21, "replay", None, None, None),
        (file, 22, "replay", None, None, None),
        (file, 43, "replay", None, None, None),
    ]


def fields_of_one_line(text: str, position: int) -> tuple[list[str], int] | None:
    found = FIELDS_AT(text, position)
    return None if found and "\n" in text[position : found[1]] else found


FIELDS_AT = csv_records._fields_at


@pytest.mark.parametrize("commit", range(1, 7))
def test_a_replay_that_was_cut_off_at_any_commit_is_finished_by_the_next(
    lakehouse: Lakehouse,
    tmp_path: Path,
    declare: Declare,
    monkeypatch: pytest.MonkeyPatch,
    commit: int,
) -> None:
    lakehouse.write(ONE, HEADER, *orders(1, 30), without_number(31), order("x"))
    lakehouse.write(TWO, HEADER, order(41, 2), order("x", 2))
    lakehouse.write(THREE, HEADER, *orders(51, 80, 3), without_number(81, 9), order("y", 3))
    lakehouse.ingest("first")
    declare(declared())
    today = lakehouse.under(reject_limit=0.5)
    expected = new_root_from(today, tmp_path / "fresh")
    (today.raw / THREE).unlink()
    with monkeypatch.context() as patch:
        made = die_at_commit(patch, commit)
        if commit < 6:
            with pytest.raises(ConnectionError):
                today.replay("cut off")
        else:
            today.replay("whole")
    assert made == list(range(1, commit))
    if commit < 6:
        replay(today, "finished")
    assert contents(today) == expected
    assert {(file, number) for file, number, *_ in closed(today)} == {
        (ONE, 31),
        (TWO, 1),
        (THREE, 31),
    }
    before = today.versions()
    assert {outcome for outcome, _ in replay(today, "again").values()} == {Outcome.STAYS}
    assert today.versions() == before


def die_at_commit(patch: pytest.MonkeyPatch, last: int) -> list[int]:
    """Let the process die instead of making its n-th commit; the list fills with those made."""
    made: list[int] = []

    def replace_where(*arguments: Any) -> None:
        if len(made) + 1 == last:
            raise ConnectionError("killed")
        delta.replace_where(*arguments)
        made.append(len(made) + 1)

    for module in (writer, replay_writer, ops):
        patch.setattr(module, "replace_where", replace_where)
    return made


@pytest.mark.parametrize("seed", range(8))
def test_a_replayed_root_equals_one_that_had_todays_rules_all_the_time(
    lakehouse: Lakehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Rules loosen from run to run; some files come again with other content, some are copies."""
    random = Random(seed)
    rules = [
        (declared(required=["order_num"]), 0.05),
        (declared(), 0.2),
        (declared(optional=["user_id"]), random.choice([0.2, 0.4, 1.0])),
    ]
    runs = [some_files(random, first=run * 100) for run in range(len(rules))]
    lakehouse.write(*PRODUCTS)
    for run, ((table, limit), files) in enumerate(zip(rules, runs, strict=True)):
        monkeypatch.setitem(TABLES, "orders", table)
        root = lakehouse.under(reject_limit=limit)
        for name, lines in files.items():
            root.write(name, HEADER, *lines)
        root.ingest(f"run {run}")
        if random.random() < 0.5:
            root.replay(f"replay {run}")
    root.replay("last")
    assert_every_record_is_accounted_for(root)
    found, forgotten = contents(root), replaced_in_quarantine(root)
    fresh = new_lakehouse(root.spark, tmp_path / "fresh").under(reject_limit=limit)
    fresh.write(*PRODUCTS)
    for run, files in enumerate(runs):
        for name, lines in files.items():
            if (name, content_hash(lines)) not in forgotten:
                fresh.write(name, HEADER, *lines)
        fresh.ingest(f"run {run}")
    assert found == contents(fresh)


def content_hash(lines: list[str]) -> str:
    return sha256("".join(f"{line}\n" for line in [HEADER, *lines]).encode()).hexdigest()


def replaced_in_quarantine(lakehouse: Lakehouse) -> set[tuple[str, str]]:
    """File versions that nobody can read again: refused, and then overwritten in the raw folder."""
    there = {file.version for file in list_raw_files(lakehouse.settings.raw)}
    refused = lakehouse.query(
        "select source_file, content_hash from ops.ingested_files"
        " where status = 'quarantined' or reason like 'replaced: was %'"
    )
    return {(name, content) for name, content in refused} - there


def some_files(random: Random, first: int) -> dict[str, list[str]]:
    """Three files of a dozen orders each, of which some are odd in one of four ways."""
    ways: list[Callable[[int], str]] = [
        order,
        without_number,
        lambda number: order(number, user=""),
        lambda number: order("x"),
        lambda number: f'1,"{number},7',
    ]
    files: dict[str, list[str]] = {}
    for start in range(first, first + 36, 12):
        weights = [30, *random.choices([0, 1, 5], k=4)]
        lines = [
            way(number) for number, way in enumerate(random.choices(ways, weights, k=12), start)
        ]
        copied = (
            random.choice(list(files.values())[1:])
            if len(files) > 1 and random.random() < 0.3
            else lines
        )
        files[f"orders/2025-04-0{random.randint(1, 4)}.csv"] = copied
    return files
