"""What replay reads again, derived from the ledger and the names and hashes of the raw files.

Data flow: raw files + ledger rows -> candidates (quarantined files, loaded files with rejects)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingestion.files import RawFile, place
from ingestion.ledger import LedgerRow, Status
from ingestion.planning import Plan, plan

GONE = "it is no longer in the raw folder; put it back to have it read again"
_CURE = "; rename or move it and run"
CHANGED = "it has other content now; `lakehouse run` reads that"


@dataclass(frozen=True)
class Left:
    """A quarantined file version that can't be read again.

    Attributes:
        row: Of the ledger.
        why: In words, with what to do.
        is_there: The raw folder still has the file with this content.
    """

    row: LedgerRow
    why: str
    is_there: bool


@dataclass(frozen=True)
class Candidates:
    """What replay has to look at.

    Attributes:
        quarantined: Source file to its ledger row, for the quarantined files to read again.
        plan: What to do with them, as if they had come today.
        loaded: Loaded files that have rejected records.
        left: Quarantined files that can't be read again.
    """

    quarantined: dict[str, LedgerRow]
    plan: Plan
    loaded: list[LedgerRow] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)


def find_candidates(files: Sequence[RawFile], ledger: Sequence[LedgerRow]) -> Candidates:
    """Find what bronze refused and what of it may be read again.

    Quarantined files are planned as files that the ledger does not know, so that copies of one
    content, and files that take the place of an older version, end as they would in a new root.
    A quarantined version that a newer one has replaced is history and left out, unless it lies
    there again.
    """
    by_name = {file.source_file: file for file in files}
    again: dict[str, LedgerRow] = {}
    left = []
    for row in sorted(ledger, key=lambda row: row.source_file):
        if row.status != Status.QUARANTINED:
            continue
        file = by_name.get(row.source_file)
        verdict = _why_left(row, file, ledger)
        if verdict is None:
            again[row.source_file] = row
        elif verdict:
            left.append(Left(row, verdict, still_there(row, by_name) is not None))
    known = [row for row in ledger if again.get(row.source_file) != row]
    loaded = [row for row in ledger if row.status == Status.LOADED and row.records_rejected]
    return Candidates(
        again,
        plan([by_name[name] for name in again], known, lambda name: name not in by_name),
        sorted(loaded, key=lambda row: row.source_file),
        left,
    )


def still_there(row: LedgerRow, files: Mapping[str, RawFile]) -> RawFile | None:
    """The raw file of this very version, if the raw folder still has it."""
    file = files.get(row.source_file)
    return file if file is not None and file.version == row.version else None


def _why_left(row: LedgerRow, file: RawFile | None, ledger: Sequence[LedgerRow]) -> str | None:
    """Why a quarantined version is not read again; None if it is, empty if it is history."""
    others = [other for other in ledger if other.source_file == row.source_file and other != row]
    is_outdated = any(
        other.recorded_at > row.recorded_at
        for other in others
        if other.status != Status.SUPERSEDED  # its time is that of the version that came instead
    )
    if file is None:
        return "" if is_outdated else GONE
    if file.version != row.version:
        is_known = any(other.version == file.version for other in others)
        return "" if is_outdated or is_known else CHANGED
    return f"{file.fault}{_CURE if place(file.source_file)[2] else ''}" if file.fault else None
