from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from rich.console import Console

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.page import Page
from lakehouse.status import status_page
from tests.ingestion.ledgers import ledger_row
from tests.lakehouse.json_pages import as_json, documented, names_in

FIRST, SECOND = datetime(2025, 4, 1, tzinfo=UTC), datetime(2025, 4, 2, tzinfo=UTC)
NOW = datetime(2025, 4, 2, 20, tzinfo=UTC)
FILE = "orders/2025-04-01.csv"
HUGE = Decimal("9999999999999999.99")


def write(root: Path, table: str, *rows: dict[str, Any]) -> None:
    write_deltalake(root / table, pa.Table.from_pylist(list(rows)))


def version(status: str, content: str, recorded_at: datetime, **values: Any) -> dict[str, Any]:
    row = vars(ledger_row(FILE, content)) | {"status": status, "recorded_at": recorded_at}
    return {name: value for name, value in (row | values).items() if name != "dates"}


def day_of(table: str, day: int | None) -> dict[str, Any]:
    file_date = date(2025, 4, day) if day else None
    return {"source_file": f"{table}/{day}", "table_name": table, "file_date": file_date}


def page(root: Path) -> Page:
    return status_page(Settings(str(root), str(root / "raw")), NOW)


def shown(root: Path) -> str:
    console = Console(width=160, force_terminal=False)
    with console.capture() as capture:
        page(root).show(console)
    return " ".join(capture.get().split())


def test_a_folder_without_tables_is_no_lakehouse(tmp_path: Path) -> None:
    with pytest.raises(LakehouseError, match="There is no lakehouse at"):
        shown(tmp_path)


def test_a_root_whose_first_run_was_cut_off_has_a_status(tmp_path: Path) -> None:
    write(tmp_path, "ops/ingested_files", version("loaded", "a", FIRST))
    assert "orders loaded 1 1 1 0 0 2025-04-01" in shown(tmp_path)
    assert "Newest run" not in shown(tmp_path)


def test_a_file_is_in_quarantine_until_a_later_version_is_loaded(tmp_path: Path) -> None:
    bad = version("quarantined", "a", FIRST, reason="empty_file: the file holds [nothing]")
    write(tmp_path / "before", "ops/ingested_files", bad)
    assert f"In quarantine source file reason recorded at {FILE} {bad['reason']}" in shown(
        tmp_path / "before"
    )
    write(tmp_path / "after", "ops/ingested_files", bad, version("loaded", "b", SECOND))
    assert "In quarantine" not in shown(tmp_path / "after")


def test_rejected_records_are_counted_by_reason_with_an_example(tmp_path: Path) -> None:
    write(tmp_path, "ops/ingested_files", version("loaded", "a", FIRST))
    write(
        tmp_path,
        "ops/rejected_records",
        *(
            {
                "table_name": "orders",
                "source_file": FILE,
                "content_hash": content,
                "record_number": number,
                "reasons": ["type:order_id", "missing:date"][: 3 - number or 1],
                "closed_batch_id": closed_by,
            }
            for number, content, closed_by in (
                (1, "a", None),
                (2, "a", None),
                (3, "a", "a replay"),
                (1, "an older version", None),
            )
        ),
    )
    text = shown(tmp_path)
    assert f"orders type:order_id 2 {FILE} record 1" in text
    assert f"orders missing:date 1 {FILE} record 1" in text


def test_reasons_of_equal_counts_are_listed_by_table(tmp_path: Path) -> None:
    write(tmp_path, "ops/ingested_files", version("loaded", "a", FIRST))
    of_file: dict[str, Any] = {"source_file": FILE, "content_hash": "a", "reasons": ["malformed"]}
    tables = [f"table_{number:02}" for number in range(50)]
    rejects = [
        of_file | {"table_name": table, "record_number": number, "closed_batch_id": None}
        for number, table in enumerate(reversed(tables))
    ]
    write(tmp_path, "ops/rejected_records", *rejects)
    found = as_json(page(tmp_path))["rejected_records"]
    assert [row["table_name"] for row in found] == tables


