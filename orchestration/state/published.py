"""What readers see: versions of silver and gold, all of one state, by the last publication.

Data flow: ops.publications -> its newest file -> DuckDB -> `Publication`

A query starts by this, so it reads one small file and imports nothing that takes time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from ingestion.settings import Settings
from orchestration.state.versions import TableVersion, files_in_folder, unreadable_explained

TABLE = "publications"
_ROWS = """
select run_id, published_at, table_name, version, table_id from read_parquet($files)
where publication = $number
"""


@dataclass(frozen=True)
class Publication:
    """A state of silver and gold that was tested and published.

    Attributes:
        number: Counts the publications of a root, from 1.
        run_id: The run that published.
        published_at: When, UTC.
        versions: `<layer>.<table>` to its version, for every table of silver and gold.
    """

    number: int
    run_id: str
    published_at: datetime
    versions: dict[str, TableVersion]


def last_publication(settings: Settings) -> Publication | None:
    """What readers see; None on a root from before there were publications, and on a bucket.

    Raises:
        LakehouseError: The table of publications can't be read.
    """
    location = settings.location("ops", TABLE)
    if not settings.is_local:
        return None
    with unreadable_explained(f"ops.{TABLE}", location), duckdb.connect() as connection:
        try:
            table = DeltaTable(location)
        except TableNotFoundError:
            return None
        number = max(table.get_add_actions(flatten=True)["max.publication"].to_pylist(), default=0)
        if not number:
            return None
        files = files_in_folder(table, location)
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute(_ROWS, {"files": files, "number": number}).fetchall()
    run_id, published_at, *_ = rows[0]
    versions = {name: TableVersion(version, table_id) for _, _, name, version, table_id in rows}
    return Publication(number, run_id, published_at.astimezone(UTC), versions)


def pinned_versions(settings: Settings) -> dict[str, int]:
    """`<layer>.<table>` to the version that a reader opens; empty if that is the newest."""
    found = None if settings.workspace else last_publication(settings)
    return {name: one.version for name, one in found.versions.items()} if found else {}
