"""What a file costs in memory: its size, and a part that does not grow with it.

Blocks are made small, so that small files have many of them. Of each shape a file and one four
times as large are read; what the larger one costs more is held against what it is larger by.
"""

from __future__ import annotations

import gzip
import tracemalloc

import pyarrow as pa
import pytest

from ingestion import csv_records, text
from ingestion.faults import FileFault
from ingestion.limits import MAX_FIELD
from ingestion.reader import read_file
from ingestion.tables import PRODUCTS

HEADER = ",".join(PRODUCTS.column_names)
MOST = 3.5
LIMIT = 100 * 1024**2
# A record, and how many of it the smaller file has.
SHAPES = {
    "tiny records": ("a", 8_000),
    "quotes that are not closed": ('"', 4_000),
    "good records": ("1,1,Toys,Ball", 1_500),
    "records that have swallowed others": ('1,1,Toys,"Ball\n2,1,Toys,Bat"', 500),
    "long values": ("1,1,Toys," + "x" * (MAX_FIELD - 1), 24),
    "letters of four bytes": ("1,1,Toys," + "\N{GRINNING FACE}" * 10, 1_500),
}


def peak_of(content: bytes, name: str) -> int:
    """The most bytes that Python and Arrow hold while a file is read, its own not counted."""
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    batches = read_file(content, name, PRODUCTS, LIMIT)[1]
    by_arrow = max(pa.total_allocated_bytes() - before for _ in batches)
    by_python = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return int(by_python + by_arrow)


@pytest.mark.parametrize(
    ("shape", "name"),
    [*((shape, "products.csv") for shape in SHAPES), ("good records", "products.csv.gz")],
)
def test_memory_grows_no_more_than_the_file(
    shape: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_records, "_BLOCK_BYTES", 2 * 1024)
    monkeypatch.setattr(text, "_READ_BYTES", 2 * 1024)
    line, count = SHAPES[shape]
    texts = [f"{HEADER}\n".encode() + f"{line}\n".encode() * n for n in (count, 4 * count)]
    contents = [gzip.compress(plain) if name.endswith(".gz") else plain for plain in texts]
    small, large = (peak_of(content, name) for content in contents)
    assert large - small < MOST * (len(texts[1]) - len(texts[0]))


def test_a_file_of_many_small_archives_is_read_and_takes_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_records, "_BLOCK_BYTES", 2 * 1024)
    monkeypatch.setattr(text, "_READ_BYTES", 2 * 1024)
    record = gzip.compress(b"1,1,Toys,Ball\n") + gzip.compress(b"")
    small, large = (gzip.compress(f"{HEADER}\n".encode()) + record * n for n in (500, 2_000))
    rows = read_file(large, "products.csv.gz", PRODUCTS, len(large))[1]
    assert sum(batch.num_rows for batch in rows) == 2_000
    growth = peak_of(large, "products.csv.gz") - peak_of(small, "products.csv.gz")
    assert growth < MOST * (len(large) - len(small))
    with pytest.raises(FileFault, match="truncated_gzip"):
        read_file(large[:-1], "products.csv.gz", PRODUCTS, len(large))
