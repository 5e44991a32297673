"""Rows of a key that a later version of their file replaced, from older versions of bronze.

Data flow: superseded file versions in the ledger -> the run before each -> bronze as it left it

They can be had as long as `lakehouse maintain` keeps those runs, and of an erased person never.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ingestion.errors import LakehouseError
from ingestion.ledger import Status
from ingestion.settings import Settings
from ingestion.tables import Table
from orchestration.state.past_runs import PastRun, past_runs, read_ops
from orchestration.state.versions import TableVersion, open_table, unreadable_explained

# Each file version that was replaced costs a look into an older version of bronze.
_FILES = 20


def replaced_rows(settings: Settings, table: Table, key: int) -> list[dict[str, Any]]:
    """Bronze rows that are there no more, by the names of their columns.

    Args:
        settings: Where the lakehouse is.
        table: The raw table.
        key: Of the row; the newest file versions that were replaced are looked through for it.
    """
    runs = past_runs(settings)
    places = {run.run_id: place for place, run in enumerate(runs)}
    files = [
        row
        for row in read_ops(settings, "ingested_files")
        if row["table_name"] == table.name
        and row["status"] == Status.SUPERSEDED
        and row["records_loaded"]
        and row["batch_id"] in places
    ]
    files.sort(key=lambda row: (row["recorded_at"], row["source_file"]), reverse=True)
    found = {}
    for file in files[:_FILES]:
        before = _version_after(runs[places[file["batch_id"]] + 1 :], f"bronze.{table.name}")
        if before is not None:
            for row in _rows_in(settings, table, before, file["source_file"], key):
                found[row["source_file"], row["record_number"], row["batch_id"]] = row
    return list(found.values())


def _version_after(runs: Sequence[PastRun], name: str) -> TableVersion | None:
    """How the newest of these runs left a table, of those that recorded it."""
    return next((run.versions[name] for run in runs if name in run.versions), None)


def _rows_in(
    settings: Settings, table: Table, version: TableVersion, source_file: str, key: int
) -> list[dict[str, Any]]:
    """The rows of a key from a file; none if that version is not kept any more."""
    name, location = f"bronze.{table.name}", settings.location("bronze", table.name)
    filters = [("source_file", "=", source_file), (table.key, "=", key)]
    with suppress(LakehouseError), unreadable_explained(name, location, version.version):
        opened = open_table(name, location, version.version)
        if str(opened.metadata().id) == version.table_id:
            return [dict(row) for row in opened.to_pyarrow_table(filters=filters).to_pylist()]
    return []
