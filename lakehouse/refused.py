"""What status says of files and records that were refused or never came, each with the cure.

Data flow: ops.ingested_files, ops.missing_files, ops.rejected_records -> short lists
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any

import duckdb

from ingestion.completeness import MissingFile, missing_in_words
from ingestion.explained import explain
from ingestion.files import raw_names
from ingestion.settings import Settings
from ingestion.tables import TABLES
from lakehouse.page import Page, Table
from lakehouse.silver_reasons import expected_by_silver
from orchestration.project.silver import project_vars
from orchestration.state.delta_reader import has_table

QUARANTINE = """
select source_file, reason, recorded_at from ops.ingested_files
qualify status = 'quarantined'
    and recorded_at = max(recorded_at) over (partition by source_file)
order by source_file
"""
_MISSING = """
select table_name, file_date, expected_file, state from ops.missing_files
order by table_name, file_date
"""
# A value is shown as the text that it has in silver: a decimal with its digits.
SILVER_REJECTS = """
select '{table}' as table_name, reason, count(*) as rows, arg_min(
    place || coalesce(': ' || (as_json ->> nullif(split_part(reason, ':', 2), '')), ''), place
) as example
from (
    select source_file || ' record ' || record_number as place, unnest(reasons) as reason,
        to_json(texts) as as_json
    from (select reasons, columns(* exclude (reasons))::varchar from silver.{table}_rejected)
        as texts
)
group by all order by rows desc, reason
"""
# Not `is null`: of a table that lacked the column once, files from that time would be passed over.
REJECTS = """
select table_name, reason, count(*) as records, min(place) as example,
    arg_min(record, place) as record
from (
    select rejects.*, unnest(rejects.reasons) as reason,
        source_file || ' record ' || record_number as place,
        {'raw_text': raw_text, 'header': header} as record
    from ops.rejected_records as rejects
    inner join ops.ingested_files as files using (source_file, content_hash)
    where files.status in ('loaded', 'quarantined') and coalesce(rejects.closed_batch_id, '') = ''
)
group by all order by records desc, reason, table_name
"""


def add_refused(page: Page, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Add the quarantine, but for files that are gone; missing files; reasons with an example."""
    quarantined: list[tuple[Any, ...]] = []
    if has_table(connection, "ops", "ingested_files"):
        there = raw_names(settings.raw)
        files = connection.execute(QUARANTINE).fetchall()
        quarantined = [file for file in files if there is None or file[0] in there]
    names = ("source_file", "reason", "recorded_at")
    page.table(Table("quarantined", "In quarantine", names, quarantined, names[2:], "reason"))
    missing: list[MissingFile] = []
    if has_table(connection, "ops", "missing_files"):
        missing = [MissingFile(*row) for row in connection.execute(_MISSING).fetchall()]
    columns = [field.name for field in fields(MissingFile)]
    page.table(
        Table("missing", "Missing", columns, [*map(astuple, missing)]),
        Table("", "Missing", ("expected_file",), [(line,) for line in missing_in_words(missing)]),
    )
    rejects: list[tuple[Any, ...]] = []
    if has_table(connection, "ops", "rejected_records"):
        rejects = [
            (table, reason, count, _explained(example, table, reason, record))
            for table, reason, count, example, record in connection.execute(REJECTS).fetchall()
        ]
    page.table(_rejects("rejected_records", "Rejected records (bronze)", rejects))


def silver_rejects(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> Table:
    """The reasons of silver, each with how many rows, one of them, and what was expected."""
    limits = project_vars()
    rows = [
        (table, reason, count, f"{example}{expected_by_silver(reason, limits)}")
        for name in tables
        for table, reason, count, example in connection.execute(
            SILVER_REJECTS.format(table=name)
        ).fetchall()
    ]
    return _rejects("silver_rejects", "Rejected and waiting rows (silver)", rows)


def _rejects(name: str, title: str, rows: Sequence[Sequence[Any]]) -> Table:
    columns = ("table_name", "reason", "records", "example")
    return Table(name, title, columns, rows, text="example")


def _explained(example: str, table: str, reason: str, record: dict[str, Any]) -> str:
    if not record["raw_text"] or table not in TABLES:
        return example
    words = explain(reason, record["raw_text"], record["header"], TABLES[table])
    return f"{example}: {words}" if words else example
