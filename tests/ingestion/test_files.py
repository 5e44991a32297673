from __future__ import annotations

import hashlib
import os
from datetime import UTC, date
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ingestion.errors import LakehouseError
from ingestion.files import list_raw_files, place, to_path
from ingestion.stored import read_bytes
from tests.ingestion.objects import BUCKET, put, put_in_parts


def write(raw: Path, *names: str, content: str = "x") -> None:
    for name in names:
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_text(content)


def fault_of(source_file: str) -> str | None:
    return place(source_file)[2]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("table", ["orders", "order_items", "products"])
@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_a_daily_file_has_the_table_of_its_folder_and_the_date_of_its_name(
    table: str, ending: str
) -> None:
    found, day, fault = place(f"{table}/2025-04-01.{ending}")
    assert found
    assert (found.name, day, fault) == (table, date(2025, 4, 1), None)


def test_the_catalog_of_products_needs_no_date() -> None:
    for name in ("products.csv", "products.csv.gz"):
        table, day, fault = place(f"products/{name}")
        assert table
        assert (table.name, day, fault) == ("products", None, None)


@pytest.mark.parametrize(
    "name", ["2025-04-01.csv", "returns/2025-04-01.csv", "orders/old/2025-04-01.csv"]
)
def test_a_file_outside_the_table_folders_is_in_a_wrong_folder(name: str) -> None:
    assert place(name)[:2] == (None, None)
    assert fault_of(name) == "wrong_folder: not in one of products/, orders/, order_items/"


@pytest.mark.parametrize(
    "name", ["orders.csv", "2025-4-1.csv", "2025-04-01.txt", "2025-04-01 (1).csv"]
)
def test_a_file_that_is_not_named_for_a_day_has_a_wrong_name(name: str) -> None:
    assert fault_of(f"orders/{name}") == "wrong_name: expected YYYY-MM-DD.csv, plain or .gz"
    assert str(fault_of(f"products/{name}")).startswith("wrong_name: expected products.csv or ")


@pytest.mark.parametrize("day", ["2025-02-30", "2025-13-01", "2025-00-10"])
def test_a_name_with_an_impossible_date_is_distinguished_from_a_wrong_name(day: str) -> None:
    assert fault_of(f"orders/{day}.csv") == f"impossible_date: {day} is no day of the calendar"
    assert fault_of("orders/2024-02-29.csv") is None


@pytest.mark.parametrize("day", ["2205-04-01", "1025-04-01", "1999-12-31", "2100-01-01"])
def test_a_name_with_a_day_that_nobody_believes_moves_no_calendar(day: str) -> None:
    assert place(f"orders/{day}.csv")[1:] == (
        None,
        f"impossible_date: {day} is not between 2000-01-01 and 2099-12-31;"
        " a typing error in the year?",
    )


def test_lists_files_in_the_order_of_their_names_with_size_hash_and_time(tmp_path: Path) -> None:
    write(tmp_path, "orders/2025-04-02.csv", "order_items/2025-04-01.csv", content="id\n")
    os.utime(tmp_path / "orders/2025-04-02.csv", (86_400, 86_400))
    files = list_raw_files(str(tmp_path))
    assert [file.source_file for file in files] == [
        "order_items/2025-04-01.csv",
        "orders/2025-04-02.csv",
    ]
    assert files[1].bytes == 3
    assert files[1].content_hash == sha256(b"id\n")
    assert files[1].modified_at.isoformat() == "1970-01-02T00:00:00+00:00"
    assert files[1].path == str(tmp_path / "orders/2025-04-02.csv")
    assert (files[1].table_name, files[1].file_date) == ("orders", date(2025, 4, 2))


def test_leaves_hidden_files_and_notes_out_and_lists_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "README.md", "manifest.json", "orders/.tmp.csv", "_staging/x.csv", ".git/x")
    assert list_raw_files(str(tmp_path)) == []
    write(tmp_path, "notes.txt", "orders/README.md")
    assert [(file.source_file, str(file.fault)[:12]) for file in list_raw_files(str(tmp_path))] == [
        ("notes.txt", "wrong_folder"),
        ("orders/README.md", "wrong_name: "),
    ]


