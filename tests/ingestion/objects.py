"""Objects in the bucket of the stand-in S3, put there in two ways."""

from __future__ import annotations

from typing import Any

import boto3

BUCKET = "raw-files"


def put(name: str, content: bytes) -> str:
    """Put an object and return the ETag that S3 gave it."""
    etag = boto3.client("s3").put_object(Bucket=BUCKET, Key=name, Body=content)["ETag"]
    return etag.strip('"')


def put_in_parts(name: str, content: bytes) -> str:
    """Put an object in another way, so that the same content gets another ETag."""
    client: Any = boto3.client("s3")
    where: dict[str, Any] = {"Bucket": BUCKET, "Key": name}
    where["UploadId"] = client.create_multipart_upload(**where)["UploadId"]
    part = client.upload_part(**where, PartNumber=1, Body=content)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    etag: str = client.complete_multipart_upload(**where, MultipartUpload=parts)["ETag"]
    return etag.strip('"')
