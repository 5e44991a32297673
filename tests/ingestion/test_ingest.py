from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from ingestion import ops
from ingestion.errors import LakehouseError
from ingestion.ingest import Report
from tests.lake import STARTED_AT, Lakehouse, new_lakehouse

ORDERS = "order_num,order_id,user_id,order_timestamp,total_amount,date"
ITEMS = (
    "id,order_id,user_id,days_since_prior_order,product_id,add_to_cart_order,reordered,"
    "order_timestamp,date"
)
ONE, TWO, THREE, FOUR = (f"orders/2025-04-{day:02d}.csv" for day in (1, 2, 3, 4))


def order(order_id: int | str, day: int = 1, amount: str = "9.50") -> str:
    return f"1,{order_id},7,2025-04-{day:02d}T10:00:00,{amount},2025-04-{day:02d}"


def item(line_id: int, day: int = 1) -> str:
    return f"{line_id},1,7,,3,1,0,2025-04-{day:02d}T10:00:00,2025-04-{day:02d}"


def order_ids(lakehouse: Lakehouse) -> dict[int, str]:
    """Order to its file; every order is in one file of a test, so a doubled row shows."""
    rows = lakehouse.query("select order_id, source_file from bronze.orders order by all")
    assert len({order_id for order_id, _ in rows}) == len(rows)
    return dict(rows)


@dataclass
class Mixed:
    """A root after two runs on one raw folder that has a bit of everything."""

    lakehouse: Lakehouse
    first: Report
    second: Report
    commits_before: dict[str, int]
    commits_after: dict[str, int]


@pytest.fixture(scope="module")
def mixed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    lakehouse = new_lakehouse(spark, tmp_path_factory.mktemp("mixed"))
    good = [order(order_id) for order_id in range(10, 30)]
    lakehouse.write(ONE, ORDERS, *good, order("x", amount="1.234"), '1,"2,7')
    lakehouse.write(THREE, ORDERS, order(40, 3), order("", 3), order(41, 3))
    lakehouse.write(FOUR, ORDERS + ",shop", f"{order(50, 4)},north")
    lakehouse.write("orders/april.csv", ORDERS, order(60))
    lakehouse.write("order_items/2025-04-02.csv", ITEMS.replace("product_id,", ""))
    packed = gzip.compress(f"{ITEMS}\n{item(1)}\n{item(2)}\n".encode())
    (lakehouse.raw / "order_items/2025-04-01.csv.gz").write_bytes(packed)
    first = lakehouse.ingest("first")
    before = lakehouse.versions()
    return Mixed(lakehouse, first, lakehouse.ingest("second"), before, lakehouse.versions())


def test_loads_good_records_typed_and_with_their_origin(mixed: Mixed) -> None:
    assert mixed.lakehouse.query("from bronze.orders where order_id = 11") == [
        (
            1,
            11,
            7,
            datetime(2025, 4, 1, 10, tzinfo=UTC),
            Decimal("9.50"),
            date(2025, 4, 1),
            None,
            ONE,
            date(2025, 4, 1),
            2,
            STARTED_AT,
            "first",
        )
    ]


def test_every_record_read_is_loaded_or_rejected(mixed: Mixed) -> None:
    assert mixed.lakehouse.query(
        "select source_file, status, records_read, records_loaded, records_rejected"
        " from ops.ingested_files order by source_file"
    ) == [
        ("order_items/2025-04-01.csv.gz", "loaded", 2, 2, 0),
        ("order_items/2025-04-02.csv", "quarantined", 0, 0, 0),
        (ONE, "loaded", 22, 20, 2),
        (THREE, "quarantined", 3, 0, 3),
        (FOUR, "loaded", 1, 1, 0),
        ("orders/april.csv", "quarantined", 0, 0, 0),
    ]
    assert mixed.lakehouse.query("select count(*) from bronze.orders") == [(21,)]
    assert mixed.lakehouse.query("select count(*) from ops.rejected_records") == [(5,)]


def test_a_rejected_record_is_kept_with_all_reasons_and_its_raw_text(mixed: Mixed) -> None:
    assert mixed.lakehouse.query(
        "select table_name, record_number, raw_text, list_sort(reasons), batch_id"
        f" from ops.rejected_records where source_file = '{ONE}' order by record_number"
    ) == [
        ("orders", 21, order("x", amount="1.234"), ["type:order_id", "type:total_amount"], "first"),
        ("orders", 22, '1,"2,7', ["malformed"], "first"),
    ]