def test_a_missing_raw_folder_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LakehouseError, match="nowhere does not exist") as raised:
        list_raw_files(str(tmp_path / "nowhere"))
    assert "--raw" in raised.value.next_step


def test_a_file_is_no_raw_folder(tmp_path: Path) -> None:
    write(tmp_path, "raw")
    with pytest.raises(LakehouseError, match="does not exist"):
        list_raw_files(str(tmp_path / "raw"))


def test_the_hash_is_of_the_content_alone(tmp_path: Path) -> None:
    write(tmp_path, "a", "b", content="same")
    write(tmp_path, "c", content="other")
    first, second, third = (file.content_hash for file in list_raw_files(str(tmp_path)))
    assert first == second != third


def test_lists_objects_of_s3_as_the_files_of_a_folder(s3: str) -> None:
    etag = put("raw/orders/2025-04-01.csv", b"id\n1\n")
    put("raw/products/products.csv", b"id\n")
    put("raw/notes/x.csv", b"x")
    put("raw/README.md", b"a note")
    put("scripts/orders/2025-04-01.csv", b"not below the prefix")
    files = {file.source_file: file for file in list_raw_files(f"{s3}/raw")}
    assert list(files) == ["notes/x.csv", "orders/2025-04-01.csv", "products/products.csv"]
    order = files["orders/2025-04-01.csv"]
    assert (order.content_hash, order.etag) == (sha256(b"id\n1\n"), etag)
    assert order.bytes == 5
    assert (order.table_name, order.file_date) == ("orders", date(2025, 4, 1))
    assert order.path == f"{s3}/raw/orders/2025-04-01.csv"
    assert order.modified_at.tzinfo is UTC
    assert str(files["notes/x.csv"].fault).startswith("wrong_folder")


def test_reads_an_object_of_s3_as_it_is_now(s3: str) -> None:
    path = to_path(f"{s3}/raw/orders/2025-04-01.csv")
    for content in (b"id\n1\n", b"id\n2\n"):  # two in one second
        put("raw/orders/2025-04-01.csv", content)
        assert read_bytes(path, 100) == content


def test_the_same_content_has_one_hash_whatever_etag_its_objects_have(s3: str) -> None:
    etags = put("raw/orders/1.csv", b"id\n"), put_in_parts("raw/orders/2.csv", b"id\n")
    assert etags[0] != etags[1]
    files = list_raw_files(f"{s3}/raw")
    assert [file.content_hash for file in files] == [sha256(b"id\n")] * 2
    assert tuple(file.etag for file in files) == etags


def test_a_file_above_the_limit_is_refused_by_its_size_and_not_read(tmp_path: Path) -> None:
    """A hole of a thousand gigabytes takes no room, and would take half an hour to read."""
    names = ["orders/2025-04-01.csv", "orders/april.csv", "returns/2025-04-01.csv.gz"]
    write(tmp_path, *names)
    for name in names:
        os.truncate(tmp_path / name, 10**12)
    day, misnamed, misplaced = list_raw_files(str(tmp_path), max_bytes=1_000_000)
    assert str(day.fault).startswith("too_large: the text is larger than 1,000,000 bytes")
    assert "LAKEHOUSE_MAX_FILE_BYTES" in str(day.fault)
    assert (day.bytes, day.is_openable, misnamed.is_openable) == (10**12, False, False)
    assert [str(file.fault)[:12] for file in (misnamed, misplaced)] == [
        "wrong_name: ",
        "wrong_folder",
    ]


