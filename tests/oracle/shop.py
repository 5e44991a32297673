"""Hand-written raw folders for the tests of the oracle."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from .oracle import Oracle

PRODUCTS = "product_id,department_id,department,product_name"
ORDERS = "order_num,order_id,user_id,order_timestamp,total_amount,date"
ORDER_ITEMS = (
    "id,order_id,user_id,days_since_prior_order,product_id,add_to_cart_order,reordered,"
    "order_timestamp,date"
)


def csv_text(header: str, *lines: str) -> str:
    """A file with the header above the lines."""
    return "".join(f"{line}\n" for line in (header, *lines))


def products(*lines: str) -> str:
    return csv_text(PRODUCTS, *lines)


def orders(*lines: str) -> str:
    return csv_text(ORDERS, *lines)


def order_items(*lines: str) -> str:
    return csv_text(ORDER_ITEMS, *lines)


def order(order_id: int, user_id: int, day: str, amount: str, time: str = "10:00:00") -> str:
    """An order line whose other columns are of no interest."""
    return f"1,{order_id},{user_id},{day}T{time},{amount},{day}"


def item(
    item_id: int,
    order_id: int,
    user_id: int,
    product_id: int,
    day: str,
    *,
    position: int = 1,
    reordered: int = 0,
    time: str = "10:00:00",
    days_since: int | str = "",
) -> str:
    """An order item line that fits the order made by `order`."""
    return (
        f"{item_id},{order_id},{user_id},{days_since},{product_id},{position},{reordered},"
        f"{day}T{time},{day}"
    )


def write_raw(raw: Path, files: dict[str, str | bytes]) -> Path:
    """The raw folder with these files, keyed by their path below it."""
    for name, content in files.items():
        path = raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return raw


def daily_orders(*lines: str) -> dict[str, str | bytes]:
    """Files with these orders, each of its own day, from the first day to the last."""
    by_day: dict[str, list[str]] = {}
    for line in lines:
        by_day.setdefault(line[-10:], []).append(line)
    return with_all_files({f"orders/{day}.csv": orders(*those) for day, those in by_day.items()})


def with_all_files(files: dict[str, str | bytes], *ends: str) -> dict[str, str | bytes]:
    """The files, and one without records for each feed and day that lacks one, to the ends too."""
    named = [Path(name).name[:10] for name in files if "products" not in name]
    days = [date.fromisoformat(day) for day in (*named, *ends)]
    span = range((max(days) - min(days)).days + 1)
    empty: dict[str, str | bytes] = {
        f"{table}/{min(days) + timedelta(number)}.csv": header
        for number in span
        for table, header in (("orders", orders()), ("order_items", order_items()))
    }
    return empty | files


def oracle_of(
    raw: Path,
    files: dict[str, str | bytes],
    *,
    as_of_date: date | None = None,
    max_days_apart: int = 1000,
) -> Oracle:
    """An oracle on these files, with no aliases, whatever the repository's seed says.

    Orders may lie far from the day of their file, so that most cases need one file alone.
    """
    return Oracle(
        write_raw(raw, files),
        as_of_date=as_of_date,
        aliases=raw / "no_aliases.csv",
        max_days_ahead=max_days_apart,
        max_days_behind=max_days_apart,
    )


def values_of(oracle: Oracle, table: str, columns: str, where: str = "true") -> list[list[str]]:
    """Rows as text with all their decimal places, in the order of their columns; null is '-'."""
    names = columns.split()
    rows = oracle.rows(f"{table} where {where}", names, ["all"])
    return [[text_of(value) for value in row] for row in rows]


def text_of(value: object) -> str:
    """Decimals without an exponent, whatever their size."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "-" if value is None else str(value)