def test_every_record_of_a_file_over_the_limit_is_rejected(mixed: Mixed) -> None:
    assert mixed.lakehouse.query(
        "select record_number, raw_text, reasons from ops.rejected_records"
        f" where source_file = '{THREE}' order by record_number"
    ) == [
        (1, order(40, 3), ["file_over_reject_limit"]),
        (2, order("", 3), ["missing:order_id"]),
        (3, order(41, 3), ["file_over_reject_limit"]),
    ]
    (row,) = [row for row in mixed.first.quarantined if row.source_file == THREE]
    assert row.reason == (
        "too_many_rejects: 1 of 3 records, more than 10% (missing:order_id 1);"
        " missing:order_id in record 2: no value; expected a whole number such as 42"
    )


def test_an_archive_is_loaded_like_a_plain_file(mixed: Mixed) -> None:
    assert mixed.lakehouse.query("select id, record_number from bronze.order_items order by 1") == [
        (1, 1),
        (2, 2),
    ]


def test_a_column_nobody_declared_is_kept_and_reported(mixed: Mixed) -> None:
    assert mixed.lakehouse.query(
        "select order_id, _rescued from bronze.orders where _rescued is not null"
    ) == [(50, '{"shop": "north"}')]
    assert mixed.lakehouse.query(
        f"select reason from ops.ingested_files where source_file = '{FOUR}'"
    ) == [("extra_column: shop kept in _rescued",)]


def test_what_is_missing_is_listed_the_catalog_included(mixed: Mixed) -> None:
    expected = [
        ("order_items/2025-04-02.csv", "quarantined"),
        ("order_items/2025-04-03.csv", "missing"),
        ("order_items/2025-04-04.csv", "missing"),
        (TWO, "missing"),
        (THREE, "quarantined"),
        ("products/products.csv", "missing"),
    ]
    assert (
        mixed.lakehouse.query(
            "select expected_file, state from ops.missing_files order by expected_file"
        )
        == expected
    )
    for report in (mixed.first, mixed.second):
        assert sorted((file.expected_file, file.state) for file in report.missing) == expected


def test_a_second_run_loads_nothing_and_writes_no_commit(mixed: Mixed) -> None:
    assert mixed.second.rows == []
    assert mixed.commits_after == mixed.commits_before
    assert mixed.commits_before["orders"] > 0


def test_a_second_run_still_reports_what_lies_in_quarantine(mixed: Mixed) -> None:
    names = [row.source_file for row in mixed.second.quarantined]
    assert names == ["order_items/2025-04-02.csv", THREE, "orders/april.csv"]
    assert not mixed.second.is_complete


def test_the_reasons_of_a_run_are_counted_by_table(mixed: Mixed) -> None:
    assert mixed.first.reasons["orders"] == {
        "malformed": 1,
        "missing:order_id": 1,
        "type:order_id": 1,
        "type:total_amount": 1,
    }
    assert mixed.first.reasons["order_items"] == {}


def test_every_table_can_be_read_by_any_reader_of_delta(mixed: Mixed) -> None:
    folders = mixed.lakehouse.table_folders()
    assert {folder.name for folder in folders} >= {"orders", "ingested_files", "missing_files"}
    assert {DeltaTable(folder).protocol().min_reader_version for folder in folders} == {1}


def test_no_timestamp_is_written_as_int96(mixed: Mixed) -> None:
    files = list(Path(mixed.lakehouse.settings.root).rglob("*.parquet"))
    types = {
        (column.physical_type, column.logical_type.type)
        for file in files
        for column in pq.ParquetFile(file).schema
        if column.name.endswith(("timestamp", "_at"))
    }
    assert types == {("INT64", "TIMESTAMP")}


