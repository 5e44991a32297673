"""Finds what replay would repair and what stays, by reading again; nothing is written.

Data flow: candidates -> raw files read whole, or kept texts record by record -> findings

A loaded file is read whole only if that takes none of its loaded records away. Else, and where its
raw file is gone, the rejected records that are good today are added to what is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pyspark.sql import SparkSession

from ingestion import ops
from ingestion.files import RawFile, list_raw_files
from ingestion.frames import Progress, inspect_files
from ingestion.judging import duplicates, judge
from ingestion.ledger import Batch, LedgerRow, Load, Status
from ingestion.replay.candidates import Candidates, find_candidates, still_there
from ingestion.replay.findings import Finding, Outcome, Review
from ingestion.replay.rereading import Tally, Version, tally_files, tally_texts
from ingestion.settings import Settings


@dataclass(frozen=True)
class _Reading:
    """The candidates, and what reading their files whole gives under today's rules.

    Attributes:
        found: The candidates.
        files: Source file to raw file, of the whole raw folder.
        judged: Source file to its ledger row under today's rules, of the files that were read.
        loads: The quarantined files that can be loaded.
        loaded: The loaded files with rejects that no other file takes the place of.
        tallies: Rejects under today's rules, of the files that would be loaded with fewer.
    """

    found: Candidates
    files: dict[str, RawFile]
    judged: dict[str, LedgerRow]
    loads: list[Load]
    loaded: list[LedgerRow]
    tallies: dict[Version, Tally]

    def is_there(self, row: LedgerRow) -> bool:
        return still_there(row, self.files) is not None

    def whole(self, row: LedgerRow) -> LedgerRow | None:
        """A loaded file's row afterwards, if reading it whole repairs it and takes nothing away."""
        after = self.judged[row.source_file] if self.is_there(row) else None
        if after is None or not _is_better(after, row) or self.lost(row):
            return None
        return replace(after, recorded_at=row.recorded_at)

    def lost(self, row: LedgerRow) -> int:
        """Loaded records of a file that reading it whole would refuse."""
        after = self.judged[row.source_file]
        if after.records_read != row.records_read:  # other records: their numbers say nothing
            return max(0, row.records_loaded - after.records_loaded)
        return self.tallies.get(row.version, Tally()).newly_refused


def review(spark: SparkSession, settings: Settings, batch: Batch, progress: Progress) -> Review:
    """Read again everything that bronze refused.

    Args:
        spark: The session.
        settings: Where, and by which limits of today.
        batch: Identity and start of this run, for the ledger rows of what would be repaired.
        progress: Called with what is being done, how many files are done and how many there are.

    Raises:
        LakehouseError: There is no raw folder.
    """
    ledger = ops.read_ledger(spark, settings)
    reading = _read(spark, settings, batch, ledger, progress)
    whole = {row.version: after for row in reading.loaded if (after := reading.whole(row))}
    by_text = [row for row in reading.loaded if row.version not in whole]
    loadable = {load.file.version for load in reading.loads}
    refused = [*reading.found.quarantined.values(), *(left.row for left in reading.found.left)]
    by_record = [
        row for row in [*by_text, *refused] if row.records_rejected and row.version not in loadable
    ]
    texts = tally_texts(spark, settings, by_record)
    added = [_add(row, reading, texts.get(row.version, Tally()), batch) for row in by_text]
    findings = [
        *(
            Finding(row, Outcome.REPAIRED, whole[row.version], reading.tallies[row.version])
            for row in reading.loaded
            if row.version in whole
        ),
        *added,
        *_quarantined(reading, texts, batch),
    ]
    return Review(
        ledger,
        sorted(findings, key=lambda finding: finding.row.version),
        [*reading.loads, *(Load(reading.files[row.source_file]) for row in whole.values())],
        [finding.after for finding in added if finding.outcome == Outcome.REPAIRED],
    )


