"""What `lakehouse trace` shows: the life of one row, from lines of files to the numbers it is in.

Data flow: table + key -> bronze rows, rejected records, silver row -> gold rows that count it

It reads the Delta tables without an engine. A key may have come several times: each of its bronze
rows is shown with its place in its file and with what became of it.
"""

from __future__ import annotations

import duckdb
from rich.console import Console

from ingestion.erased import text_names
from ingestion.errors import LakehouseError
from ingestion.explained import explain
from ingestion.settings import Settings
from ingestion.swallowed import SWALLOWED
from ingestion.tables import TABLES, Table
from lakehouse.query_display import print_query, print_rows
from orchestration.state.delta_reader import connect, has_table
from orchestration.state.versions import first_line

_BECAME = """
select source_file, record_number, 'in silver' as became, '' as reasons
from silver.{table} where {key} = $key
union all
select source_file, record_number, 'superseded by a newer version', ''
from silver.{table}_superseded where {key} = $key
union all
select source_file, record_number,
    case when {is_waiting} then 'waits for its parent' else 'rejected by silver' end,
    array_to_string(reasons, ', ')
from silver.{table}_rejected where {key} = $key
"""
_VERSIONS = """
select bronze.source_file, bronze.record_number, bronze.batch_id as batch,
    bronze.ingestion_timestamp as loaded,
    coalesce(became.became, 'loaded, not yet built') as became, became.reasons
from bronze.{table} as bronze
left join ({became}) as became using (source_file, record_number)
where bronze.{key} = $key
order by bronze.file_date desc nulls last, bronze.source_file desc, bronze.record_number desc
"""
# A refused record is text: the digits of the key are somewhere in it, or it is another's.
_REFUSED = """
select source_file, record_number, rejects.batch_id as batch, rejected_timestamp as refused,
    reasons, closed_batch_id, raw_text, header,
    case when files.status = 'superseded' then 'file ' || split_part(files.reason, ':', 1) end
        as outdated
from ops.rejected_records as rejects
left join ops.ingested_files as files using (source_file, content_hash)
where rejects.table_name = '{table}' and contains(raw_text, $key::varchar)
order by source_file, record_number, refused
"""
_REFUSED_COLUMNS = ("source_file", "record_number", "batch", "refused", "why", "since", "raw_text")
_SILVER = """
unpivot (select columns(*)::varchar from silver.{table} where {key} = $key)
on columns(*) into name "column" value "value"
"""
_LINES = {
    "orders": """
select id::varchar as id, product_id::varchar as product_id, add_to_cart_order,
    allocated_amount, source_file, record_number
from silver.order_items where order_id = $key order by add_to_cart_order, id
"""
}
# Gold row, what identifies it, and the number that the row is part of. A raw table that no number
# of gold comes from has no entry.
_COUNTED = {
    "orders": """
with this as (select * from silver.orders where order_id = $key),
lines as (
    select distinct products.department, products.product_id
    from silver.order_items as items inner join silver.products as products using (product_id)
    where items.order_id = $key
)
select 'gold.daily_sales' as gold_table, 'order_date ' || order_date as row,
    'total_sales ' || total_sales || ', order_count ' || order_count as numbers
from gold.daily_sales where order_date in (select date from this)
union all
select 'gold.customer_insights', 'user_id ' || user_id,
    'total_spend ' || total_spend || ', total_orders ' || total_orders
from gold.customer_insights where user_id in (select user_id from this)
union all
select 'gold.product_performance', 'product_id ' || product_id, 'total_sales ' || total_sales
from gold.product_performance where product_id in (select product_id from lines)
union all
select 'gold.department_analytics', department || ', ' || period_type || ' ' || period_start,
    'total_sales ' || total_sales
from gold.department_analytics
where department in (select department from lines)
    and (period_type = 'all' or period_start in (select date from this))
order by all
""",
    "order_items": """
with this as (
    select items.*, products.department
    from silver.order_items as items inner join silver.products as products using (product_id)
    where items.id = $key
)
select 'gold.product_performance' as gold_table, 'product_id ' || product_id as row,
    'total_sales ' || total_sales || ', total_quantity ' || total_quantity as numbers
from gold.product_performance where product_id in (select product_id from this)
union all
select 'gold.department_analytics', department || ', ' || period_type || ' ' || period_start,
    'total_sales ' || total_sales || ', total_quantity ' || total_quantity
from gold.department_analytics
where department in (select department from this)
    and (period_type = 'all' or period_start in (select date from this))
order by all
""",
    "products": """
select 'gold.product_performance' as gold_table, 'product_id ' || product_id as row,
    'total_sales ' || total_sales || ', total_quantity ' || total_quantity as numbers
from gold.product_performance where product_id = $key
union all
select 'gold.department_analytics', department || ', all', 'total_sales ' || total_sales
from gold.department_analytics
where period_type = 'all'
    and department in (select department from silver.products where product_id = $key)
order by all
""",
}


