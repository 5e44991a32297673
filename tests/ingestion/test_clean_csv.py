"""The short way gives what the careful reader gives, or leaves the file to it."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from ingestion import csv_records, reader
from ingestion.clean_csv import read_clean
from ingestion.tables import Column, Table, Type

TABLE = Table(
    name="visits",
    key="id",
    columns=(
        Column("id", Type.BIGINT),
        Column("visitor", Type.BIGINT, required=False),
        Column("code", Type.STRING, required=False),
        Column("amount", Type.MONEY),
        Column("moment", Type.TIMESTAMP),
        Column("date", Type.DATE),
    ),
)
HEADER = "id,visitor,code,amount,moment,date"
GOOD = "1,2,3-4,2.50,2025-04-01T10:00:00,2025-04-01"
POSITIONS = {name: place for place, name in enumerate(HEADER.split(","))}

# Good values, and what only one of the two readers might take, refuse or change.
IDS = ["7", "0", "-1", "007", "9223372036854775807", "9223372036854775808", "1.0", "-", "1-2", ""]
IDS += ["00000000000000000000000000000000000000000001", "-9223372036854775808", "--1", "1:2", "T"]
CODES = ["", "12:30", "T", "-", "0001", "1.0"]
AMOUNTS = ["2.5", "2", "2.500", "2.505", ".5", "5.", "-3.10", "1.2.3", "", "99999999999999999.00"]
MOMENTS = ["2025-04-01T10:00:00", "2025-04-01T10:00", "2025-04-01", "2025-04-01T10", ""]
MOMENTS += [
    "2025-04-01T24:00:00",
    "2025-02-30T10:00:00",
    "2025-04-01T10:00:00.5",
    "0000-01-01T00:00",
]
DATES = [
    "2025-04-01",
    "2025-02-30",
    "0000-01-01",
    "2025-4-1",
    "20250401",
    "2025-04-01T00:00:00",
    "",
]
VALUES = (IDS, IDS, CODES, AMOUNTS, MOMENTS, DATES)


def rows(content: str) -> list[dict[str, Any]]:
    batches = reader.read_file(content.encode(), "2025-04-01.csv", TABLE, 1 << 20)[1]
    found = [row for batch in batches for row in batch.to_pylist()]
    return sorted(found, key=lambda row: row["record_number"])


def random_file(seed: int) -> str:
    """Up to four records, most values of them good, some lines with a field too many or empty."""
    chance = random.Random(seed)
    lines = []
    for _ in range(chance.randint(1, 4)):
        fields = GOOD.split(",")
        for place, values in enumerate(VALUES):
            if chance.random() < 0.2:
                fields[place] = chance.choice(values)
        lines.append(",".join(fields))
    if chance.random() < 0.1:
        lines.insert(chance.randint(0, len(lines)), chance.choice(["", f"{GOOD},1", "1,2", ","]))
    return "\n".join([HEADER, *lines]) + chance.choice(["\n", "", "\n\n"])


def test_both_ways_give_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [random_file(seed) for seed in range(3000)]
    ways = Counter(
        read_clean(text.partition("\n")[2].encode(), POSITIONS, TABLE) is not None for text in files
    )
    as_they_come = [rows(text) for text in files]
    monkeypatch.setattr(reader, "read_clean", lambda *_: None)
    for text, found in zip(files, as_they_come, strict=True):
        assert found == rows(text), text
    assert min(ways[True], ways[False]) > 500


@pytest.mark.parametrize("value", ['"1"', " 1", "+1", "0x1F", "1e3", "\u0661", "nan", "1\r"])
def test_a_character_beyond_the_alphabet_leaves_the_file_to_the_careful_reader(value: str) -> None:
    assert read_clean(GOOD.encode(), POSITIONS, TABLE) is not None
    assert read_clean(f"{value}{GOOD[1:]}".encode(), POSITIONS, TABLE) is None


def test_columns_are_taken_by_name_and_given_in_declared_order() -> None:
    turned = dict(zip(reversed(HEADER.split(",")), range(6), strict=True))
    text = ",".join(reversed(GOOD.split(",")))
    read = read_clean(text.encode(), turned, TABLE)
    assert read is not None
    assert read.equals(read_clean(GOOD.encode(), POSITIONS, TABLE))


def test_numbers_of_records_go_on_over_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_records, "_BLOCK_BYTES", 2 * len(GOOD) + 2)
    found = rows("\n".join([HEADER, *[GOOD] * 5]))
    assert [row["record_number"] for row in found] == [1, 2, 3, 4, 5]
