"""What has changed since the build that silver is the outcome of, by the ledger and the limits.

Data flow: ledger then + ledger now -> changed files of each raw table; limits of the SQL -> ranges
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ingestion.ledger import Status
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.state.build_cache import LEDGER, BuiltSilver
from orchestration.state.past_runs import read_ops


@dataclass
class ChangedFiles:
    """Files of a raw table of which bronze holds other rows than at the last build.

    Attributes:
        names: The source files.
        dates: All dates of their rows, before and now.
    """

    names: set[str] = field(default_factory=set)
    dates: set[date] = field(default_factory=set)


def changed_files(
    before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> dict[str, ChangedFiles]:
    """Compare two states of the ledger: raw table to its changed files."""
    found = {name: ChangedFiles() for name in TABLES}
    old, new = _loads(before), _loads(now)
    for file in old.keys() | new.keys():
        if old.get(file, {}).get("version") != new.get(file, {}).get("version"):
            for row in (old.get(file), new.get(file)):
                if row:
                    found[row["table_name"]].names.add(file)
                    found[row["table_name"]].dates.update(row["dates"])
    return found


def _loads(ledger: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        row["source_file"]: {
            "table_name": row["table_name"],
            "dates": row["dates"] or [],
            # An execution that is redriven loads a corrected file under the same batch.
            "version": (row["batch_id"], row["content_hash"], row["records_loaded"]),
        }
        for row in ledger
        if row["status"] == Status.LOADED and row["table_name"] in TABLES
    }


@dataclass(frozen=True)
class Changes:
    """What has changed since the build that silver is the outcome of.

    Attributes:
        files: Raw table to its changed files.
        limits: Each changed limit as the range between its old and its new value.
    """

    files: dict[str, ChangedFiles]
    limits: list[tuple[Decimal, Decimal]]


def changes_since(settings: Settings, base: BuiltSilver, limits: Mapping[str, Decimal]) -> Changes:
    """Compare the ledger and the limits with those of a build.

    Raises:
        LakehouseError: The old version of the ledger can't be read.
    """
    before = read_ops(settings, "ingested_files", base.versions[LEDGER].version)
    files = changed_files(before, read_ops(settings, "ingested_files"))
    old = {name: Decimal(value) for name, value in json.loads(base.build.limits or "{}").items()}
    ranges = [
        (min(old[name], value), max(old[name], value))
        for name, value in limits.items()
        if old[name] != value
    ]
    return Changes(files, ranges)