@pytest.mark.parametrize(("superseded", "adds_up"), [(1, "yes"), (2, "NO")])
def test_where_every_row_went_adds_up_or_says_no(
    tmp_path: Path, superseded: int, adds_up: str
) -> None:
    counts = {"records_read": 5, "records_loaded": 3, "records_rejected": 2}
    write(tmp_path, "ops/ingested_files", version("loaded", "a", FIRST, **counts))
    write(tmp_path, "bronze/orders", *({"order_id": number} for number in (1, 1, 2)))
    write(tmp_path, "silver/orders", {"order_id": 1})
    write(tmp_path, "silver/orders_superseded", *({"order_id": 1} for _ in range(superseded)))
    rejected = {"source_file": FILE, "record_number": 3, "reasons": ["unknown_user"]}
    write(tmp_path, "silver/orders_rejected", rejected)
    text = shown(tmp_path)
    assert f"orders 5 2 0 3 3 1 {superseded} 1 0 {adds_up}" in text
    assert f"orders unknown_user 1 {FILE} record 3" in text


def test_a_loaded_file_that_somebody_took_away_is_reported(tmp_path: Path) -> None:
    write(tmp_path, "ops/ingested_files", version("loaded", "a", FIRST, records_loaded=3))
    (tmp_path / "raw").mkdir()
    assert f"source file records loaded {FILE} 3" in shown(tmp_path)
    path = tmp_path / "raw" / FILE
    path.parent.mkdir()
    path.touch()
    assert "all 1 loaded files still lie in" in shown(tmp_path)


def test_a_raw_folder_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "ops/ingested_files", version("loaded", "a", FIRST, records_loaded=3))
    assert "name it with --raw" in shown(tmp_path)


def test_two_files_for_one_day_are_reported_with_the_one_that_wins(tmp_path: Path) -> None:
    packed = f"{FILE}.gz"
    rows = [version("loaded", "a", FIRST), version("loaded", "b", FIRST, source_file=packed)]
    write(tmp_path, "ops/ingested_files", *rows)
    assert f"orders 2025-04-01 {FILE} and {packed} {packed}" in shown(tmp_path)
    products = {"table_name": "products", "file_date": None}
    lists = [f"products/products.csv{end}" for end in ("", ".gz")]
    rows_of = [version("loaded", "a", FIRST, source_file=name, **products) for name in lists]
    write(tmp_path / "lists", "ops/ingested_files", *rows_of)
    assert f"products {lists[0]} and {lists[1]} {lists[1]}" in shown(tmp_path / "lists")
    write(tmp_path / "one", "ops/ingested_files", rows[0])
    assert "Several files for one day" not in shown(tmp_path / "one")


def test_each_table_shows_its_newest_day_its_load_and_how_far_it_is_behind(tmp_path: Path) -> None:
    write(
        tmp_path,
        "ops/ingested_files",
        version("loaded", "a", FIRST, batch_id="the first run"),
        version("loaded", "b", SECOND, batch_id="the second run", **day_of("orders", 3)),
        version("loaded", "c", FIRST, batch_id="the first run", **day_of("order_items", 1)),
        version("quarantined", "d", SECOND, **day_of("order_items", 4)),
        version("loaded", "e", FIRST, batch_id="the first run", **day_of("products", None)),
    )
    expected = ("orders", "orders", "order_items", "order_items", "order_items")
    write(tmp_path, "ops/missing_files", *({"table_name": name} for name in expected))
    text = shown(tmp_path)
    assert "products 0 2025-04-01 00:00 44 h the first ru" in text
    assert "orders 2025-04-03 1 orders/2025-04-04.csv 2 2025-04-02 00:00 20 h the second r" in text
    assert "order_items 2025-04-01 3 order_items/2025-04-02.csv 3 2025-04-01 00:00 44 h" in text


def test_a_table_of_which_nothing_was_loaded_has_no_newest_day(tmp_path: Path) -> None:
    write(tmp_path, "ops/ingested_files", version("quarantined", "a", FIRST))
    write(tmp_path, "ops/missing_files", {"table_name": "orders"})
    assert "last loaded ago by run products 0 orders 1 order_items 0" in shown(tmp_path)


