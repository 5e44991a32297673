"""ETags of objects on S3: by them a content that the ledger knows is known without reading it.

Under a KMS key an object's ETag says nothing of its content: the same bytes sent again have another
one. So it never decides what a file is; it only saves reading an object that was read before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ingestion.files import RawFile
from ingestion.ledger import Batch, LedgerRow, Status


def known_hashes(ledger: Iterable[LedgerRow]) -> dict[tuple[str, str], str]:
    """What `list_raw_files` need not read: source file and ETag to the hash of the content."""
    return {(row.source_file, row.etag): row.content_hash for row in ledger if row.etag}


def seen_again(
    files: Iterable[RawFile], ledger: Iterable[LedgerRow], batch: Batch
) -> list[LedgerRow]:
    """The ledger rows whose content has come to S3 again, with the ETag that it has now.

    A loaded one counts as recorded now, so that the next build reports it as a new file: the
    new object is not marked as loaded yet. Its batch stays, for its rows do.
    """
    rows = {row.version: row for row in ledger}
    sent_again = [
        (rows[file.version], file.etag)
        for file in files
        if file.etag and file.version in rows and rows[file.version].etag != file.etag
    ]
    return [
        replace(
            row,
            etag=etag,
            recorded_at=batch.started_at if row.status == Status.LOADED else row.recorded_at,
        )
        for row, etag in sent_again
    ]
