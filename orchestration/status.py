"""What `lakehouse status` shows: files, gaps, rejects, freshness, last run and row equations.

It reads the Delta tables without Spark, so that asking costs nothing.
"""

from __future__ import annotations

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestion.session import describe_engine
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.delta_reader import connect

_FILES = """
select table_name, status, count(*) as files, sum(records_read) as records_read,
    sum(records_loaded) as loaded, sum(records_rejected) as rejected,
    max(file_date) as newest_day, max(recorded_at) as last_arrival
from ops.ingested_files group by all order by all
"""
_QUARANTINE = """
select source_file, reason, recorded_at from ops.ingested_files
qualify status = 'quarantined'
    and recorded_at = max(recorded_at) over (partition by source_file)
order by source_file
"""
_MISSING = "select expected_file, state from ops.missing_files order by expected_file"
_REJECTS = """
select table_name, reason, count(*) as records,
    min(source_file || ' record ' || record_number) as example
from (
    select rejects.*, unnest(rejects.reasons) as reason
    from ops.rejected_records as rejects
    inner join ops.ingested_files as files using (source_file, content_hash)
    where files.status in ('loaded', 'quarantined')
)
group by all order by records desc, reason
"""
_SILVER_REJECTS = """
select '{table}' as table_name, reason, count(*) as rows,
    min(source_file || ' record ' || record_number) as example
from (select *, unnest(reasons) as reason from silver.{table}_rejected)
group by all order by rows desc, reason
"""
_LAST_RUN = """
select run_id, started_at, status, date_diff('second', started_at, finished_at) as seconds,
    files_loaded, records_loaded, records_rejected, models_built, tests_passed, tests_warned,
    tests_failed
from ops.runs order by finished_at desc limit 1
"""
_EQUATION = """
select *, case when loaded = bronze and bronze = silver + superseded + rejected_or_waiting
    then 'yes' else 'NO' end as adds_up
from (
    select '{table}' as table_name,
        (select coalesce(sum(records_loaded), 0) from ops.ingested_files
            where status = 'loaded' and table_name = '{table}') as loaded,
        (select count(*) from bronze.{table}) as bronze,
        (select count(*) from silver.{table}) as silver,
        (select count(*) from silver.{table}_superseded) as superseded,
        (select count(*) from silver.{table}_rejected) as rejected_or_waiting
)
"""
_OPS = (
    ("Last run", _LAST_RUN, "runs"),
    ("Files", _FILES, "ingested_files"),
    ("In quarantine", _QUARANTINE, "ingested_files"),
    ("Missing", _MISSING, "missing_files"),
    ("Rejected records (bronze)", _REJECTS, "rejected_records"),
)


def print_status(console: Console, settings: Settings) -> None:
    """Print the state of the lakehouse at the root.

    Raises:
        LakehouseError: There is no lakehouse at the root.
    """
    connection = connect(settings)
    console.print(
        f"root   {settings.root}\nengine {describe_engine(settings)}", markup=False, soft_wrap=True
    )
    silver = [table for table in TABLES if _has(connection, "silver", f"{table}_rejected")]
    for title, query, name in _OPS:
        if _has(connection, "ops", name):  # the first run makes some of them at its end only
            _show(console, connection, title, query)
    rejects = " union all ".join(f"({_SILVER_REJECTS.format(table=table)})" for table in silver)
    equations = " union all ".join(f"({_EQUATION.format(table=table)})" for table in silver)
    if silver:
        _show(console, connection, "Rejected and waiting rows (silver)", rejects)
        _show(console, connection, "Where every row went", equations)


def _has(connection: duckdb.DuckDBPyConnection, layer: str, name: str) -> bool:
    query = "select 1 from information_schema.tables where table_schema = ? and table_name = ?"
    return connection.execute(query, [layer, name]).fetchone() is not None


def _show(console: Console, connection: duckdb.DuckDBPyConnection, title: str, query: str) -> None:
    found = connection.execute(query)
    names = [column[0] for column in found.description or []]
    rows = found.fetchall()
    if not rows:
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, name in enumerate(names):
        is_number = isinstance(rows[0][place], int)
        table.add_column(name.replace("_", " "), justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*(escape(_text(value)) for value in row))
    console.print()
    console.print(table)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)