def print_trace(console: Console, settings: Settings, table: str, key: int) -> None:
    """Print everything that the lakehouse knows of a key of one of its raw tables.

    Raises:
        LakehouseError: There is no such table or lakehouse, or the key has never arrived.
    """
    if table not in TABLES:
        raise LakehouseError(
            f"There is no table {table!r} to trace in.",
            f"Name one of {', '.join(TABLES)} and a key, such as: lakehouse trace orders 10000",
        )
    connection = connect(settings)
    try:
        _print(console, connection, settings, TABLES[table], key)
    except duckdb.CatalogException as error:
        raise LakehouseError(
            f"A table that this reads is gone from {settings.root}: {first_line(error)}",
            f"Repair it with `lakehouse repair --root {settings.root} --raw DIR`.",
        ) from error


def _print(
    console: Console,
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    declared: Table,
    key: int,
) -> None:
    console.print(f"{declared.name} {declared.key} {key}", style="bold")
    refused = _refused(connection, declared, key)
    title = "Records that name it and were refused before bronze"
    if has_table(connection, "gold", "daily_sales"):
        names = {"table": declared.name, "key": declared.key, "is_waiting": declared.is_waiting}
        versions = _VERSIONS.format(**names, became=_BECAME.format(**names))
        found = [
            _show(console, connection, "Where it came from, newest version first", versions, key),
            print_rows(console, title, _REFUSED_COLUMNS, refused),
            _show(console, connection, "The row in silver", _SILVER.format(**names), key),
            _show(console, connection, "Its lines", _LINES.get(declared.name), key),
            _show(console, connection, "What counts it in gold", _COUNTED.get(declared.name), key),
        ]
        if not any(found):
            raise LakehouseError(
                f"No record with {declared.key} {key} has ever arrived in {declared.name}.",
                "Check the number; `lakehouse status` lists files that are missing or in"
                " quarantine.",
            )
    elif not print_rows(console, title, _REFUSED_COLUMNS, refused):
        raise LakehouseError(
            f"Silver and gold are not built at {settings.root}.",
            "Build them with `lakehouse build`, then trace again.",
        )


def _show(
    console: Console,
    connection: duckdb.DuckDBPyConnection,
    title: str,
    query: str | None,
    key: int,
) -> bool:
    return bool(query) and print_query(console, connection, title, str(query), {"key": key})


def _refused(
    connection: duckdb.DuckDBPyConnection, table: Table, key: int
) -> list[tuple[object, ...]]:
    """The rejected records that name a key, found by the names of their file's columns."""
    records = connection.execute(_REFUSED.format(table=table.name), {"key": key}).fetchall()
    rows: list[tuple[object, ...]] = []
    for file, number, batch, refused, reasons, closed_by, raw_text, header, outdated in records:
        names = header or table.column_names
        texts = [raw_text, *(raw_text.splitlines() if SWALLOWED in reasons else [])]
        if any(text_names(text, names, key.__eq__, table.key) for text in texts):
            words = {code: explain(code, raw_text, header, table) for code in reasons}
            why = "; ".join(f"{code} {word}".rstrip() for code, word in words.items())
            since = f"repaired by batch {closed_by}" if closed_by else outdated or ""
            rows.append((file, number, batch, refused, why, since, raw_text))
    return rows
