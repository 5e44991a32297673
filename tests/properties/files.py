"""Files that nobody would write: good ones with random damage, and random bytes.

A case is made from its seed alone. The reader may load, reject or refuse what it likes, but both of
its ways must agree, every record must be loaded or rejected, and nothing else may be raised.
"""

from __future__ import annotations

import gzip
import random
from collections import Counter
from typing import Any
from unittest.mock import patch

from ingestion import csv_records, reader
from ingestion.explained import explain
from ingestion.faults import FileFault
from ingestion.tables import TABLES, Table
from tests.ingestion.corpus import cases

LIMIT = 1_000_000
_PIECES = [
    *(b'"', b'""', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\0", b"\x1a", b"\xff", b"\\N"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b", b"sep=;\n", b"NULL", b" ", b"-", b".", b"1e9"),
    *(b"9223372036854775808", "٣".encode(), "\u2028".encode(), "\U0001f600".encode(), b"\x1b[2J"),
    *(b"2025-04-01T10:00:00+25:00", b"2025-02-30", b",,,,", b'"\n"', b'","', b"7.0", b"a" * 3000),
]

Outcome = str | list[dict[str, Any]]


def file_of(seed: int) -> tuple[bytes, str, Table]:
    """A content, a name and the table it is read as."""
    chance = random.Random(seed)
    if chance.random() < 0.1:
        content, table = chance.randbytes(chance.randint(0, 300)), chance.choice([*TABLES.values()])
    else:
        content, table = _damaged(chance)
    if chance.random() < 0.1:
        packed = bytearray(gzip.compress(content, mtime=0))
        if chance.random() < 0.5:
            packed[chance.randrange(len(packed))] = chance.randrange(256)
        return bytes(packed), "2025-04-01.csv.gz", table
    return content, "2025-04-01.csv", table


def _damaged(chance: random.Random) -> tuple[bytes, Table]:
    case = chance.choice(_GOOD)
    content = bytearray(case.path.read_bytes() * chance.choice([1, 1, 1, 2]))
    for _ in range(chance.randint(0, 4)):
        start = chance.randint(0, len(content))
        end = min(len(content), start + chance.choice([0, 0, 1, 2, 30]))
        content[start:end] = chance.choice([*_PIECES, bytes(content[:40]), content[end : end + 60]])
    return bytes(content), case.declared


_GOOD = [case for case in cases() if case.path.suffix == ".csv"]


def read(content: bytes, name: str, table: Table, keep_raw_text: bool = False) -> Outcome:
    """The fault of a file, or its records in the order of their numbers."""
    try:
        header, batches = reader.read_file(content, name, table, LIMIT, keep_raw_text)
        records = [record for batch in batches for record in batch.to_pylist()]
    except FileFault as fault:
        return str(fault)
    records.sort(key=lambda record: record["record_number"])
    for record in records:
        for code in record["reasons"] or ():
            words = explain(code, record["raw_text"], header.names, table)
            assert words.isprintable(), words
            assert len(words) < 400, words
    return records


def judge(seed: int, tally: Counter[str]) -> None:
    """Read a file both ways, and with small blocks."""
    content, name, table = file_of(seed)
    found = read(content, name, table)
    if isinstance(found, str):
        assert found.isprintable(), seed
        assert len(found) < 600, seed
    tally["files"] += 1
    tally["refused" if isinstance(found, str) else "read"] += 1
    with patch.object(reader, "read_clean", lambda *_: None):
        assert read(content, name, table) == found, seed
        with patch.object(csv_records, "_BLOCK_BYTES", 4096):
            assert read(content, name, table) == found, seed
    if isinstance(found, list):
        numbers = [record["record_number"] for record in found]
        assert numbers == list(range(1, len(found) + 1)), seed
        _judge_again(found, content, name, table)


def _judge_again(found: list[dict[str, Any]], content: bytes, name: str, table: Table) -> None:
    """Each record has the same outcome by itself, from the text that is kept of it."""
    whole = read(content, name, table, keep_raw_text=True)
    header, _ = reader.read_file(content, name, table, LIMIT)
    assert isinstance(whole, list)
    texts = [record["raw_text"] for record in whole]
    numbers = [record["record_number"] for record in whole]
    batches = reader.read_texts(texts, numbers, header.names, table)
    alone = {record["record_number"]: record for batch in batches for record in batch.to_pylist()}
    for record, one in zip(found, (alone[number] for number in numbers), strict=True):
        assert record["reasons"] == one["reasons"], record
        assert all(record[column] == one[column] for column in table.column_names)
