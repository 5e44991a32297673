"""What `lakehouse status` shows: what readers see, files, gaps, rejects, freshness, row equations.

It reads the Delta tables without Spark, so that asking costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

import duckdb
from rich.text import Text

from ingestion.files import raw_names
from ingestion.ledger import LedgerRow, ledger_rows
from ingestion.session import describe_engine
from ingestion.settings import Settings
from ingestion.tables import TABLES
from lakehouse.freshness import add_freshness
from lakehouse.page import Page, Table
from lakehouse.refused import add_refused, silver_rejects
from lakehouse.shown_report import add_shown
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


def status_page(settings: Settings, now: datetime) -> Page:
    """The state of the lakehouse at the root.

    Args:
        settings: The root, and the raw folder to compare it with.
        now: For how long ago something was loaded.

    Raises:
        LakehouseError: There is no lakehouse at the root.
    """
    page = Page()
    damages = find_damage(settings)
    _add_damage(page, settings, damages)
    connection = connect(settings, leaves_out=[damage.table for damage in damages])
    _add_places(page, settings)
    with _whole(page, "What readers see"):
        add_shown(page, connection, settings)
    _add(page, connection, "ops.runs", "last_run", "Newest run", _LAST_RUN, is_one=True)
    with _whole(page, "How new the tables are"):
        add_freshness(page, connection, now)
    with _whole(page, "Rejected records"):
        add_refused(page, connection, settings)
    _add(
        *(page, connection, "ops.ingested_files", "files", "Files", _FILES),
        may_go=("erased", "last_arrival", "records_read"),
    )
    _add(
        *(page, connection, "ops.ingested_files", "several_files_for_a_day"),
        *("Several files for one day: of rows with one key the last file's count", _SAME_DAY),
        text="files",
    )
    _add(
        *(page, connection, "ops.erasures", "erasures"),
        *("Taken out because people were erased", _ERASURES),
        may_go=("counted_by_gold",),
    )
    _add_silver(page, connection)
    if has_table(connection, "ops", "ingested_files"):
        _add_gone(page, connection, settings)
    return page


def _add_places(page: Page, settings: Settings) -> None:
    engine = describe_engine(settings)
    for name, value in (("root", settings.root), ("raw", settings.raw), ("engine", engine)):
        page.fact(name, value)
        page.note(f"{name:<6} {value}")
    unfinished = unfinished_restore(settings)
    page.fact("unfinished_restore", unfinished)
    if unfinished:
        page.note(f"cut off: a restore; finish it with `lakehouse restore --run {unfinished}`")


def _add_silver(page: Page, connection: duckdb.DuckDBPyConnection) -> None:
    silver = [table for table in TABLES if has_table(connection, "silver", f"{table}_rejected")]
    equations = " union all ".join(
        f"({_EQUATION.format(table=table, is_waiting=TABLES[table].is_waiting)})"
        for table in silver
    )
    with _whole(page, "Rejected and waiting rows (silver)"):
        page.table(silver_rejects(connection, silver))
    _add(
        *(page, connection, f"silver.{silver[0]}_rejected" if silver else "silver.none"),
        *("row_equations", "Where every row went", equations),
        may_go=("erased", "refused", "read", "loaded", "waiting", "superseded", "rejected"),
    )


def _add(
    page: Page,
    connection: duckdb.DuckDBPyConnection,
    reads: str,
    name: str,
    title: str,
    query: str,
    **form: Any,
) -> None:
    """Add the answer to a query, without rows where the table that it reads is not there yet."""
    if not has_table(connection, *reads.split(".")):
        page.table(Table(name, title, (), (), **form))
        return
    with _whole(page, title):
        page.query(connection, name, title, query, **form)


@contextmanager
def _whole(page: Page, title: str) -> Iterator[None]:
    try:
        yield
    except duckdb.CatalogException:
        page.note(f"\n{title}: not shown, as a table that it reads is damaged or gone")


def _add_damage(page: Page, settings: Settings, damages: Sequence[Damage]) -> None:
    """Name damaged tables, files that bronze has otherwise than the ledger, and foreign folders."""
    lines = [str(damage) for damage in damages]
    if not lines:
        ledger = read_ops(settings, "ingested_files")
        if ledger and set(ledger[0]) >= _LEDGER_COLUMNS:
            lines = [str(one) for one in differences(settings, ledger_rows(ledger))]
    page.fact("damaged", lines)
    for line in lines[:_SHOWN]:
        page.note(Text.assemble(("damaged", "red"), f" {line}"))
    if lines:
        more = f"{len(lines) - _SHOWN:,} more; " if len(lines) > _SHOWN else ""
        command = f"lakehouse repair --root {settings.root} --raw {settings.raw}"
        page.note(f"{more}repair it with `{command}`")
    foreign = foreign_folders(settings)
    page.fact("foreign_folders", foreign)
    for folder in foreign:
        page.note(Text.assemble(("left alone", "dim"), f" {folder}: no table has such a name"))


def _add_gone(page: Page, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Add which loaded files lie in the raw folder no more; their rows stay where they are."""
    there = raw_names(settings.raw)
    loaded = connection.execute(f"{_LOADED} order by source_file").fetchall()
    gone = [] if there is None else [row for row in loaded if row[0] not in there]
    page.fact("raw_is_there", there is not None)
    title = "Gone from the raw folder; their rows stay, until a file is corrected or moved"
    page.table(Table("gone_from_raw", title, ("source_file", "records_loaded"), gone))
    if there is None:
        page.note(
            f"\nThe raw folder {settings.raw} is not there, so nobody can say which raw files are"
            " gone: name it with --raw."
        )
    elif not gone:
        page.note(f"\nall {len(loaded):,} loaded files still lie in {settings.raw}")
