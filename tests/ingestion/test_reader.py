from __future__ import annotations

import gzip
import json
import tracemalloc
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ingestion import csv_records, reader
from ingestion.faults import FileFault
from ingestion.reader import read_file
from ingestion.tables import Column, Table, Type

TABLE = Table(
    name="visits",
    key="id",
    columns=(
        Column("id", Type.BIGINT),
        Column("name", Type.STRING),
        Column("amount", Type.MONEY, required=False),
        Column("date", Type.DATE),
    ),
)
HEADER = "id,name,amount,date\n"
GOOD = "1,salt,2.50,2025-04-01\n"
LIMIT = 10_000


def read(
    content: str | bytes, name: str = "2025-04-01.csv", **options: Any
) -> list[dict[str, Any]]:
    """All records of a file, in the order of their numbers."""
    data = content.encode() if isinstance(content, str) else content
    batches = read_file(data, name, TABLE, options.pop("max_bytes", LIMIT), **options)[1]
    rows = [row for batch in batches for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: row["record_number"])


@pytest.mark.parametrize("is_clean", [True, False])
def test_a_column_that_a_file_may_lack_is_null_where_it_is_not(
    is_clean: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_clean:
        monkeypatch.setattr(reader, "read_clean", lambda *_: None)
    columns = [Column("id", Type.BIGINT), Column("fee", Type.MONEY, optional=True)]
    table = Table("fees", tuple(columns), key="id")

    def rows(text: str) -> list[dict[str, Any]]:
        batches = read_file(text.encode(), "2025-04-01.csv", table, LIMIT)[1]
        return [row for batch in batches for row in batch.to_pylist()]

    assert [(row["id"], row["fee"], row["reasons"]) for row in rows("id\n7\n8\n")] == [
        *((7, None, None), (8, None, None)),
    ]
    assert [row["reasons"] for row in rows("id,fee\n7,\n")] == [["missing:fee"]]


def fault(content: str | bytes, name: str = "2025-04-01.csv", max_bytes: int = LIMIT) -> str:
    with pytest.raises(FileFault) as raised:
        read(content, name, max_bytes=max_bytes)
    return str(raised.value)


def names(rows: list[dict[str, Any]]) -> list[str | None]:
    return [row["name"] for row in rows]


def test_a_good_record_is_typed_and_has_no_reasons() -> None:
    (row,) = read(HEADER + GOOD)
    assert (row["id"], row["name"], str(row["amount"])) == (1, "salt", "2.50")
    assert row["date"] == date(2025, 4, 1)
    assert (row["reasons"], row["_rescued"], row["raw_text"]) == (None, None, None)


def test_columns_are_read_by_name_in_any_order() -> None:
    assert read("date,amount,id,name\n2025-04-01,2.50,1,salt\n") == read(HEADER + GOOD)


def test_blanks_around_a_column_name_mean_nothing() -> None:
    assert read(" id , name,amount,date \n" + GOOD) == read(HEADER + GOOD)


def test_columns_nobody_declared_are_rescued_as_json() -> None:
    header, batches = read_file(
        f"shop,{HEADER}".encode() + b"K\xc3\xb6ln,1,salt,2.50,2025-04-01\n,2,oil,,2025-04-01\n",
        "x.csv",
        TABLE,
        LIMIT,
    )
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert [json.loads(row["_rescued"]) for row in rows] == [{"shop": "Köln"}, {"shop": ""}]
    assert "Köln" in rows[0]["_rescued"]
    assert names(rows) == ["salt", "oil"]
    assert list(header.extra) == ["shop"]


def test_a_column_named_twice_is_a_fault_of_the_file() -> None:
    assert fault("id,name,amount,date,name\n1,a,1,2025-04-01,b\n").startswith(
        "duplicate_column: named more than once: name"
    )


def test_a_missing_column_is_named_with_the_unknown_ones_and_a_suggestion() -> None:
    assert fault("id,name,amnt,date\n" + GOOD) == (
        "missing_column: not in the header: amount; unknown there: 'amnt';"
        " is 'amnt' meant to be 'amount'?"
    )


def test_a_suggestion_names_the_column_as_it_is_written() -> None:
    assert "is 'AMOUNT' meant to be 'amount'?" in fault("id,name,AMOUNT,date\n" + GOOD)


def test_nothing_is_suggested_where_no_name_is_close() -> None:
    assert fault("id,name,date,zzz\n1,a,2025-04-01,2\n") == (
        "missing_column: not in the header: amount; unknown there: 'zzz'"
    )
    assert fault("id,name,date\n1,a,2025-04-01\n") == "missing_column: not in the header: amount"


def test_a_header_with_a_broken_quote_is_a_fault_of_the_file() -> None:
    assert fault('id,"name,amount,date\n' + GOOD).startswith("malformed_header: ")


def test_a_byte_order_mark_is_dropped() -> None:
    assert read(b"\xef\xbb\xbf" + (HEADER + GOOD).encode()) == read(HEADER + GOOD)


def test_gzip_is_read_by_the_name_of_the_file() -> None:
    packed = gzip.compress((HEADER + GOOD).encode())
    assert read(packed, "2025-04-01.csv.gz") == read(HEADER + GOOD)
    assert fault(packed, "2025-04-01.csv").startswith("binary: ")


def test_a_gzip_that_is_cut_or_damaged_is_a_fault_of_the_file() -> None:
    packed = gzip.compress((HEADER + GOOD * 50).encode())
    assert fault(packed[:-9], "x.csv.gz").startswith("truncated_gzip: ")
    assert fault(packed[:20] + b"\xff\xff" + packed[22:], "x.csv.gz").startswith("truncated_gzip: ")
    assert fault(HEADER + GOOD, "x.csv.gz").startswith("truncated_gzip: ")


def test_a_file_may_be_as_large_as_the_limit_and_no_larger() -> None:
    text = HEADER + GOOD
    assert len(read(text, max_bytes=len(text))) == 1
    assert fault(text, max_bytes=len(text) - 1).startswith("too_large: ")


def test_a_small_archive_of_a_huge_text_is_not_unpacked_whole() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    tracemalloc.start()
    assert fault(bomb, "x.csv.gz", max_bytes=1_000_000) == (
        "too_large: the text is larger than 1,000,000 bytes, the limit; a day has one file, so set"
        " LAKEHOUSE_MAX_FILE_BYTES higher and run `lakehouse replay`"
    )
    assert tracemalloc.get_traced_memory()[1] < 4_000_000 + len(bomb)
    tracemalloc.stop()


def test_a_binary_file_is_a_fault_with_the_place_of_its_first_zero_byte() -> None:
    assert fault(b"id,\0").startswith("binary: byte 3 is zero")


def test_another_encoding_is_named() -> None:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        found = fault((HEADER + GOOD).encode(encoding))
        assert found.startswith("not_utf8: this "), encoding
        assert found.endswith("; save it as UTF-8")


def test_text_that_is_not_utf8_is_a_fault_with_the_number_of_its_line() -> None:
    latin = (HEADER + GOOD + "2,Köln,1,2025-04-01\n").encode("latin-1")
    assert fault(latin).startswith("not_utf8: line 3 is not valid UTF-8")
    assert names(read(latin.decode("latin-1"))) == ["salt", "Köln"]


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf"])
def test_a_file_without_text_is_empty(content: bytes) -> None:
    assert fault(content).startswith("empty_file: ")


def test_an_archive_without_text_is_empty() -> None:
    assert fault(gzip.compress(b""), "x.csv.gz").startswith("empty_file: ")
    assert fault(b"", "x.csv.gz").startswith("empty_file: ")


@pytest.mark.parametrize("content", [HEADER, HEADER.strip(), HEADER + "\n\r\n"])
def test_a_header_without_records_is_a_day_without_any_and_no_whole_list(content: str) -> None:
    assert read(content) == []
    with pytest.raises(FileFault, match="header_only: "):
        read_file(content.encode(), "list.csv", replace(TABLE, whole_list=True), LIMIT)


def test_a_record_carries_all_its_reasons_and_its_raw_text() -> None:
    (row,) = read(HEADER + "x,,1.234,2025-02-30\n")
    assert sorted(row["reasons"]) == ["missing:name", "type:amount", "type:date", "type:id"]
    assert row["raw_text"] == "x,,1.234,2025-02-30"


def test_a_reason_sticks_to_its_own_record() -> None:
    rows = read(HEADER + GOOD + f"{2**63},oil,1,2025-04-01\n" + GOOD + "4,oil,1,\n")
    assert [row["reasons"] for row in rows] == [None, ["range:id"], None, ["missing:date"]]
    assert [row["raw_text"] is None for row in rows] == [True, False, True, False]


@pytest.mark.parametrize("line", ["2,oil,1", "2,oil,1,2025-04-01,x", '2,"oil,1,2025-04-01', "2"])
def test_a_record_of_a_wrong_shape_is_malformed_and_the_others_stay(line: str) -> None:
    rows = read(f"{HEADER}{GOOD}{line}\n3,oil,1,2025-04-01\n")
    assert [row["reasons"] for row in rows] == [None, ["malformed"], None]
    assert [row["record_number"] for row in rows] == [1, 2, 3]
    assert (rows[1]["raw_text"], rows[1]["id"]) == (line, None)


def test_a_file_of_malformed_records_only_is_read_to_its_end() -> None:
    rows = read("shop," + HEADER + "1\n2\n3\n")
    assert [row["reasons"] for row in rows] == [["malformed"]] * 3


def test_a_quoted_name_with_comma_quote_and_line_break_is_one_record() -> None:
    rows = read(HEADER + '1,"a, ""b""\nc",1,2025-04-01\n' + GOOD)
    assert names(rows) == ['a, "b"\nc', "salt"]
    assert [row["record_number"] for row in rows] == [1, 2]


def test_every_record_read_is_loaded_or_rejected_across_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_records, "_BLOCK_BYTES", 40)
    lines = [GOOD, "2\n", GOOD, "x,oil,1,2025-04-01\n", GOOD, '"\n', GOOD]
    rows = read(HEADER + "".join(lines))
    assert [row["record_number"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    rejected = [row["record_number"] for row in rows if row["reasons"]]
    assert rejected == [2, 4, 6]
    assert len(rows) == len(rejected) + 4


def test_good_records_keep_their_raw_text_when_it_is_asked_for() -> None:
    rows = read(HEADER + GOOD + "2,,1,2025-04-01\n", keep_raw_text=True)
    assert [row["raw_text"] for row in rows] == [GOOD.strip(), "2,,1,2025-04-01"]


def again(*texts: str, header: str = "date,name,id,amount") -> list[dict[str, Any]]:
    """Single records read again, numbered from 7."""
    numbers = range(7, 7 + len(texts))
    batches = reader.read_texts(texts, list(numbers), header.split(","), TABLE)
    rows = [row for batch in batches for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: row["record_number"])


def test_a_single_record_is_read_by_the_names_of_its_files_columns() -> None:
    (row,) = again("2025-04-01,salt,1,2.50")
    assert (row["id"], row["name"], str(row["amount"])) == (1, "salt", "2.50")
    assert (row["record_number"], row["reasons"]) == (7, None)


def test_single_records_have_the_same_reasons_as_in_their_file() -> None:
    texts = ["x,salt,,2.50", '2025-04-01,"salt,1,2', "2025-04-01,1", '2025-04-01,"a\nb",1,']
    in_file = read("date,name,id,amount\n" + "\n".join(texts), keep_raw_text=True)
    alone = again(*texts)
    assert [row["raw_text"] for row in in_file] == texts
    assert [row["reasons"] for row in alone] == [row["reasons"] for row in in_file]
    assert [row["record_number"] for row in alone] == [7, 8, 9, 10]
    assert [row["reasons"] for row in alone][1:] == [["malformed"], ["malformed"], None]


def test_a_text_that_reads_as_several_records_is_malformed() -> None:
    (row,) = again("2025-04-01,salt,1,2.50\n2025-04-01,salt,2,2.50")
    assert row["reasons"] == ["malformed"]


def test_a_header_that_lacks_a_column_of_today_is_a_fault_of_single_records_too() -> None:
    with pytest.raises(FileFault, match="missing_column"):
        again("2025-04-01,1", header="date,id")