def _read(
    spark: SparkSession,
    settings: Settings,
    batch: Batch,
    ledger: Sequence[LedgerRow],
    progress: Progress,
) -> _Reading:
    files = {file.source_file: file for file in list_raw_files(settings.raw)}
    found = find_candidates(list(files.values()), ledger)
    there = [file for row in found.loaded if (file := still_there(row, files))]
    to_read = [*(load.file for load in found.plan.loads), *there]
    inspections = inspect_files(spark, to_read, settings.max_file_bytes, progress)
    judged = {
        file.source_file: judge(file, inspections, batch, settings.reject_limit) for file in to_read
    }
    loads = [
        load for load in found.plan.loads if judged[load.file.source_file].status == Status.LOADED
    ]
    replaced = {row.version for load in loads for row in load.replaces}
    loaded = [row for row in found.loaded if row.version not in replaced]
    better = [
        files[row.source_file]
        for row in loaded
        if still_there(row, files) and _is_better(judged[row.source_file], row)
    ]
    tallies = tally_files(spark, settings, [*(load.file for load in loads), *better])
    return _Reading(found, files, judged, loads, loaded, tallies)


def _is_better(after: LedgerRow, row: LedgerRow) -> bool:
    return after.status == Status.LOADED and after.records_rejected < row.records_rejected


def _add(row: LedgerRow, reading: _Reading, tally: Tally, batch: Batch) -> Finding:
    """A loaded file that gets single records, or none."""
    # A replay that was cut off has closed records that the ledger still counts as rejected.
    unfinished = min(row.records_rejected - tally.all_rejected, tally.closed)
    gained = tally.all_repaired + max(0, unfinished)
    note = _note(row, reading, tally, gained)
    if not gained:
        return Finding(row, Outcome.STAYS, row, tally, note, reading.is_there(row))
    after = replace(
        row,
        records_loaded=row.records_loaded + gained,
        records_rejected=row.records_rejected - gained,
        dates=sorted({*row.dates, *tally.dates}),
        batch_id=batch.batch_id,
    )
    return Finding(row, Outcome.REPAIRED, after, tally, note, reading.is_there(row))


def _note(row: LedgerRow, reading: _Reading, tally: Tally, gained: int) -> str:
    if reading.is_there(row):
        after = reading.judged[row.source_file]
        if after.status == Status.QUARANTINED:
            return f"its rows stay, though today the file would be refused whole: {after.reason}"
        lost = after.records_rejected - (row.records_rejected - tally.all_repaired)
        return f"{lost} of its rows stay, though today they would be refused" if lost > 0 else ""
    if tally.unreadable:
        return "its names of columns were not kept and the file is gone; put it back"
    return "the file is gone or changed; read from the texts that were kept" if gained else ""


def _quarantined(reading: _Reading, texts: Mapping[Version, Tally], batch: Batch) -> list[Finding]:
    """The findings of the files in quarantine."""
    found = reading.found
    judged = [reading.judged[load.file.source_file] for load in found.plan.loads]
    judged += duplicates(found.plan, judged, batch)
    findings = [_stays(left.row, texts, left.why, left.is_there) for left in found.left]
    for after in judged:
        row = found.quarantined[after.source_file]
        if after.status == Status.QUARANTINED:
            findings.append(_stays(row, texts, str(after.reason)))
        else:
            outcome = Outcome.LOADED if after.status == Status.LOADED else Outcome.DUPLICATE
            tally = reading.tallies.get(row.version) or texts.get(row.version, Tally())
            findings.append(Finding(row, outcome, after, tally, after.reason or ""))
    return findings


def _stays(
    row: LedgerRow, texts: Mapping[Version, Tally], why: str, is_there: bool = True
) -> Finding:
    tally = replace(texts.get(row.version, Tally()), repaired={}, all_repaired=0)
    return Finding(row, Outcome.STAYS, row, tally, why, is_there)
