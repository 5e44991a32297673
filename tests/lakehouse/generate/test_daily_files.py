"""Defects of daily files: a day left out, a file sent twice, files in another dress."""

from __future__ import annotations

import csv
import gzip
import io

import duckdb
import pytest

from lakehouse.generate import DEFECTS, Level, Outcome

from .judge import HEADERS, read_table
from .made import Made, Make

HARMLESS = [
    name
    for name, defect in DEFECTS.items()
    if defect.level is Level.FILE and defect.outcome is Outcome.LOADED
]


def content_of(made: Made, path: str, table: str) -> list[dict[str, str]]:
    """The declared columns of a file as DuckDB reads them."""
    columns = HEADERS[table]
    query = f"select {columns} from read_csv('{made.raw / path}', all_varchar = true)"
    rows = duckdb.execute(query).fetchall()
    return [dict(zip(columns.split(","), row, strict=True)) for row in rows]


@pytest.mark.parametrize("defect", HARMLESS)
def test_a_file_in_another_dress_holds_the_same_records(make: Make, defect: str) -> None:
    clean, made = make(folder="clean"), make({defect: 0.4})
    entries = made.entries(defect)
    assert len({entry.file for entry in entries}) == 3
    for entry in entries:
        table = entry.file.partition("/")[0]
        plain = entry.file.removesuffix(".gz")
        assert made.files[entry.file] != clean.files[plain]
        assert content_of(made, entry.file, table) == content_of(clean, plain, table)
    touched = {entry.file for entry in entries}
    untouched = {path: content for path, content in made.files.items() if path not in touched}
    assert len(untouched) == 6
    assert untouched.items() <= clean.files.items()
    assert made.manifest.tables == clean.manifest.tables


def test_reordered_columns_are_the_declared_ones_in_another_order(make: Make) -> None:
    made = make({"reordered_columns": 0.1})
    path = made.entry("reordered_columns").file
    declared = HEADERS[path.partition("/")[0]].split(",")
    names, _ = read_table(made.raw / path)
    assert names != declared
    assert sorted(names) == sorted(declared)


def test_an_extra_column_has_a_value_in_every_record(make: Make) -> None:
    made = make({"extra_column": 0.1})
    entry = made.entry("extra_column")
    names, records = read_table(made.raw / entry.file)
    assert set(names) - set(HEADERS[entry.file.partition("/")[0]].split(",")) == {entry.column}
    assert {(fields or [""])[-1] for fields in records} == {"web", "app", "store"}


def test_a_byte_order_mark_opens_the_file(make: Make) -> None:
    made = make({"utf8_bom": 0.1})
    assert made.files[made.entry("utf8_bom").file].startswith(b"\xef\xbb\xbf")


def test_line_ends_of_windows_are_everywhere(make: Make) -> None:
    made = make({"crlf_line_ends": 0.1})
    content = made.files[made.entry("crlf_line_ends").file]
    assert content.count(b"\r\n") == content.count(b"\n") > 1


def test_a_gzip_file_says_so_in_its_name(make: Make) -> None:
    made = make({"gzip_file": 0.1})
    path = made.entry("gzip_file").file
    assert path.endswith(".csv.gz")
    assert path.removesuffix(".gz") not in made.files
    assert gzip.decompress(made.files[path])


def test_a_file_may_wear_every_dress_at_once(make: Make) -> None:
    clean, made = make(folder="clean", days=2), make(dict.fromkeys(HARMLESS, 1.0), days=2)
    assert made.manifest.counts == dict.fromkeys(HARMLESS, 4)
    for path in made.loadable:
        plain = path.removesuffix(".gz")
        table = path.partition("/")[0]
        content = made.files[path]
        if table != "products":
            content = gzip.decompress(content)
            assert content.startswith(b"\xef\xbb\xbf")
            assert b"channel\r\n" in content
        text = content.decode("utf-8-sig")
        records = [
            {name: row[name] for name in HEADERS[table].split(",")}
            for row in csv.DictReader(io.StringIO(text, newline=""))
        ]
        assert records == content_of(clean, plain, table)


def test_a_missing_day_lacks_its_items_only_and_lies_in_the_middle(make: Make) -> None:
    clean, made = make(folder="clean"), make({"missing_day": 0.5})
    entries = made.entries("missing_day")
    assert {entry.file for entry in entries} == {
        "order_items/2025-04-02.csv",
        "order_items/2025-04-03.csv",
    }
    assert made.files == {
        path: content
        for path, content in clean.files.items()
        if path not in {entry.file for entry in entries}
    }
    assert made.manifest.files == {"loaded": 7, "quarantined": 0, "duplicate": 0, "gap": 2}


def test_a_duplicate_file_is_a_daily_file_under_a_later_date(make: Make) -> None:
    made = make({"duplicate_file": 0.5, "gzip_file": 0.5})
    entries = made.entries("duplicate_file")
    assert [entry.file.partition(".")[0] for entry in entries] == [
        "order_items/2025-04-05",
        "order_items/2025-04-06",
        "orders/2025-04-05",
        "orders/2025-04-06",
    ]
    assert len({entry.repeats for entry in entries}) == 4
    for entry in entries:
        assert entry.repeats in made.loadable
        assert made.files[entry.file] == made.files[entry.repeats]
        assert entry.file.partition(".")[2] == entry.repeats.partition(".")[2]
    assert made.judged().records == {
        table: totals.records for table, totals in made.manifest.tables.items()
    }
