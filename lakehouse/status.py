"""What `lakehouse status` shows: files, gaps, rejects, freshness, last run and row equations.

It reads the Delta tables without Spark, so that asking costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields
from datetime import datetime

import duckdb
from rich.console import Console
from rich.markup import escape

from ingestion.files import raw_names
from ingestion.ledger import LedgerRow, ledger_rows
from ingestion.session import describe_engine
from ingestion.settings import Settings
from ingestion.tables import TABLES
from lakehouse.freshness import print_freshness
from lakehouse.query_display import not_shown_if_damaged, print_query
from lakehouse.refused import print_refused
from orchestration.state.damage import Damage, find_damage
from orchestration.state.delta_reader import connect, has_table
from orchestration.state.loaded_rows import differences
from orchestration.state.lock import unfinished_restore
from orchestration.state.past_runs import read_ops
from orchestration.state.versions import foreign_folders

_FILES = """
select table_name, status, count(*) as files, sum(records_read) as records_read,
    sum(records_loaded) as loaded, sum(records_rejected) as rejected,
    sum(coalesce(records_erased, 0)) as erased,
    max(file_date) as newest_day, max(recorded_at) as last_arrival
from ops.ingested_files group by all order by all
"""
SILVER_REJECTS = """
select '{table}' as table_name, reason, count(*) as rows,
    arg_min(source_file || ' record ' || record_number
        || coalesce(': ' || (as_json ->> nullif(split_part(reason, ':', 2), '')), ''),
        source_file || ' record ' || record_number) as example
from (
    select *, to_json(rejected) as as_json, unnest(reasons) as reason
    from silver.{table}_rejected as rejected
)
group by all order by rows desc, reason
"""
_LAST_RUN = """
select run_id, command, started_at, status, date_diff('second', started_at, finished_at) as seconds,
    files_loaded, records_loaded, records_rejected, models_built, tests_passed, tests_warned,
    tests_failed
from ops.runs order by run_number desc limit 1
"""
_EQUATION = """
select *, case when read = refused + loaded + erased and loaded = bronze
    and bronze = silver + superseded + rejected + waiting then 'yes' else 'NO' end as adds_up
from (
    select '{table}' as table_name,
        coalesce(sum(records_read), 0) as read,
        coalesce(sum(records_rejected), 0) as refused,
        coalesce(sum(records_erased), 0) as erased,
        coalesce(sum(records_loaded), 0) as loaded,
        (select count(*) from bronze.{table}) as bronze,
        (select count(*) from silver.{table}) as silver,
        (select count(*) from silver.{table}_superseded) as superseded,
        (select count(*) from silver.{table}_rejected where not {is_waiting}) as rejected,
        (select count(*) from silver.{table}_rejected where {is_waiting}) as waiting
    from ops.ingested_files
    where table_name = '{table}' and status in ('loaded', 'quarantined')
)
"""
_SAME_DAY = """
select table_name, file_date, string_agg(source_file, ' and ' order by source_file) as files,
    max(source_file) as wins
from ops.ingested_files where status = 'loaded'
group by all having count(*) > 1 order by all
"""
_LOADED = "select source_file, records_loaded from ops.ingested_files where status = 'loaded'"
_SHOWN = 5
_LEDGER_COLUMNS = {field.name for field in fields(LedgerRow) if field.default is MISSING}
_ERASURES = """
select erased_at, date, table_name, sum(records) as records,
    sum(counted_records) as counted_by_gold, sum(amount) as amount
from ops.erasures group by all order by all
"""
_OPS = (
    ("Files", _FILES, "ingested_files"),
    (
        "Several files for one day: of rows with one key the last file's count",
        _SAME_DAY,
        "ingested_files",
    ),
    ("Taken out because people were erased", _ERASURES, "erasures"),
)


def print_status(console: Console, settings: Settings, now: datetime) -> None:
    """Print the state of the lakehouse at the root.

    Args:
        console: Where to.
        settings: The root, and the raw folder to compare it with.
        now: For how long ago something was loaded.

    Raises:
        LakehouseError: There is no lakehouse at the root.
    """
    damages = find_damage(settings)
    _show_damage(console, settings, damages)
    connection = connect(settings, leaves_out=[damage.table for damage in damages])
    console.print(
        f"root   {settings.root}\nengine {describe_engine(settings)}", markup=False, soft_wrap=True
    )
    unfinished = unfinished_restore(settings)
    if unfinished:
        console.print(
            f"cut off: a restore; finish it with `lakehouse restore --run {unfinished}`",
            markup=False,
            soft_wrap=True,
        )
    silver = [table for table in TABLES if has_table(connection, "silver", f"{table}_rejected")]
    if has_table(connection, "ops", "runs"):  # the first run makes it at its end only
        _print(console, connection, "Last run", _LAST_RUN)
    print_freshness(console, connection, now)
    print_refused(console, connection, settings)
    for title, query, name in _OPS:
        if has_table(connection, "ops", name):
            _print(console, connection, title, query)
    rejects = " union all ".join(f"({SILVER_REJECTS.format(table=table)})" for table in silver)
    equations = " union all ".join(
        f"({_EQUATION.format(table=table, is_waiting=TABLES[table].is_waiting)})"
        for table in silver
    )
    if silver:
        _print(console, connection, "Rejected and waiting rows (silver)", rejects)
        _print(console, connection, "Where every row went", equations)
    if has_table(connection, "ops", "ingested_files"):
        _show_gone(console, connection, settings)


def _print(console: Console, connection: duckdb.DuckDBPyConnection, title: str, query: str) -> None:
    with not_shown_if_damaged(console, title):
        print_query(console, connection, title, query)


def _show_damage(console: Console, settings: Settings, damages: Sequence[Damage]) -> None:
    """Name damaged tables, files that bronze has otherwise than the ledger, and foreign folders."""
    lines = [str(damage) for damage in damages]
    if not lines:
        ledger = read_ops(settings, "ingested_files")
        if ledger and set(ledger[0]) >= _LEDGER_COLUMNS:
            lines = [str(one) for one in differences(settings, ledger_rows(ledger))]
    for line in lines[:_SHOWN]:
        console.print(f"[red]damaged[/] {escape(line)}", soft_wrap=True)
    if lines:
        more = f"{len(lines) - _SHOWN:,} more; " if len(lines) > _SHOWN else ""
        command = f"lakehouse repair --root {settings.root} --raw {settings.raw}"
        console.print(f"{more}repair it with `{command}`", markup=False, soft_wrap=True)
    for folder in foreign_folders(settings):
        console.print(f"[dim]left alone[/] {escape(folder)}: no table has such a name")


def _show_gone(console: Console, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Print which loaded files lie in the raw folder no more; their rows stay where they are."""
    there = raw_names(settings.raw)
    console.print()
    if there is None:
        console.print(
            f"The raw folder {settings.raw} is not there, so nobody can say which raw files are"
            " gone: name it with --raw.",
            markup=False,
            soft_wrap=True,
        )
        return
    loaded = connection.execute(f"{_LOADED} order by source_file").fetchall()
    gone = [(name, count) for name, count in loaded if name not in there]
    for name, count in gone:
        console.print(
            f"gone from the raw folder: {name}; its {count:,} rows stay, until"
            " it is corrected or its content comes under another name.",
            markup=False,
            soft_wrap=True,
        )
    if not gone:
        console.print(f"all {len(loaded):,} loaded files still lie in {settings.raw}", markup=False)
