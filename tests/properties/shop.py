"""A tiny shop as values: the records of raw files, and the files they make.

Everything prints short, since a failing case is read by a person.
"""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tests.oracle.shop import ORDER_ITEMS, ORDERS, PRODUCTS

# A Sunday, the last one of a month: the first days touch two weeks and two months.
FIRST_DAY = date(2025, 3, 30)
HEADERS = {"products": PRODUCTS, "orders": ORDERS, "order_items": ORDER_ITEMS}


def day(number: int) -> date:
    """The day of this number, from 0."""
    return FIRST_DAY + timedelta(days=number)


@dataclass(frozen=True)
class Product:
    """A record of a products file."""

    product_id: int
    department: str
    name: str

    def values(self) -> tuple[Any, ...]:
        """In the order of the header, typed as bronze has them."""
        return (self.product_id, self.product_id % 3, self.department, self.name)


@dataclass(frozen=True)
class Order:
    """A record of an orders file. `dated` is its own date column, which should equal its day."""

    order_id: int
    user_id: int
    day: int
    hour: int
    cents: int
    dated: int

    def values(self) -> tuple[Any, ...]:
        """In the order of the header, typed as bronze has them."""
        amount = Decimal(self.cents).scaleb(-2)
        return (
            None,
            self.order_id,
            self.user_id,
            _at(self.day, self.hour),
            amount,
            day(self.dated),
        )


@dataclass(frozen=True)
class Line:
    """A record of an order_items file, with a day of its own, which should equal its order's."""

    id: int
    order_id: int
    user_id: int
    product_id: int
    position: int
    reordered: int
    days_since: int | None
    day: int

    def values(self) -> tuple[Any, ...]:
        """In the order of the header, typed as bronze has them."""
        cart = (self.days_since, self.product_id, self.position, self.reordered)
        return (self.id, self.order_id, self.user_id, *cart, _at(self.day, 9), day(self.day))


@dataclass(frozen=True)
class Bad:
    """A record that bronze must reject."""

    text: str
    reason: str


Record = Product | Order | Line | Bad


def _at(number: int, hour: int) -> datetime:
    return datetime(day(number).year, day(number).month, day(number).day, hour, tzinfo=UTC)


class Fault(StrEnum):
    """What makes a file unusable as a whole."""

    EMPTY = "empty"
    BINARY = "binary"
    RENAMED_COLUMN = "renamed column"


@dataclass(frozen=True)
class Content:
    """One version of a file."""

    table: str
    records: tuple[Record, ...]
    is_packed: bool = False
    fault: Fault | None = None

    @property
    def rejected(self) -> int:
        """Number of records that bronze must reject."""
        return sum(isinstance(record, Bad) for record in self.records)

    @property
    def is_usable(self) -> bool:
        """It must be loaded, not quarantined; one record in ten may be bad.

        A day may have no record, a list of products may not.
        """
        has_rows = len(self.records) > 0 or self.table != "products"
        return self.fault is None and has_rows and self.rejected * 10 <= len(self.records)

    def data(self) -> bytes:
        """The bytes of the file."""
        if self.fault is Fault.EMPTY:
            return b""
        text = self.text()
        if self.fault is Fault.BINARY:
            text = f"\0{text}"
        if self.fault is Fault.RENAMED_COLUMN:
            text = text.replace("_id", "_number", 1)
        return gzip.compress(text.encode(), mtime=0) if self.is_packed else text.encode()

    def text(self) -> str:
        """The whole file, without its fault."""
        return "\n".join([HEADERS[self.table], *map(line_of, self.records), ""])

    def __str__(self) -> str:
        if self.fault:
            return f"({self.fault})\n"
        return self.text()


def line_of(record: Record) -> str:
    """The record as a line of CSV."""
    if isinstance(record, Bad):
        return record.text
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(map(_text, record.values()))
    return line.getvalue()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}"
    return "" if value is None else str(value)
