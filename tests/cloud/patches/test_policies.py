from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud.cloud import Cloud
from tests.cloud.samples import new_bucket


def read_with_a_policy(cloud: Cloud) -> bytes:
    """Read from a bucket whose policy denies what is under a condition that does not hold."""
    bucket, s3 = new_bucket(cloud), cloud.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"s3:x-amz-acl": "public-read"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    body: bytes = s3.get_object(Bucket=bucket, Key="a")["Body"].read()
    return body


def test_plain_moto_denies_by_a_statement_whose_condition_does_not_hold(plain: Cloud) -> None:
    with pytest.raises(ClientError, match="403"):
        read_with_a_policy(plain)


def test_a_statement_with_a_condition_denies_nothing(cloud: Cloud) -> None:
    assert read_with_a_policy(cloud) == b"x"
