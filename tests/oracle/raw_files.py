"""Raw files as the oracle sees them: which ones can be read at all, and their records as text.

Data flow: raw/<table>/*.csv(.gz) -> RawFile(fault or records) -> raw.files, raw.records in DuckDB.

Only what needs bytes is decided here. Types, the share of rejects and everything after that is SQL.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path

COLUMNS = {
    "products": ("product_id", "department_id", "department", "product_name"),
    "orders": ("order_num", "order_id", "user_id", "order_timestamp", "total_amount", "date"),
    "order_items": (
        "id",
        "order_id",
        "user_id",
        "days_since_prior_order",
        "product_id",
        "add_to_cart_order",
        "reordered",
        "order_timestamp",
        "date",
    ),
}

FILE_NAME = re.compile(r"(products|[0-9]{4}-[0-9]{2}-[0-9]{2})\.csv(\.gz)?")

Record = list[str] | None
"""The fields in declared order; None when the record is malformed."""


@dataclass(frozen=True)
class RawFile:
    """One file below the raw folder; `fault` says why it does not count, None when it does.

    A file whose name is right has its date even when its content is of no use: it was expected.
    """

    table: str
    source_file: str
    file_date: date | None = None
    content_hash: str = ""
    fault: str | None = None
    records: tuple[Record, ...] = ()


class FileFault(Exception):
    """The file cannot be read as a whole; the message is the stable fault code."""


def read_raw(raw: Path) -> list[RawFile]:
    """Every file of the three tables, lowest name first; equal daily files count once."""
    files = []
    for table in COLUMNS:
        seen: set[str] = set()
        for path in sorted((raw / table).glob("*")):
            file = read_file(path, table)
            is_copy = file.content_hash in seen and table != "products" and file.records
            if file.fault is None and is_copy:
                file = replace(file, fault="duplicate", records=())
            seen.add(file.content_hash)
            files.append(file)
    return files


def read_file(path: Path, table: str) -> RawFile:
    """One file with its records, or with the fault that keeps all of them out."""
    file = RawFile(table, f"{table}/{path.name}")
    try:
        file = replace(file, file_date=date_of_name(path.name, table))
        content = path.read_bytes()
        records = tuple(records_of(text_of(content, path.suffix == ".gz"), COLUMNS[table]))
        if not records and table == "products":
            raise FileFault("no_records")
    except FileFault as fault:
        return replace(file, fault=str(fault))
    content_hash = hashlib.sha256(content).hexdigest()
    return replace(file, content_hash=content_hash, records=records)


def date_of_name(name: str, table: str) -> date | None:
    """The logical date; None for products.csv, the one name without a date."""
    match = FILE_NAME.fullmatch(name)
    if match is None or (match[1] == "products" and table != "products"):
        raise FileFault("wrong_name")
    if match[1] == "products":
        return None
    try:
        return date.fromisoformat(match[1])
    except ValueError:
        raise FileFault("wrong_name") from None


def text_of(content: bytes, is_gzip: bool) -> str:
    """The decoded text without its byte order mark."""
    if is_gzip:
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error):
            raise FileFault("broken_gzip") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileFault("not_utf8") from None
    if not text:
        raise FileFault("empty")
    return text


def records_of(text: str, columns: tuple[str, ...]) -> Iterator[Record]:
    """The records below the header, each reduced to the declared columns in declared order.

    A daily file without any is a day on which nothing was sold.
    """
    split = split_records(text)
    header = [name.strip() for name in next(split, None) or []]
    if any(header.count(name) != 1 for name in columns):
        raise FileFault("header")
    positions = [header.index(name) for name in columns]
    for fields in split:
        if fields is None or len(fields) != len(header):
            yield None
        else:
            yield [fields[position] for position in positions]


def split_records(text: str) -> Iterator[Record]:
    """RFC 4180 records; empty lines are none.

    A quote that is never properly closed would swallow the rest of the file, so only its first
    physical line is malformed and reading starts again on the line after it.
    """
    lines = list(io.StringIO(text, newline=""))
    start = 0
    while start < len(lines):
        reader = csv.reader(islice(lines, start, None), strict=True)
        lines_done = 0
        try:
            for fields in reader:
                lines_done = reader.line_num
                if fields:
                    yield fields
        except csv.Error:
            yield None
            start += lines_done + 1
        else:
            return