def test_a_corrected_file_replaces_its_own_rows_and_no_others(lakehouse: Lakehouse) -> None:
    lakehouse.write(ONE, ORDERS, order(1), order(2), order(3))
    lakehouse.write(TWO, ORDERS, order(4, 2), order("bad", 2))
    lakehouse.ingest("first")
    assert lakehouse.ledger() == {ONE: "loaded", TWO: "quarantined"}
    lakehouse.write(ONE, ORDERS, order(2, amount="1.00"), order(5))
    lakehouse.write(TWO, ORDERS, order(4, 2))
    report = lakehouse.ingest("second")
    assert order_ids(lakehouse) == {2: ONE, 4: TWO, 5: ONE}
    assert lakehouse.query("select total_amount from bronze.orders where order_id = 2") == [
        (Decimal("1.00"),)
    ]
    assert lakehouse.query(
        "select source_file, status, records_loaded, batch_id from ops.ingested_files order by all"
    ) == [
        (ONE, "loaded", 2, "second"),
        (ONE, "superseded", 3, "second"),
        (TWO, "loaded", 1, "second"),
        (TWO, "superseded", 0, "second"),
    ]
    assert report.quarantined == []
    lakehouse.write(ONE, ORDERS, order(1), order(2), order(3))
    assert [load.is_return for load in lakehouse.ingest("third").plan.loads] == [True]
    assert order_ids(lakehouse) == {1: ONE, 2: ONE, 3: ONE, 4: TWO}
    assert lakehouse.ingest("fourth").rows == []


def test_a_file_above_the_limit_is_loaded_by_a_run_under_a_higher_one(lakehouse: Lakehouse) -> None:
    lakehouse.write(ONE, ORDERS, order(1))
    small = lakehouse.under(max_file_bytes=50)
    assert [str(row.reason)[:11] for row in small.ingest("first").quarantined] == ["too_large: "]
    assert [row.source_file for row in small.ingest("second").quarantined] == [ONE]
    assert small.ingest("third").rows == []
    assert lakehouse.ingest("higher").quarantined == []
    assert order_ids(lakehouse) == {1: ONE}
    states = "select status, reason from ops.ingested_files order by all"
    ((loaded, _), (superseded, reason)) = lakehouse.query(states)
    assert (loaded, superseded) == ("loaded", "superseded")
    assert reason.startswith("replaced: was too_large: ")


def test_rejects_of_a_version_that_came_back_are_there_once(lakehouse: Lakehouse) -> None:
    good = [order(order_id) for order_id in range(1, 20)]
    for batch, lines in (
        ("a", [*good, order("bad")]),
        ("b", good),
        ("a again", [*good, order("bad")]),
    ):
        lakehouse.write(ONE, ORDERS, *lines)
        lakehouse.ingest(batch)
    rejects = "select record_number, reasons, batch_id from ops.rejected_records"
    assert lakehouse.query(rejects) == [(20, ["type:order_id"], "a again")]


def test_a_renamed_file_has_its_rows_under_the_new_name_and_day(lakehouse: Lakehouse) -> None:
    lakehouse.write(FOUR, ORDERS, order(1, 4))
    lakehouse.ingest("first")
    (lakehouse.raw / FOUR).rename(lakehouse.raw / TWO)
    report = lakehouse.ingest("second")
    assert order_ids(lakehouse) == {1: TWO}
    assert lakehouse.query("select file_date from bronze.orders") == [(date(2025, 4, 2),)]
    assert {file.expected_file for file in report.missing} == {
        "order_items/2025-04-02.csv",
        "products/products.csv",
    }


def test_bronze_has_the_rows_of_the_form_of_a_file_that_lies_there(lakehouse: Lakehouse) -> None:
    packed = lakehouse.raw / f"{ONE}.gz"
    packed.parent.mkdir(parents=True)
    packed.write_bytes(gzip.compress(f"{ORDERS}\n{order(1)}\n{order(2)}\n".encode()))
    lakehouse.ingest("packed")
    lakehouse.write(ONE, ORDERS, order(3))
    lakehouse.ingest("both")
    assert order_ids(lakehouse) == {1: f"{ONE}.gz", 2: f"{ONE}.gz", 3: ONE}
    packed.unlink()
    lakehouse.ingest("unpacked")
    assert order_ids(lakehouse) == {3: ONE}


def test_a_file_corrected_to_a_copy_of_another_loses_its_own_rows(lakehouse: Lakehouse) -> None:
    lakehouse.write(ONE, ORDERS, order(1))
    lakehouse.write(TWO, ORDERS, order(2, 2))
    lakehouse.ingest("first")
    lakehouse.write(TWO, ORDERS, order(1))
    lakehouse.ingest("second")
    assert order_ids(lakehouse) == {1: ONE}
    assert lakehouse.query(
        "select source_file, status, batch_id from ops.ingested_files order by all"
    ) == [(ONE, "loaded", "first"), (TWO, "duplicate", "second"), (TWO, "superseded", "second")]


