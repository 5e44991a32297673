from __future__ import annotations

from typing import Any

from tests.cloud.cloud import Cloud
from tests.cloud.samples import new_bucket

ENCRYPTED = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}


def told_of_an_object(cloud: Cloud) -> dict[str, Any]:
    """What S3 says of an object in a bucket that is encrypted by a key."""
    bucket, s3 = new_bucket(cloud), cloud.client("s3")
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=ENCRYPTED)
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    return dict(s3.head_object(Bucket=bucket, Key="a"))


def test_moto_says_how_an_object_is_encrypted(plain: Cloud) -> None:
    assert told_of_an_object(plain)["ServerSideEncryption"] == "aws:kms"


def test_an_object_does_not_say(cloud: Cloud) -> None:
    assert "ServerSideEncryption" not in told_of_an_object(cloud)
