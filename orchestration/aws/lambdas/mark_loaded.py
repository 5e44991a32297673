"""Tag the raw files that a run loaded, so that the bucket's lifecycle may archive them.

Only a file that still has the content that was loaded is tagged: what replaced it meanwhile has
not been processed, and must not be archived.
"""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from orchestration.aws.lambdas.artifacts import read_artifact

_TAG = {"Key": "lakehouse-state", "Value": "loaded"}
_THREADS = 16
_GONE = {"404", "NoSuchKey", "NoSuchVersion"}


class NotMarked(Exception):
    """What was loaded is not known, or some files could not be tagged."""


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Tag what an execution loaded; again is harmless.

    Args:
        event: `execution_name`.
        context: Of the Lambda; not used.

    Returns:
        Files that were `marked`, had the tag `already`, have `changed` since or are `gone`.

    Raises:
        NotMarked: The execution has no readable summary, or S3 refused some files, all the others
            having been tried.
    """
    execution, bucket = event["execution_name"], os.environ["BUCKET"]
    summary = read_artifact(bucket, execution, "summary.json")
    if summary is None:
        raise NotMarked(f"s3://{bucket}/artifacts/{execution}/summary.json is missing or no JSON.")
    s3 = boto3.client("s3", config=Config(max_pool_connections=_THREADS))
    with ThreadPoolExecutor(_THREADS) as pool:
        outcomes = list(pool.map(partial(_mark, s3, bucket), summary.get("loaded_files") or []))
    refused = [outcome for outcome in outcomes if isinstance(outcome, ClientError)]
    if refused:
        raise NotMarked(f"{len(refused)} of {len(outcomes)} files: {refused[0]}")
    counts = Counter(outcomes)
    return {state: counts[state] for state in ("marked", "already", "changed", "gone")}


def _mark(s3: Any, bucket: str, loaded: dict[str, str]) -> str | ClientError:
    """What became of one file; an error is returned, so that the other files are still tried."""
    try:
        return _marked(s3, bucket, f"raw/{loaded['source_file']}", loaded["etag"])
    except ClientError as error:
        return "gone" if error.response["Error"]["Code"] in _GONE else error


def _marked(s3: Any, bucket: str, key: str, etag: str) -> str:
    head = s3.head_object(Bucket=bucket, Key=key)
    if head["ETag"].strip('"') != etag:
        return "changed"
    # The version that was looked at, whatever is written in between.
    where = {"Bucket": bucket, "Key": key}
    if "VersionId" in head:
        where["VersionId"] = head["VersionId"]
    tags = s3.get_object_tagging(**where)["TagSet"]
    if _TAG in tags:
        return "already"
    others = [tag for tag in tags if tag["Key"] != _TAG["Key"]]
    s3.put_object_tagging(**where, Tagging={"TagSet": [*others, _TAG]})
    return "marked"
