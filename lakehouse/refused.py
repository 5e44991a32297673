"""What status says of files and records that were refused or never came, each with the cure.

Data flow: ops.ingested_files, ops.missing_files, ops.rejected_records -> short lists
"""

from __future__ import annotations

from typing import Any

import duckdb
from rich.console import Console

from ingestion.completeness import MissingFile, missing_in_words
from ingestion.explained import explain
from ingestion.files import raw_names
from ingestion.settings import Settings
from ingestion.tables import TABLES
from lakehouse.query_display import not_shown_if_damaged, print_rows
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
group by all order by records desc, reason
"""


def print_refused(
    console: Console, connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    """Print the quarantine, but for files that are gone; missing files; reasons with an example."""
    if has_table(connection, "ops", "ingested_files"):
        there = raw_names(settings.raw)
        files = connection.execute(QUARANTINE).fetchall()
        waiting = [file for file in files if there is None or file[0] in there]
        print_rows(console, "In quarantine", ("source_file", "reason", "recorded_at"), waiting)
    if has_table(connection, "ops", "missing_files"):
        missing = [MissingFile(*row) for row in connection.execute(_MISSING).fetchall()]
        lines = [(line,) for line in missing_in_words(missing)]
        print_rows(console, "Missing", ("expected_file",), lines)
    if has_table(connection, "ops", "rejected_records"):
        title, names = "Rejected records (bronze)", ("table_name", "reason", "records", "example")
        with not_shown_if_damaged(console, title):
            rows = [
                (table, reason, count, _explained(example, table, reason, record))
                for table, reason, count, example, record in connection.execute(REJECTS).fetchall()
            ]
            print_rows(console, title, names, rows)


def _explained(example: str, table: str, reason: str, record: dict[str, Any]) -> str:
    if not record["raw_text"] or table not in TABLES:
        return example
    words = explain(reason, record["raw_text"], record["header"], TABLES[table])
    return f"{example}: {words}" if words else example
