"""A bucket on a stand-in S3 on the loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

BUCKET = "lakehouse-of-a-test"


@contextmanager
def served() -> Iterator[str]:
    """The address of a stand-in while it runs."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@contextmanager
def bucket_at(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The location of an empty bucket, for every reader of the process and its children."""
    from cloudpathlib import S3Client

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    # It keeps the first address that it was used with.
    monkeypatch.setattr(S3Client, "_default_client", None)
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    yield f"s3://{BUCKET}"
    urlopen(Request(f"{address}/moto-api/reset", method="POST")).close()