def test_a_file_above_the_limit_is_another_version_when_it_is_written_to(tmp_path: Path) -> None:
    write(tmp_path, "orders/2025-04-01.csv", content="0123456789")
    path, versions = tmp_path / "orders/2025-04-01.csv", []
    for content, seconds in (("0123456789", 1), ("0123456789", 2), ("0123456789a", 2)):
        path.write_text(content)
        os.utime(path, (seconds, seconds))
        for limit in (9, 8):
            (file,) = list_raw_files(str(tmp_path), max_bytes=limit)
            versions.append(file.content_hash)
    assert versions[::2] == versions[1::2]
    assert len(set(versions)) == 3
    (file,) = list_raw_files(str(tmp_path), max_bytes=11)
    assert (file.fault, file.content_hash) == (None, sha256(b"0123456789a"))


def test_an_object_above_the_limit_is_not_read_and_its_etag_stands_for_no_content(s3: str) -> None:
    etag = put("raw/orders/2025-04-01.csv", b"id\n")
    known = {("orders/2025-04-01.csv", etag): "known"}
    (file,) = list_raw_files(f"{s3}/raw", known_hashes=known, max_bytes=2)
    assert str(file.fault).startswith("too_large: ")
    assert (file.bytes, file.etag, file.is_openable) == (3, None, False)
    assert file.content_hash not in ("known", sha256(b"id\n"))


def test_an_object_whose_etag_is_known_is_not_read(s3: str) -> None:
    etag = put("raw/orders/1.csv", b"id\n")
    put("raw/orders/2.csv", b"id\n")
    known = {("orders/1.csv", etag): "known", ("orders/2.csv", "of another version"): "other"}
    files = list_raw_files(f"{s3}/raw", known_hashes=known)
    assert [file.content_hash for file in files] == ["known", sha256(b"id\n")]
    assert [(file.bytes, file.etag) for file in files] == [(3, etag)] * 2


def test_hash_and_etag_are_of_one_version_though_the_object_changes_during_the_listing(
    s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("raw/orders/1.csv", b"as listed")
    client: Any = to_path(s3).client.client  # type: ignore[union-attr]
    get_object, etags = client.get_object, []

    def get_later(**where: str) -> Any:
        etags.append(put("raw/orders/1.csv", b"as it was read"))
        return get_object(**where)

    monkeypatch.setattr(client, "get_object", get_later)
    (file,) = list_raw_files(f"{s3}/raw")
    assert (file.content_hash, [file.etag]) == (sha256(b"as it was read"), etags)
    assert file.bytes == 14


@pytest.mark.parametrize(
    ("refused", "problem"),
    [
        ("ListObjectsV2", "The raw folder s3://raw-files/raw can't be listed: .*AccessDenied"),
        ("GetObject", r"The raw file orders/1\.csv can't be read: .*AccessDenied"),
    ],
)
def test_what_s3_refuses_is_reported_with_what_to_do(
    s3: str, monkeypatch: pytest.MonkeyPatch, refused: str, problem: str
) -> None:
    put("raw/orders/1.csv", b"id\n")
    events: Any = to_path(s3).client.client.meta.events  # type: ignore[union-attr]

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, refused)

    events.register(f"before-call.s3.{refused}", refuse)
    with pytest.raises(LakehouseError, match=problem) as raised:
        list_raw_files(f"{s3}/raw")
    assert "AWS credentials" in raised.value.next_step


def test_an_object_that_s3_does_not_give_is_named_and_the_others_are_listed(s3: str) -> None:
    put("raw/orders/2025-04-01.csv", b"id\n")
    archived: dict[str, Any] = {
        "Bucket": BUCKET,
        "Key": "raw/orders/2025-04-02.csv",
        "Body": b"id\n",
    }
    boto3.client("s3").put_object(**archived, StorageClass="GLACIER")
    first, second = list_raw_files(f"{s3}/raw")
    assert (first.fault, first.is_openable) == (None, True)
    assert str(second.fault).startswith("unreadable: The raw file orders/2025-04-02.csv can't be")
    assert "InvalidObjectState" in str(second.fault)
    assert not second.is_openable


def test_a_prefix_of_s3_without_objects_does_not_exist(s3: str) -> None:
    with pytest.raises(LakehouseError, match="s3://raw-files/nowhere does not exist"):
        list_raw_files(f"{s3}/nowhere")
