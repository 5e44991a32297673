"""What a replay finds: for each file version what it would repair, what stays, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ingestion.files import RawFile
from ingestion.ledger import LedgerRow, Status
from ingestion.planning import Load
from ingestion.replay.rereading import Tally


class Outcome(StrEnum):
    """What replay does with a file version."""

    LOADED = "loaded"  # it was in quarantine
    REPAIRED = "repaired"  # it was loaded without some of its records
    DUPLICATE = "duplicate"  # it was in quarantine, and another file holds its content
    STAYS = "stays"


@dataclass(frozen=True)
class Finding:
    """What replay found of one file version.

    Attributes:
        row: Of the ledger, before.
        outcome: What replay does with it.
        after: Of the ledger, afterwards; the same where it stays.
        tally: Its rejected records by reason.
        note: Why it stays, or what is to be known of the repair; empty if there is nothing to say.
        is_there: The raw folder still has the file with this content.
    """

    row: LedgerRow
    outcome: Outcome
    after: LedgerRow
    tally: Tally
    note: str = ""
    is_there: bool = True

    @property
    def gained(self) -> int:
        """Records that bronze gets."""
        return self.after.records_loaded - self.row.records_loaded


@dataclass
class Review:
    """All findings, and how the repairs among them are made.

    Attributes:
        ledger: As it is.
        findings: One for each file version that was looked at, sorted by it.
        loads: Files to load whole.
        additions: Ledger rows, afterwards, of files that get single records from their texts.
        copies: Files that turned out to have the content of another, and that other's name.
    """

    ledger: list[LedgerRow]
    findings: list[Finding] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    additions: list[LedgerRow] = field(default_factory=list)
    copies: list[tuple[RawFile, str]] = field(default_factory=list)

    @property
    def repairs(self) -> list[Finding]:
        """The findings that change something."""
        return [finding for finding in self.findings if finding.outcome != Outcome.STAYS]

    @property
    def quarantined(self) -> list[LedgerRow]:
        """Files that lie in the raw folder and stay in quarantine."""
        return [
            finding.row
            for finding in self.findings
            if finding.outcome == Outcome.STAYS
            and finding.row.status == Status.QUARANTINED
            and finding.is_there
        ]
