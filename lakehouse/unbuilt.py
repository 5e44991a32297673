"""Files that bronze has loaded, or let go, since silver and gold were last built as a whole.

Data flow: ledger as the last build of everything left it, and as it is -> what differs
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingestion.errors import LakehouseError
from ingestion.ledger import Status
from ingestion.settings import Settings
from orchestration.state.past_runs import past_runs, read_ops
from orchestration.state.versions import open_table, table_locations

_LEDGER = "ingested_files"
# By name, a row of the ledger each.
_Files = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class UnbuiltFile:
    """A file that is in bronze otherwise than in silver and gold.

    Attributes:
        source_file: Relative to the raw folder.
        table_name: The raw table.
        state: `new`, `changed` or `gone`.
        recorded_at: When bronze had it, UTC.
        run_id: Which run loaded it or let it go.
    """

    source_file: str
    table_name: str
    state: str
    recorded_at: datetime
    run_id: str


def unbuilt_files(settings: Settings) -> list[UnbuiltFile] | None:
    """By name; None where no record says what silver and gold were built from.

    A build of some tables may have brought a file into these.

    Raises:
        LakehouseError: The history of runs can't be read.
    """
    before, now = _built(settings), _loaded(read_ops(settings, _LEDGER))
    if before is None:
        return None
    found = []
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if _content(old) != _content(new):
            state = "new" if old is None else "gone" if new is None else "changed"
            row = new or old or {}
            found.append(
                UnbuiltFile(name, row["table_name"], state, row["recorded_at"], row["batch_id"])
            )
    return found


def _built(settings: Settings) -> _Files | None:
    """The loaded files that the last build of everything has built; None if nobody knows."""
    numbers = {run.run_id: run for run in past_runs(settings)}
    builds = [
        numbers[row["run_id"]] for row in read_ops(settings, "builds") if row["run_id"] in numbers
    ]
    last = max(builds, key=lambda run: run.number, default=None)
    if last is None:
        is_built = any(name.startswith("silver.") for name in table_locations(settings))
        return None if is_built else {}
    restored = (run for run in numbers.values() if run.command.startswith("restore "))
    if any(run.number > last.number for run in restored):
        return None  # to a state that no build of everything has left
    version = last.versions.get(f"ops.{_LEDGER}")
    location = settings.location("ops", _LEDGER)
    if version is None or str(open_table(_LEDGER, location).metadata().id) != version.table_id:
        return None
    try:
        return _loaded(read_ops(settings, _LEDGER, version.version))
    except LakehouseError:  # a maintenance has deleted it
        return None


def _loaded(ledger: list[dict[str, Any]]) -> _Files:
    return {row["source_file"]: row for row in ledger if row["status"] == Status.LOADED}


def _content(row: Mapping[str, Any] | None) -> tuple[str, int] | None:
    """What a file has brought; who is erased is taken out of silver and gold, too."""
    if row is None:
        return None
    return row["content_hash"], row["records_loaded"] + (row.get("records_erased") or 0)
