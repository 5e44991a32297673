from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

BUCKET = "ecommerce-lakehouse-dev-123456789012"
REGION = "eu-west-1"


@dataclass
class Context:
    """What Lambda hands to a handler, with the time that is left as a test wants it."""

    aws_request_id: str = "b7c1"
    milliseconds: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        self.milliseconds -= 1_000
        return self.milliseconds


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS of this process, with the environment that the templates give the Lambdas."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("BUCKET", BUCKET)
    monkeypatch.setenv("ENVIRONMENT", "dev")
    with mock_aws():
        yield


@pytest.fixture
def s3(aws: None) -> Any:
    client: Any = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def put_artifact(s3: Any) -> Callable[[str, Any], None]:
    """Write a file of the build of the execution `daily-2025-04-01`."""

    def put(name: str, content: Any) -> None:
        body = content if isinstance(content, str) else json.dumps(content)
        s3.put_object(Bucket=BUCKET, Key=f"artifacts/daily-2025-04-01/{name}", Body=body.encode())

    return put
