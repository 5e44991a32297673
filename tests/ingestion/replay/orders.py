"""Order files by a few words, roots with today's rules or others, and what must be equal of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingestion.files import list_raw_files
from ingestion.tables import ORDERS, Table
from orchestration.state.delta_reader import connect
from tests.lake import Lakehouse, new_lakehouse, use

HEADER = "order_num,order_id,user_id,order_timestamp,total_amount,date"
ONE, TWO, THREE = (f"orders/2025-04-{day:02d}.csv" for day in (1, 2, 3))

# Every column of bronze but those of the run; of loaded files what they gave and their rejects.
_BRONZE = "select * exclude (ingestion_timestamp, batch_id) from bronze.{} order by all"
_LOADED = """
select source_file, content_hash, reason, records_read, records_loaded, records_rejected, dates
from ops.ingested_files where status = 'loaded' order by all
"""
_REJECTS = """
select table_name, source_file, content_hash, record_number, raw_text, list_sort(reasons), header
from ops.rejected_records
inner join ops.ingested_files using (table_name, source_file, content_hash)
where closed_batch_id is null and status = 'loaded' order by all
"""
_NOT_LOADED = """
select source_file, content_hash, status,
    count(record_number) filter (where closed_batch_id is null)
from ops.ingested_files
left join ops.rejected_records using (table_name, source_file, content_hash)
where status <> 'loaded' group by all order by all
"""
# The state of a missing file also tells of versions that were replaced long ago.
_MISSING = "select * exclude state from ops.missing_files order by all"


def order(order_id: int | str, day: int = 1, amount: str = "9.50", user: str = "7") -> str:
    return f"1,{order_id},{user},2025-04-{day:02d}T10:00:00,{amount},2025-04-{day:02d}"


def orders(first: int, last: int, day: int = 1) -> list[str]:
    return [order(order_id, day) for order_id in range(first, last + 1)]


def without_number(order_id: int, day: int = 1) -> str:
    """A good record, but for who requires `order_num`."""
    return order(order_id, day).removeprefix("1")


def declared(required: Sequence[str] = (), optional: Sequence[str] = ()) -> Table:
    """The table of orders with other rules for some columns."""
    columns = (
        replace(one, required=one.name in required or (one.required and one.name not in optional))
        for one in ORDERS.columns
    )
    return replace(ORDERS, columns=tuple(columns))


def contents(lakehouse: Lakehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Everything of a root that does not tell how it came to be."""
    queries = {table: _BRONZE.format(table) for table in ("products", "orders", "order_items")}
    queries |= {"loaded": _LOADED, "rejects": _REJECTS, "missing": _MISSING}
    tables = connect(lakehouse.settings, ["bronze", "ops"])
    found = {name: tables.execute(query).fetchall() for name, query in queries.items()}
    there = {file.version for file in list_raw_files(lakehouse.settings.raw)}
    of_raw = [row for row in tables.execute(_NOT_LOADED).fetchall() if row[:2] in there]
    # What a copy gave before another file took its rows is history.
    return found | {"not loaded": [row[:3] if row[2] == "duplicate" else row for row in of_raw]}


def new_root_from(lakehouse: Lakehouse, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What a new root, made by one ingestion of the same raw files under the same rules, holds."""
    fresh = new_lakehouse(lakehouse.spark, folder)
    fresh = fresh.under(**vars(lakehouse.settings) | {"root": fresh.settings.root})
    fresh.ingest("fresh")
    found = contents(fresh)
    use(lakehouse)
    return found


def closed(lakehouse: Lakehouse) -> list[tuple[Any, ...]]:
    """Each closed reject: its place, who closed it, and the row it became."""
    return lakehouse.query(
        "select source_file, record_number, closed_batch_id, repaired_source_file,"
        " repaired_record_number, repaired_key from ops.rejected_records"
        " where closed_batch_id is not null order by all"
    )
