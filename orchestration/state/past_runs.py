"""What the ops tables know of past runs: their order, how they ended, what they left.

Data flow: ops.runs + ops.table_versions -> `PastRun`, newest first

The order is that of `run_number`, which counts; a clock may have been set back between two runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import DeltaError, TableNotFoundError

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.state.versions import TableVersion, unreadable_explained

_NEWEST = 3


@dataclass(frozen=True)
class PastRun:
    """A run that came to its end.

    Attributes:
        run_id: The run.
        number: Its place in the order of all runs of this root.
        command: What was asked for, such as `run` or `restore --run ...`.
        status: How it ended.
        finished_at: End time, UTC.
        versions: `<layer>.<table>` to the version at its end; empty if it did not record them.
    """

    run_id: str
    number: int
    command: str
    status: str
    finished_at: datetime
    versions: dict[str, TableVersion]

    @property
    def is_maintenance(self) -> bool:
        """It moved no value, so that nobody wants to go back to it."""
        return self.command.split()[:1] == ["maintain"]


def past_runs(settings: Settings) -> list[PastRun]:
    """All runs of a root, the newest first."""
    versions = recorded_versions(settings)
    rows = read_ops(settings, "runs")
    rows.sort(key=lambda row: row["run_number"] or 0, reverse=True)
    return [
        PastRun(
            row["run_id"],
            row["run_number"],
            row["command"] or "",
            row["status"],
            row["finished_at"],
            versions.get(row["run_id"], {}),
        )
        for row in rows
    ]


def recorded_versions(settings: Settings) -> dict[str, dict[str, TableVersion]]:
    """Run to what it recorded of its tables."""
    found: dict[str, dict[str, TableVersion]] = defaultdict(dict)
    for row in read_ops(settings, "table_versions"):
        found[row["run_id"]][row["table_name"]] = TableVersion(row["version"], row["table_id"])
    return dict(found)


def read_ops(settings: Settings, name: str, version: int | None = None) -> list[dict[str, Any]]:
    """All rows of an ops table, now or in an older version; none if it has not been made yet.

    Raises:
        LakehouseError: It can't be read.
    """
    import pyarrow as pa  # a question about the tables of now does without it

    location = settings.location("ops", name)
    with unreadable_explained(f"ops.{name}", location, version):
        try:
            table = DeltaTable(location, version=version)
        except TableNotFoundError:
            return []
        # delta-rs reads it by itself: Arrow's own reader takes a second to import.
        found = QueryBuilder().register(name, table).execute(f"select * from {name}")
        try:
            rows = pa.RecordBatchReader.from_stream(found).read_all().to_pylist()
        except pa.ArrowException as error:  # what delta-rs raised, as the stream hands it on
            raise DeltaError(str(error)) from error
    return [dict(row) for row in rows]


def run_named(run_ids: Sequence[str], wanted: str, what: str) -> str:
    """The one run whose id begins like this.

    Args:
        run_ids: To choose from, the newest first.
        wanted: The beginning of an id. `lakehouse status` shows no more where the screen is narrow.
        what: What they all have, for the message if none fits.

    Raises:
        LakehouseError: There is none, or more than one.
    """
    matching = [run_id for run_id in run_ids if run_id.startswith(wanted)]
    if len(matching) != 1:
        count = "More than one" if matching else "No"
        raise LakehouseError(
            f"{count} run {wanted!r} {what}.",
            f"The newest are {', '.join((matching or run_ids)[:_NEWEST])}.",
        )
    return matching[0]
