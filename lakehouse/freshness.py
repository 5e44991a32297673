"""How new each raw table is: its newest day, who loaded it and when, which file comes next.

Data flow: ops.ingested_files + ops.missing_files -> DuckDB -> a table for people

A table is behind if its newest loaded file is older than the newest that any daily table has,
usable or not. Only the age of a load comes from a clock, the caller's.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from ingestion.tables import TABLES
from lakehouse.page import Page
from orchestration.state.delta_reader import has_table

_FRESHNESS = """
with newest as (
    select max(file_date) as day from ops.ingested_files
    where list_contains($daily, table_name) and status <> 'superseded'
),
loads as (
    select table_name, max(file_date) as day, max(recorded_at) as loaded_at,
        max_by(batch_id, recorded_at) as run_id,
        date_diff('minute', max(recorded_at), $now) as minutes
    from ops.ingested_files where status = 'loaded' group by table_name
)
select table_name, loads.day as newest_day,
    case when list_contains($daily, table_name)
        then date_diff('day', loads.day, newest.day) end as days_behind,
    table_name || '/' || (loads.day + 1) || '.csv' as next_file,
    (select count(*) from ops.missing_files as missing where missing.table_name = tables.table_name)
        as missing_files,
    loaded_at as last_loaded,
    case when minutes < 120 then minutes || ' min' when minutes < 48 * 60 then minutes // 60 || ' h'
        else minutes // 1440 || ' days' end as ago,
    run_id as by_run
from (select unnest($tables) as table_name) as tables
left join loads using (table_name)
cross join newest
order by list_position($tables, table_name)
"""


def add_freshness(page: Page, connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Add a row for each raw table; nothing where no file was ever looked at."""
    if not (
        has_table(connection, "ops", "ingested_files")
        and has_table(connection, "ops", "missing_files")
    ):
        return
    daily = [table.name for table in TABLES.values() if table.daily]
    parameters = {"now": now, "tables": list(TABLES), "daily": daily}
    page.query(
        *(connection, "tables", "How new the tables are", _FRESHNESS, parameters),
        may_go=("by_run", "last_loaded", "next_file", "missing_files"),
    )