def test_a_crash_before_the_ledger_is_repaired_by_running_again(
    lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise ConnectionError("killed")

    rows = [order(order_id) for order_id in range(1, 20)]
    lakehouse.write(ONE, ORDERS, *rows, order("bad"))
    with monkeypatch.context() as patch:
        patch.setattr(ops, "write_ledger", crash)
        with pytest.raises(ConnectionError):
            lakehouse.ingest("crashed")
    assert lakehouse.query("select distinct batch_id from bronze.orders") == [("crashed",)]
    assert lakehouse.ledger() == {}
    lakehouse.ingest("repaired")
    assert list(order_ids(lakehouse)) == list(range(1, 20))
    assert lakehouse.query("select distinct batch_id from bronze.orders") == [("repaired",)]
    assert lakehouse.query("select batch_id, reasons from ops.rejected_records") == [
        ("repaired", ["type:order_id"])
    ]
    assert lakehouse.ledger() == {ONE: "loaded"}


def test_an_original_that_arrives_after_its_copy_takes_its_rows_and_rejects_over(
    lakehouse: Lakehouse,
) -> None:
    rows = [*(order(order_id) for order_id in range(1, 20)), order("bad")]
    lakehouse.write(TWO, ORDERS, *rows)
    lakehouse.ingest("first")
    assert set(order_ids(lakehouse).values()) == {TWO}
    lakehouse.write(ONE, ORDERS, *rows)
    lakehouse.ingest("second")
    assert set(order_ids(lakehouse).values()) == {ONE}
    assert lakehouse.ledger() == {ONE: "loaded", TWO: "duplicate"}
    assert lakehouse.query("select source_file from ops.rejected_records") == [(ONE,)]


def test_a_quarantined_file_keeps_its_rejects_when_its_content_arrives_again(
    lakehouse: Lakehouse,
) -> None:
    lakehouse.write(ONE, ORDERS, order("bad"))
    lakehouse.ingest("first")
    lakehouse.write(TWO, ORDERS, order("bad"))
    lakehouse.ingest("second")
    assert lakehouse.ledger() == {ONE: "quarantined", TWO: "quarantined"}
    assert lakehouse.query("select source_file from ops.rejected_records order by 1") == [
        (ONE,),
        (TWO,),
    ]


def test_moments_of_other_centuries_and_names_with_quotes_are_loaded(lakehouse: Lakehouse) -> None:
    old = "1,1,7,0001-01-01T00:00:00,1,0001-01-01"
    late = "1,2,7,9999-12-31T23:59:59.999999,1,9999-12-31"
    lakehouse.write(ONE, ORDERS, old, late)
    lakehouse.write("orders/it's.csv", ORDERS, order(3))
    lakehouse.ingest()
    assert lakehouse.query(
        "select date, order_timestamp::varchar from bronze.orders order by 1"
    ) == [
        (date(1, 1, 1), "0001-01-01 00:00:00+00"),
        (date(9999, 12, 31), "9999-12-31 23:59:59.999999+00"),
    ]
    assert lakehouse.ledger() == {ONE: "loaded", "orders/it's.csv": "quarantined"}


def test_an_empty_raw_folder_is_named_with_what_to_do(lakehouse: Lakehouse) -> None:
    lakehouse.raw.mkdir()
    before = lakehouse.versions()
    with pytest.raises(LakehouseError, match="holds no file of products, orders, order") as raised:
        lakehouse.ingest()
    assert "lakehouse generate" in raised.value.next_step
    assert lakehouse.versions() == before


def test_a_file_without_one_readable_record_is_refused_whole_and_kept(lakehouse: Lakehouse) -> None:
    lakehouse.write(ONE, ORDERS, order(1), order(2))
    lakehouse.write(TWO, ORDERS, "too,few", "too,few,too")
    report = lakehouse.ingest()
    assert [row.source_file for row in report.quarantined] == [TWO]
    kept = "select source_file, record_number, reasons from ops.rejected_records order by all"
    assert lakehouse.query(kept) == [(TWO, 1, ["malformed"]), (TWO, 2, ["malformed"])]
    assert order_ids(lakehouse) == {1: ONE, 2: ONE}
