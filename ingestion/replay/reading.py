"""The candidates under today's rules, read whole where the raw folder still has them.

Data flow: candidates -> inspect -> judge -> tallies of what would be loaded with fewer rejects
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyspark.sql import SparkSession

from ingestion.etags import known_hashes
from ingestion.files import RawFile, list_raw_files
from ingestion.frames import Progress, inspect_files
from ingestion.judging import duplicates, judge
from ingestion.ledger import Batch, LedgerRow, Status
from ingestion.planning import Load, replaced_rows
from ingestion.replay.candidates import Candidates, find_candidates, still_there
from ingestion.replay.rereading import Tally, Version, tally_files
from ingestion.settings import Settings
from ingestion.stored import unread_hash


@dataclass(frozen=True)
class Reading:
    """The candidates, and what reading their files whole gives under today's rules.

    Attributes:
        ledger: All of it; files that were too large to be read have their content's version.
        found: The candidates.
        files: Source file to raw file, of the whole raw folder.
        judged: Source file to its ledger row under today's rules, of the files that were read and
            of copies of theirs.
        loads: The quarantined files that can be loaded.
        loaded: The loaded files with rejects that no other file takes the place of.
        tallies: Rejects under today's rules, of the files that would be loaded with fewer.
    """

    ledger: list[LedgerRow]
    found: Candidates
    files: dict[str, RawFile]
    judged: dict[str, LedgerRow]
    loads: list[Load]
    loaded: list[LedgerRow]
    tallies: dict[Version, Tally]

    @property
    def copies(self) -> list[tuple[RawFile, str]]:
        """Quarantined files with the content of another that is or can be loaded, and its name."""
        return [
            (file, holder)
            for file, holder in self.found.plan.duplicates
            if self.judged[file.source_file].status == Status.DUPLICATE
        ]

    def is_there(self, row: LedgerRow) -> bool:
        """The raw folder still has this version."""
        return still_there(row, self.files) is not None

    def whole(self, row: LedgerRow) -> LedgerRow | None:
        """A loaded file's row afterwards, if reading it whole repairs it and takes nothing away."""
        after = self.judged[row.source_file] if self.is_there(row) else None
        if after is None or not _is_better(after, row) or self._lost(after, row):
            return None
        return replace(after, recorded_at=row.recorded_at)

    def _lost(self, after: LedgerRow, row: LedgerRow) -> int:
        if after.records_read != row.records_read:  # other records: their numbers say nothing
            return max(0, row.records_loaded - after.records_loaded)
        return self.tallies.get(row.version, Tally()).newly_refused


def read(
    spark: SparkSession,
    settings: Settings,
    batch: Batch,
    ledger: Sequence[LedgerRow],
    progress: Progress,
) -> Reading:
    """Read the candidates whole; nothing is written.

    Raises:
        LakehouseError: There is no raw folder.
    """
    listed = list_raw_files(
        settings.raw, known_hashes=known_hashes(ledger), max_bytes=settings.max_file_bytes
    )
    files = {file.source_file: file for file in listed}
    ledger = _by_content(ledger, listed)
    found = find_candidates(list(files.values()), ledger)
    there = [file for row in found.loaded if (file := still_there(row, files))]
    to_read = [*(load.file for load in found.plan.loads), *there]
    inspections = inspect_files(spark, to_read, settings, progress)
    rows = [judge(file, inspections, batch, settings.reject_limit) for file in to_read]
    rows += duplicates(found.plan, rows, ledger, batch)
    judged = {row.source_file: row for row in rows}
    loads = [
        load for load in found.plan.loads if judged[load.file.source_file].status == Status.LOADED
    ]
    changes = [judged[name] for name in found.quarantined]
    replaced = {row.version for row in replaced_rows(ledger, loads, changes, batch)}
    loaded = [row for row in found.loaded if row.version not in replaced]
    better = [
        files[row.source_file]
        for row in loaded
        if still_there(row, files) and _is_better(judged[row.source_file], row)
    ]
    tallies = tally_files(spark, settings, [*(load.file for load in loads), *better])
    return Reading(ledger, found, files, judged, loads, loaded, tallies)


def _by_content(ledger: Sequence[LedgerRow], files: Sequence[RawFile]) -> list[LedgerRow]:
    """The ledger as if files that were above a limit of then had been read for their content."""
    versions = {row.version for row in ledger}
    unread = {
        (file.source_file, unread_hash(file.bytes, file.modified_at)): file
        for file in files
        if file.is_openable and file.version not in versions
    }
    return [
        replace(row, content_hash=unread[row.version].content_hash)
        if row.version in unread
        else row
        for row in ledger
    ]


def _is_better(after: LedgerRow, row: LedgerRow) -> bool:
    return after.status == Status.LOADED and after.records_rejected < row.records_rejected
