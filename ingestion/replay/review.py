"""Finds what replay would repair and what stays, by reading again; nothing is written.

Data flow: candidates -> raw files read whole, or kept texts record by record -> findings

A loaded file is read whole only if that takes none of its loaded records away. Else, and where its
raw file is gone, the rejected records that are good today are added to what is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pyspark.sql import SparkSession

from ingestion import ops
from ingestion.frames import Progress
from ingestion.ledger import Batch, LedgerRow, Status
from ingestion.planning import Load
from ingestion.replay.findings import Finding, Outcome, Review
from ingestion.replay.reading import Reading, read
from ingestion.replay.rereading import Tally, Version, tally_texts
from ingestion.settings import Settings


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
    batch = batch.after(ledger)
    reading = read(spark, settings, batch, ledger, progress)
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
        *_quarantined(reading, texts),
    ]
    return Review(
        reading.ledger,
        sorted(findings, key=lambda finding: finding.row.version),
        [*reading.loads, *(Load(reading.files[row.source_file]) for row in whole.values())],
        [finding.after for finding in added if finding.outcome == Outcome.REPAIRED],
        reading.copies,
    )


def _add(row: LedgerRow, reading: Reading, tally: Tally, batch: Batch) -> Finding:
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


def _note(row: LedgerRow, reading: Reading, tally: Tally, gained: int) -> str:
    if reading.is_there(row):
        after = reading.judged[row.source_file]
        if after.status == Status.QUARANTINED:
            return f"its rows stay, though today the file would be refused whole: {after.reason}"
        lost = after.records_rejected - (row.records_rejected - tally.all_repaired)
        return f"{lost} of its rows stay, though today they would be refused" if lost > 0 else ""
    if tally.unreadable:
        return "its names of columns were not kept and the file is gone; put it back"
    return "the file is gone or changed; read from the texts that were kept" if gained else ""


def _quarantined(reading: Reading, texts: Mapping[Version, Tally]) -> list[Finding]:
    """The findings of the files in quarantine."""
    findings = [_stays(left.row, texts, left.why, left.is_there) for left in reading.found.left]
    for row in reading.found.quarantined.values():
        after = reading.judged[row.source_file]
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
