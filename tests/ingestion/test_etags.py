"""Content that comes to S3 again has another ETag there, and is known all the same.

Raw files come from a folder first, so that all that S3 adds to it is other ETags.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ingestion.files import to_path
from ingestion.ingest import ingest
from ingestion.ledger import Batch
from orchestration.aws.execution import files_to_mark, read_ledger
from tests.ingestion.objects import put, put_in_parts
from tests.lake import STARTED_AT, Lakehouse

ONE, TWO = "orders/2025-04-01.csv", "orders/2025-04-02.csv"
HEADER = "order_num,order_id,user_id,order_timestamp,total_amount,date"
FIRST = f"{HEADER}\n1,1,7,2025-04-01T10:00:00,9.50,2025-04-01\n"
SECOND = f"{HEADER}\n1,1,7,2025-04-01T10:00:00,12.00,2025-04-01\n"
WAYS = pytest.mark.parametrize("way", [put, put_in_parts])


def load(lakehouse: Lakehouse, *contents: str) -> Lakehouse:
    """Load one file's versions from a folder; return the same lakehouse with its files on S3."""
    for number, content in enumerate(contents, start=1):
        lakehouse.write(ONE, *content.splitlines())
        lakehouse.ingest(f"folder-{number}")
    return lakehouse.under(raw="s3://raw-files/raw")


def rows(lakehouse: Lakehouse) -> list[tuple[Any, ...]]:
    return lakehouse.query(
        "select source_file, status, etag, batch_id from ops.ingested_files order by recorded_at, 1"
    )


@WAYS
def test_a_loaded_file_that_comes_again_is_unchanged(
    lakehouse: Lakehouse, s3: str, way: Any
) -> None:
    on_s3 = load(lakehouse, FIRST)
    etag = way(f"raw/{ONE}", FIRST.encode())
    report = on_s3.ingest("s3")
    assert [file.source_file for file in report.plan.unchanged] == [ONE]
    assert (report.rows, report.plan.loads) == ([], [])
    assert rows(on_s3) == [(ONE, "loaded", etag, "folder-1")]


def test_a_copy_under_another_name_is_a_duplicate(lakehouse: Lakehouse, s3: str) -> None:
    on_s3 = load(lakehouse, FIRST)
    etags = put(f"raw/{ONE}", FIRST.encode()), put_in_parts(f"raw/{TWO}", FIRST.encode())
    on_s3.ingest("s3")
    assert sorted(rows(on_s3)) == [
        (ONE, "loaded", etags[0], "folder-1"),
        (TWO, "duplicate", etags[1], "s3"),
    ]


@WAYS
def test_older_content_that_is_put_back_brings_its_rows_back(
    lakehouse: Lakehouse, s3: str, way: Any
) -> None:
    on_s3 = load(lakehouse, FIRST, SECOND)
    etag = way(f"raw/{ONE}", FIRST.encode())
    report = on_s3.ingest("s3")
    assert [load.is_return for load in report.plan.loads] == [True]
    assert sorted(row[1:] for row in rows(on_s3)) == [
        ("loaded", etag, "s3"),
        ("superseded", None, "s3"),
    ]
    amounts = "select cast(total_amount as varchar) from bronze.orders"
    assert on_s3.query(amounts) == [("9.50",)]
    assert on_s3.ingest("s3 again").rows == []


def test_what_came_again_is_read_once_and_nothing_is_written_for_it_later(
    lakehouse: Lakehouse, s3: str
) -> None:
    on_s3 = load(lakehouse, FIRST)
    put(f"raw/{ONE}", FIRST.encode())
    events: Any = to_path(s3).client.client.meta.events  # type: ignore[union-attr]
    reads: list[str] = []
    events.register("before-call.s3.GetObject", lambda **_: reads.append(ONE))
    on_s3.ingest("s3-1")
    assert reads == [ONE]
    versions = on_s3.versions()
    on_s3.ingest("s3-2")
    on_s3.review()
    assert reads == [ONE]
    assert on_s3.versions() == versions


def test_the_object_that_came_again_is_marked_by_the_next_build(
    lakehouse: Lakehouse, s3: str
) -> None:
    on_s3 = load(lakehouse, FIRST)
    etag = put(f"raw/{ONE}", FIRST.encode())
    built = {"run_id": "e-1-1", "status": "well", "finished_at": STARTED_AT + timedelta(hours=1)}
    assert files_to_mark(read_ledger(on_s3.settings), [built], "e-2") == []
    batch = Batch("e-2", STARTED_AT + timedelta(hours=2))
    ingest(on_s3.spark, on_s3.settings, batch)
    (row,) = files_to_mark(read_ledger(on_s3.settings), [built], "e-2")
    assert (row.source_file, row.etag, row.batch_id) == (ONE, etag, "folder-1")
