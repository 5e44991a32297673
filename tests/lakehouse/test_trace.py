"""The life of a row, as told for the sample, whose defects are listed in its README."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from rich.console import Console

from ingestion.errors import LakehouseError
from ingestion.ledger import Status
from ingestion.settings import Settings
from lakehouse.trace import changed_values, trace_page
from orchestration.project import PROJECT_FOLDER
from tests.ingestion.ledgers import ledger_row
from tests.lakehouse.json_pages import as_json, documented, names_in


@pytest.fixture
def settings(sample: Settings) -> Settings:
    return sample


def traced(settings: Settings, table: str, key: int) -> list[str]:
    """Lines of the answer, each with single blanks."""
    console = Console(width=300, force_terminal=False)
    with console.capture() as capture:
        trace_page(settings, table, key).show(console)
    return [" ".join(line.split()) for line in capture.get().splitlines()]


def starting(lines: list[str], *starts: str) -> list[str]:
    return [line for line in lines if line.startswith(starts)]


def test_a_corrected_order_is_shown_with_both_versions_and_its_numbers(settings: Settings) -> None:
    lines = traced(settings, "orders", 10011)
    versions = starting(lines, "orders/")
    assert [line.split()[:2] for line in versions] == [
        ["orders/2025-04-07.csv", "31"],
        ["orders/2025-04-01.csv", "12"],
    ]
    assert versions[0].endswith("in silver")
    assert versions[1].endswith("superseded by a newer version")
    assert "total_amount 186.84" in lines
    assert "gold.customer_insights user_id 1148 total_spend 186.84, total_orders 1" in lines
    assert len(starting(lines, "gold.daily_sales order_date 2025-04-01 ")) == 1


def test_a_corrected_order_is_shown_with_the_old_and_the_new_value_and_their_lines(
    settings: Settings,
) -> None:
    old, new = _fields("orders/2025-04-01.csv", 12), _fields("orders/2025-04-07.csv", 31)
    assert (old[:4], new[:4]) == (new[:4], old[:4])
    assert "column old new old from new from" in traced(settings, "orders", 10011)
    found = as_json(trace_page(settings, "orders", 10011))
    assert found["changes"] == [
        {
            "column": "total_amount",
            "old": float(old[4]),
            "new": float(new[4]),
            "old_from": "orders/2025-04-01.csv record 12",
            "new_from": "orders/2025-04-07.csv record 31",
        }
    ]
    assert found["silver"]["total_amount"] == float(new[4])
    assert set(names_in(found, without="silver")) <= documented("trace")


def _fields(file: str, record: int) -> list[str]:
    return (PROJECT_FOLDER / "sample" / file).read_text().splitlines()[record].split(",")


def test_each_version_is_compared_with_the_one_before_it_whatever_their_order() -> None:
    columns = ("department", "department_id", "_rescued")
    rows = [
        ("products/2025-04-04.csv", 4, 1, 6, None, 4, '{"x":1}'),
        ("products/2025-04-01.csv", 1, 5, 6, "Home", 3, None),
        ("products/2025-04-02.csv", 2, 9, 6, "Homes", 3, None),
        ("products/2025-04-02.csv", 2, 8, 7, "Hom\u00e9", 3, None),
        ("products/2025-04-03.csv", 3, 2, 6, "Hom\u00e9", 3, None),
        ("products/products.csv", None, 7, 9, "House", 3, None),
    ]
    versions = [
        {
            **{"source_file": file, "file_date": date(2025, 4, day) if day else None},
            **{"record_number": record, "ingestion_timestamp": datetime(2025, 5, hour)},
            **dict(zip(columns, values, strict=True)),
        }
        for file, day, record, hour, *values in rows
    ]
    undated, first, second, again, third, fourth = (
        f"products/{name}.csv record {record}"
        for name, record in (
            *(("products", 7), ("2025-04-01", 5), ("2025-04-02", 9)),
            *(("2025-04-02", 8), ("2025-04-03", 2), ("2025-04-04", 1)),
        )
    )
    assert changed_values(versions, columns) == [
        ("department", "Hom\u00e9", None, third, fourth),
        ("department_id", 3, 4, third, fourth),
        ("_rescued", None, '{"x":1}', third, fourth),
        ("department", "Homes", "Hom\u00e9", second, again),
        ("department", "Home", "Homes", first, second),
        ("department", "House", "Home", undated, first),
    ]
    assert changed_values(versions[:1], columns) == []


def test_a_rejected_order_is_shown_with_its_reasons_and_no_row_of_gold(settings: Settings) -> None:
    (source_file, order_id) = _rejected_by_silver(settings)
    lines = traced(settings, "orders", order_id)
    (version,) = starting(lines, source_file)
    assert version.endswith("rejected by silver above:total_amount")
    assert starting(lines, "The row in silver", "gold.") == []


def _rejected_by_silver(settings: Settings) -> tuple[str, int]:
    """Record 17 of the first orders file, whose amount is too large, and its order."""
    line = (Path(settings.raw) / "orders" / "2025-04-01.csv").read_text().splitlines()[17]
    assert float(line.split(",")[4]) > 100_000
    return "orders/2025-04-01.csv 17 ", int(line.split(",")[1])


def test_a_line_that_waits_says_so(settings: Settings) -> None:
    lines = (Path(settings.raw) / "order_items" / "2025-04-01.csv").read_text().splitlines()
    fields = lines[114].split(",")
    (version,) = starting(traced(settings, "order_items", int(fields[0])), "order_items/")
    assert version.endswith("waits for its parent unknown_product")


def test_a_record_that_was_refused_before_bronze_is_found_by_its_text(settings: Settings) -> None:
    lines = traced(settings, "order_items", 2045)
    assert "order_items/2025-04-11.csv 2" in " ".join(starting(lines, "order_items/"))
    assert "file_over_reject_limit" in " ".join(lines)


def test_a_key_that_never_came_is_reported(settings: Settings) -> None:
    with pytest.raises(LakehouseError, match="order_id 77777777 has ever arrived in orders"):
        traced(settings, "orders", 77777777)


def test_a_table_that_is_none_is_reported_with_those_that_are(settings: Settings) -> None:
    with pytest.raises(LakehouseError) as raised:
        traced(settings, "order", 1)
    assert "products, orders, order_items" in raised.value.next_step


def test_a_root_without_gold_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(LakehouseError, match="There is no lakehouse"):
        traced(Settings.read(root=str(tmp_path), environment={}), "orders", 1)


@pytest.mark.parametrize(
    ("reason", "since"), [("replaced: was type:date", "file replaced"), (None, "")]
)
def test_a_refused_record_says_whether_its_file_was_corrected_since(
    tmp_path: Path, reason: str | None, since: str
) -> None:
    status = Status.SUPERSEDED if reason else Status.QUARANTINED
    file = vars(ledger_row("orders/2025-04-02.csv", "a", status)) | {"reason": reason}
    del file["dates"]
    rejected = {
        "table_name": "orders",
        "source_file": "orders/2025-04-02.csv",
        "content_hash": "a",
        "record_number": 1,
        "raw_text": "1,1013,101,2025-04-02T08:30:00,16.00,02.04.2025",
        "reasons": ["type:date"],
        "batch_id": "first",
    }
    for table, row in (("ingested_files", file), ("rejected_records", rejected)):
        write_deltalake(tmp_path / "ops" / table, pa.Table.from_pylist([row]))
    lines = traced(Settings(str(tmp_path), str(tmp_path / "raw")), "orders", 1013)
    (line,) = starting(lines, "orders/2025-04-02.csv")
    (heading,) = starting(lines, "source file")
    assert line.removeprefix("orders/2025-04-02.csv 1 first type:date ").count("file ") == bool(
        since
    )
    assert f"{since} 1,1013,101," in line
    assert "since" in heading.split()


def test_a_root_whose_ops_tables_are_gone_says_how_to_repair_it(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "gold/daily_sales", pa.table({"order_date": ["2025-04-01"]}))
    with pytest.raises(LakehouseError, match="A table that this reads is gone from") as raised:
        traced(Settings(str(tmp_path), str(tmp_path / "raw")), "orders", 1)
    assert "lakehouse repair" in raised.value.next_step