@pytest.mark.parametrize("table", ["ingested_files", "rejected_records", "missing_files"])
@pytest.mark.parametrize("is_gone", [True, False])
def test_a_damaged_ops_table_is_named_and_leaves_out_only_what_reads_it(
    tmp_path: Path, table: str, is_gone: bool
) -> None:
    file = version("loaded", "a", FIRST)
    rejected = {"table_name": "orders", "source_file": FILE, "content_hash": "a"} | {
        "record_number": 1,
        "reasons": ["type:date"],
        "closed_batch_id": None,
    }
    missing = {"table_name": "orders", "file_date": FIRST.date()} | {
        "expected_file": FILE,
        "state": "missing",
    }
    rows = {"ingested_files": file, "rejected_records": rejected, "missing_files": missing}
    for name, row in rows.items():
        write(tmp_path, f"ops/{name}", row)
    log = tmp_path / "ops" / table / "_delta_log"
    if is_gone:
        shutil.rmtree(log.parent)
    else:
        (log / f"{0:020}.json").write_text("")
    text = shown(tmp_path)
    assert (f"damaged ops.{table}: " in text) == (not is_gone)
    lists = {
        "ingested_files": "orders loaded 1",
        "rejected_records": "orders type:date 1",
        "missing_files": "Missing expected file",
    }
    unread = {"ingested_files", "rejected_records"} if table == "ingested_files" else {table}
    assert {name for name, words in lists.items() if words not in text} == unread
    assert ("Rejected records: not shown" in text) == (table == "ingested_files")


def test_programs_get_every_name_that_is_documented_and_no_other(tmp_path: Path) -> None:
    write(tmp_path, "ops/ingested_files", version("loaded", "a", FIRST))
    found = as_json(page(tmp_path))
    tables = {name for name, rows in found.items() if isinstance(rows, list)}
    assert tables >= {"files", "quarantined", "missing", "row_equations", "gone_from_raw"}
    assert set(names_in(found)) <= documented("status")
    assert found["files"][0]["newest_day"] == "2025-04-01"
    assert found["last_run"] is None
    assert found["raw_is_there"] is False


@pytest.mark.parametrize(
    ("reason", "row", "words"),
    [
        ("too_late:date", {"date": date(2205, 4, 1)}, "2205-04-01; expected no day later than 20"),
        ("too_early:date", {"date": date(205, 4, 1)}, "0205-04-01; expected no day earlier than 2"),
        ("above:total_amount", {"total_amount": HUGE}, f"{HUGE}; expected at most 100000.0 (max_"),
        ("above:add_to_cart_order", {"add_to_cart_order": 2**62}, f"{2**62}; expected at most 1"),
        ("unknown_order", {}, "; waits for an order of its order_id"),
        ("invalid:a_rule_of_ours", {"a_rule_of_ours": 7}, ": 7"),
    ],
)
def test_a_reason_of_silver_is_shown_with_a_value_and_what_was_expected(
    tmp_path: Path, reason: str, row: dict[str, Any], words: str
) -> None:
    write(tmp_path, "ops/ingested_files", version("loaded", "a", FIRST))
    write(tmp_path, "bronze/orders", {"order_id": 1})
    for table in ("orders", "orders_superseded"):
        write(tmp_path, f"silver/{table}", {"order_id": 1})
    place = {"source_file": FILE, "record_number": 3, "reasons": [reason]}
    write(tmp_path, "silver/orders_rejected", place | row)
    (found,) = as_json(page(tmp_path))["silver_rejects"]
    assert (found["reason"], found["records"]) == (reason, 1)
    assert found["example"].startswith(f"{FILE} record 3")
    assert words in found["example"]


def test_decades_of_missing_files_are_a_line_each(tmp_path: Path) -> None:
    days = [date(2025, 4, 1) + timedelta(number) for number in range(20_000)]
    rows = [
        {"table_name": name, "file_date": day, "expected_file": f"{name}/{day}.csv"}
        for name in ("order_items", "orders")
        for day in days
    ]
    write(tmp_path, "ops/missing_files", *(row | {"state": "missing"} for row in rows))
    lines = shown(tmp_path).split("Missing expected file ")[1]
    assert lines.count("20,000 days (missing). Has a file a typing error in the year") == 2
    assert lines.count(".csv") == 2


def test_names_and_values_of_files_steer_no_terminal(tmp_path: Path) -> None:
    name = "orders/2025\x1b[2J\x07\u202e\n.csv"
    bad = version("quarantined", "a", FIRST, source_file=name, reason=f"wrong_name: {name}")
    write(
        tmp_path, "ops/ingested_files", bad, version("loaded", "b", FIRST, source_file=f"{name}2")
    )
    console = Console(width=60, force_terminal=True, color_system=None)
    with console.capture() as capture:
        page(tmp_path).show(console)
    assert [
        letter for letter in capture.get() if not (letter.isprintable() or letter == "\n")
    ] == []
    assert "orders/2025\\x1b[2J\\x07<U+202E>\\n.csv" in capture.get()
