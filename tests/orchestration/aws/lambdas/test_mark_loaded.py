from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from orchestration.aws.lambdas.mark_loaded import NotMarked, handler
from tests.orchestration.aws.lambdas.conftest import BUCKET

EVENT = {"execution_name": "daily-2025-04-01"}
Put = Callable[[str, Any], None]


def put_raw(s3: Any, name: str, content: bytes = b"x", tags: str = "") -> str:
    """Write a raw file and return its ETag."""
    answer = s3.put_object(Bucket=BUCKET, Key=f"raw/{name}", Body=content, Tagging=tags)
    return str(answer["ETag"]).strip('"')


def tags_of(s3: Any, name: str) -> dict[str, str]:
    found = s3.get_object_tagging(Bucket=BUCKET, Key=f"raw/{name}")["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in found}


def summary(*files: tuple[str, str]) -> dict[str, Any]:
    return {"loaded_files": [{"source_file": name, "etag": etag} for name, etag in files]}


def test_what_was_loaded_is_tagged_and_nothing_else(s3: Any, put_artifact: Put) -> None:
    etag = put_raw(s3, "orders/2025-04-01.csv")
    put_raw(s3, "orders/2025-04-02.csv")
    put_artifact("summary.json", summary(("orders/2025-04-01.csv", etag)))
    assert handler(EVENT, None) == {"marked": 1, "already": 0, "changed": 0, "gone": 0}
    assert tags_of(s3, "orders/2025-04-01.csv") == {"lakehouse-state": "loaded"}
    assert tags_of(s3, "orders/2025-04-02.csv") == {}


def test_tags_of_others_stay(s3: Any, put_artifact: Put) -> None:
    etag = put_raw(s3, "orders/1.csv", tags="owner=shop&lakehouse-state=new")
    put_artifact("summary.json", summary(("orders/1.csv", etag)))
    handler(EVENT, None)
    assert tags_of(s3, "orders/1.csv") == {"owner": "shop", "lakehouse-state": "loaded"}


def test_a_file_that_was_replaced_since_is_not_tagged(s3: Any, put_artifact: Put) -> None:
    etag = put_raw(s3, "orders/1.csv", b"as loaded")
    put_raw(s3, "orders/1.csv", b"corrected, not loaded yet")
    put_artifact("summary.json", summary(("orders/1.csv", etag)))
    assert handler(EVENT, None)["changed"] == 1
    assert tags_of(s3, "orders/1.csv") == {}


def test_a_file_that_is_replaced_while_it_is_tagged_stays_without_a_tag(
    s3: Any, put_artifact: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    etag = put_raw(s3, "orders/1.csv", b"as loaded")
    put_artifact("summary.json", summary(("orders/1.csv", etag)))
    client: Any = boto3.client("s3")
    looked_at = client.head_object

    def head_object(**where: str) -> Any:
        head = looked_at(**where)
        put_raw(s3, "orders/1.csv", b"corrected, not loaded yet")
        return head

    monkeypatch.setattr(client, "head_object", head_object)
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    assert handler(EVENT, None)["marked"] == 1
    assert tags_of(s3, "orders/1.csv") == {}


def test_a_file_that_is_gone_is_counted(put_artifact: Put) -> None:
    put_artifact("summary.json", summary(("orders/1.csv", "e7")))
    assert handler(EVENT, None)["gone"] == 1


def test_doing_it_again_changes_nothing(s3: Any, put_artifact: Put) -> None:
    etag = put_raw(s3, "orders/1.csv")
    put_artifact("summary.json", summary(("orders/1.csv", etag)))
    handler(EVENT, None)
    assert handler(EVENT, None) == {"marked": 0, "already": 1, "changed": 0, "gone": 0}


def test_one_refused_file_does_not_keep_the_others_from_being_tagged(
    s3: Any, put_artifact: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("orders/1.csv", "orders/2.csv", "orders/3.csv")
    put_artifact("summary.json", summary(*((name, put_raw(s3, name)) for name in names)))
    client: Any = boto3.client("s3")
    looked_at = client.head_object

    def head_object(**where: str) -> Any:
        if where["Key"] == "raw/orders/1.csv":
            raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")
        return looked_at(**where)

    monkeypatch.setattr(client, "head_object", head_object)
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    with pytest.raises(NotMarked, match=r"1 of 3 files: .*403.*Forbidden"):
        handler(EVENT, None)
    assert tags_of(s3, "orders/3.csv") == {"lakehouse-state": "loaded"}


def test_without_a_summary_it_says_so(s3: Any) -> None:
    with pytest.raises(NotMarked, match=r"artifacts/daily-2025-04-01/summary\.json is missing"):
        handler(EVENT, None)
