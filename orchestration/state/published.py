"""What readers see of silver and gold: one version of each table, all of one state.

Data flow: ops.publications -> versions of its last publication
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from ingestion.settings import Settings
from orchestration.state.versions import TableVersion, unreadable_explained

PUBLICATIONS_TABLE = "publications"

Versions = dict[str, TableVersion]


@dataclass(frozen=True)
class Publication:
    """What readers see.

    Attributes:
        number: Counts the publications of a root, from 1.
        run_id: The run that published.
        published_at: When, UTC.
        versions: `<layer>.<table>` to its version, for every table of silver and gold.
    """

    number: int
    run_id: str
    published_at: datetime
    versions: Versions


def last_publication(settings: Settings) -> Publication | None:
    """The publication that readers see; None where nothing has been published so far.

    Raises:
        LakehouseError: The table of publications can't be read.
    """
    location = settings.location("ops", PUBLICATIONS_TABLE)
    with unreadable_explained(f"ops.{PUBLICATIONS_TABLE}", location):
        try:
            table = DeltaTable(location)
        except TableNotFoundError:
            return None
        newest = max(_numbers(table), default=None)
        if newest is None:
            return None
        rows = table.to_pyarrow_table(filters=[("publication", "=", newest)]).to_pylist()
    return Publication(
        newest,
        rows[0]["run_id"],
        rows[0]["published_at"],
        {row["table_name"]: TableVersion(row["version"], row["table_id"]) for row in rows},
    )


def shown_versions(settings: Settings) -> Versions | None:
    """`<layer>.<table>` to what a reader opens.

    Returns:
        None where every table is shown as it is: in a workspace, and on a root that nothing has
        been published on.
    """
    last = None if settings.workspace else last_publication(settings)
    return None if last is None else last.versions


def _numbers(table: DeltaTable) -> list[int]:
    """The numbers of publications, at least the newest, from the statistics of the log."""
    greatest = pa.table(table.get_add_actions(flatten=True))["max.publication"]
    return [number for number in greatest.to_pylist() if number is not None]
