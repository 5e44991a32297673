"""Tables and files made by hand, whose contents say what a look-up must touch."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from bench.lookups import touched, version_before_zorder
from bench.parquet_reads import ParquetFile

DAY_1, DAY_2 = date(2025, 4, 1), date(2025, 4, 2)


def rows(day: date, products: range) -> pa.Table:
    return pa.table(
        {
            "product_id": pa.array(products, pa.int64()),
            "sold_on": pa.array([day] * len(products), pa.date32()),
            "date": pa.array([day] * len(products), pa.date32()),
        }
    )


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three files: products 0 to 99 and 100 to 199 of the first day, 0 to 199 of the second."""
    for some in (rows(DAY_1, range(100)), rows(DAY_1, range(100, 200)), rows(DAY_2, range(200))):
        write_deltalake(tmp_path / "t", some, mode="append", partition_by=["date"])
    return tmp_path / "t"


def test_statistics_rule_out_the_files_that_cannot_hold_the_product(table: Path) -> None:
    assert touched(table, "product_id", [50]).files == 2
    assert touched(table, "product_id", [50, 250]).files == 1  # 2 and 0, on average
    assert touched(table, "product_id", [50]).of_files == 3


def test_a_partition_rules_out_other_days_and_is_read_whole(table: Path) -> None:
    first, second = (touched(table, "date", [day]) for day in (DAY_1, DAY_2))
    assert (first.files, second.files) == (2, 1)
    assert first.row_group_bytes == first.page_bytes
    assert first.row_group_bytes + second.row_group_bytes == first.of_bytes


def test_a_date_that_is_no_partition_is_looked_up_in_the_statistics(table: Path) -> None:
    found = touched(table, "sold_on", [DAY_2])
    assert found.files == 1
    assert 0 < found.page_bytes < found.of_bytes


def test_the_version_before_the_last_z_order_still_has_its_files(table: Path) -> None:
    assert version_before_zorder(table) is None
    DeltaTable(table).optimize.z_order(["product_id"])
    before = version_before_zorder(table)
    assert before == 2
    assert touched(table, "product_id", [50], before).of_files == 3
    assert touched(table, "product_id", [50]).of_files == 2


def write(path: Path, row_group_size: int, **options: int | bool) -> ParquetFile:
    """Products 0 to 9,999 in order, eight bytes each, and a twin of the column."""
    products = pa.array(range(10_000), pa.int64())
    pq.write_table(
        pa.table({"product_id": products, "twin": products}),
        path,
        row_group_size=row_group_size,
        use_dictionary=False,
        compression="none",
        **options,
    )
    return ParquetFile(path)


def test_row_groups_that_cannot_hold_the_value_are_not_read(tmp_path: Path) -> None:
    file = write(tmp_path / "f.parquet", row_group_size=2_500)
    reads = file.reads_for("product_id", 4_000)
    assert reads.by_row_groups == pytest.approx(file.bytes / 4, rel=0.01)
    assert reads.by_pages == reads.by_row_groups  # there is no page index
    assert file.reads_for("product_id", 10_000).by_row_groups == 0


def test_a_negative_value_is_less_than_a_positive_one(tmp_path: Path) -> None:
    pq.write_table(pa.table({"product_id": pa.array([-5, 7], pa.int64())}), tmp_path / "f")
    file = ParquetFile(tmp_path / "f")
    assert file.reads_for("product_id", -1).by_row_groups > 0
    assert file.reads_for("product_id", -6).by_row_groups == 0


def test_the_page_index_leaves_one_page_of_each_column(tmp_path: Path) -> None:
    file = write(
        tmp_path / "f.parquet",
        10_000,
        write_page_index=True,
        data_page_size=8_000,
        write_batch_size=1_000,
    )
    reads = file.reads_for("product_id", 4_000)
    assert reads.by_row_groups == file.bytes >= 160_000
    # A page is closed when it has 8,000 bytes: 1,000 rows, in each of two columns.
    assert reads.by_pages == pytest.approx(2 * 8_000, rel=0.02)


def test_nothing_is_read_for_a_value_between_the_pages(tmp_path: Path) -> None:
    products = pa.array([*range(1_000), *range(5_000, 6_000)], pa.int64())
    options = {"write_page_index": True, "data_page_size": 8_000, "write_batch_size": 1_000}
    pq.write_table(
        pa.table({"product_id": products}), tmp_path / "f", use_dictionary=False, **options
    )
    reads = ParquetFile(tmp_path / "f").reads_for("product_id", 3_000)
    assert reads.by_row_groups > 0
    assert reads.by_pages == 0
