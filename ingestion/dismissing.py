"""Quarantined files that wait for nobody: gone, replaced by other content, or dismissed.

Their rows in the ledger are superseded, with a reason that says which of these. A version that
comes back is judged anew; one that was dismissed stays so until its content is another.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ingestion.completeness import find_missing
from ingestion.errors import LakehouseError
from ingestion.files import RawFile
from ingestion.ledger import REPLACED, Batch, LedgerRow, Status
from ingestion.selection import Selection
from ingestion.settings import Settings
from ingestion.visible import visible

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_GONE = "gone"
_DISMISSED = "dismissed"


def without_dismissed(files: Iterable[RawFile], ledger: Iterable[LedgerRow]) -> list[RawFile]:
    """The files, but for those that a person has dismissed with this very content."""
    dismissed = {
        row.version for row in ledger if row.status == Status.SUPERSEDED and row.code == _DISMISSED
    }
    return [file for file in files if file.version not in dismissed]


def gone_from_quarantine(
    files: Iterable[RawFile], ledger: Iterable[LedgerRow], selection: Selection, batch: Batch
) -> list[LedgerRow]:
    """The ledger rows of quarantined versions that lie in the raw folder no more, settled."""
    there = {file.source_file: file.version for file in files}
    return [
        _settle(row, REPLACED if row.source_file in there else _GONE, batch)
        for row in ledger
        if row.status == Status.QUARANTINED
        and row.version != there.get(row.source_file)
        and selection.holds(row.source_file)
    ]


def dismiss(
    spark: SparkSession, settings: Settings, batch: Batch, source_file: str
) -> list[LedgerRow]:
    """Take a file out of the quarantine; it stays refused, and nothing asks for it any more.

    Returns:
        Its rows of the ledger, as they were.

    Raises:
        LakehouseError: It is not in quarantine.
    """
    from ingestion import ops  # Spark's types, which `lakehouse plan` does without

    ledger = ops.read_ledger(spark, settings)
    batch = batch.after(ledger)
    waiting = [row for row in ledger if row.status == Status.QUARANTINED]
    rows = [row for row in waiting if row.source_file == source_file]
    if not rows:
        names = sorted({row.source_file for row in waiting})
        close = get_close_matches(source_file, names, n=1, cutoff=0.5)
        meant = f"Is {visible(close[0])} meant? " if close else ""
        raise LakehouseError(
            f"{visible(source_file)} is not in quarantine.",
            f"{meant}`lakehouse status` lists what is, by its path below the raw folder.",
        )
    settled = {row.version: _settle(row, _DISMISSED, batch) for row in rows}
    after = [settled.get(row.version, row) for row in ledger]
    ops.write_missing_files(spark, settings, find_missing(after))
    ops.write_ledger(spark, settings, [row for row in after if row.source_file == source_file])
    return rows


def _settle(row: LedgerRow, code: str, batch: Batch) -> LedgerRow:
    return row.become(Status.SUPERSEDED, f"{code}: was {row.reason}", batch)
