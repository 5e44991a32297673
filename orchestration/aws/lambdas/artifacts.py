"""What a dbt build left in the bucket: `artifacts/<execution>/<name>.json`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

# Without the right to list the bucket, S3 says 403 for what is not there.
_NOT_THERE = {"NoSuchKey", "404", "AccessDenied", "403"}


def read_artifact(
    bucket: str, execution: str, name: str, not_before: datetime | None = None
) -> dict[str, Any] | None:
    """Read one file of an execution's build.

    Args:
        bucket: The lakehouse's bucket.
        execution: Name of the execution.
        name: Such as `summary.json`.
        not_before: A file from before is one of an earlier attempt, and none of this.

    Returns:
        Its content; None if there is none, or if it is no JSON object.
    """
    key = f"artifacts/{execution}/{name}"
    try:
        found = boto3.client("s3").get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_THERE:
            return None
        raise
    if not_before is not None and found["LastModified"] < not_before:
        return None
    try:
        content = json.loads(found["Body"].read())
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
