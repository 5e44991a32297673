"""The file ledger: what is known of every file version, a row of `ops.ingested_files` each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """What became of a file version."""

    LOADED = "loaded"
    SUPERSEDED = "superseded"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"


# Codes of reasons that rules depend on. Of a version that is gone: its file has other content; its
# content has another name; or records of it were lost with a damaged table.
REPLACED, RENAMED, LOST = "replaced", "renamed", "lost"


@dataclass(frozen=True)
class Batch:
    """What identifies one ingestion run in every row it writes; the only clock it has."""

    batch_id: str
    started_at: datetime

    def after(self, ledger: Iterable[LedgerRow]) -> Batch:
        """The batch, later than all that is recorded.

        The newest of a file's rows decides, and a clock that was set back may not choose it.
        """
        recorded = [row.recorded_at.astimezone(UTC) for row in ledger]
        if not recorded or max(recorded) < self.started_at:
            return self
        return replace(self, started_at=max(recorded) + timedelta(microseconds=1))


@dataclass(frozen=True)
class LedgerRow:
    """One row of `ops.ingested_files`, fields in the order of the table's columns.

    Attributes:
        source_file: Path below the raw folder; with `content_hash` the key.
        table_name: Table of its folder, None in an undeclared folder.
        file_date: Logical date in its name, if it has one.
        content_hash: SHA-256 of the content.
        bytes: Size as stored.
        modified_at: When the store says it was last written, UTC.
        records_read: Records in the file; 0 where it could not be read as records.
        records_loaded: Records that went to bronze.
        records_rejected: Records that went to `ops.rejected_records`; read = loaded + rejected
            + erased.
        status: What became of it.
        reason: `code: detail` of what is not loaded; columns rescued from a loaded file.
        batch_id: The run that decided.
        dates: Values of the `date` column among the loaded records, sorted.
        recorded_at: When it was decided, or its loaded content last came again to S3, UTC.
        records_erased: Records of people who were erased: neither loaded nor kept as rejected.
        etag: Of the object on S3 in which this content was seen last, None in a folder.
    """

    source_file: str
    table_name: str | None
    file_date: date | None
    content_hash: str
    bytes: int
    modified_at: datetime
    records_read: int
    records_loaded: int
    records_rejected: int
    status: str
    reason: str | None
    batch_id: str
    dates: list[date]
    recorded_at: datetime
    records_erased: int = 0
    etag: str | None = None

    @property
    def version(self) -> tuple[str, str]:
        """Source file and content hash, the key of the ledger."""
        return self.source_file, self.content_hash

    @property
    def code(self) -> str:
        """Code of its reason, empty without one."""
        return (self.reason or "").partition(":")[0]

    def become(self, status: Status, reason: str, batch: Batch) -> LedgerRow:
        """The row as a run changes what the version is."""
        return replace(
            self,
            status=status.value,
            reason=reason,
            batch_id=batch.batch_id,
            recorded_at=batch.started_at,
        )


def ledger_rows(stored: Iterable[Mapping[str, Any]]) -> list[LedgerRow]:
    """The rows of `ops.ingested_files`, whoever has read them."""
    # Null in rows from before there was the column.
    return [
        LedgerRow(**{**row, "records_erased": row.get("records_erased") or 0}) for row in stored
    ]
