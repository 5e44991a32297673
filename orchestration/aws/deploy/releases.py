"""The versions that lie in the bucket: uploading one, and taking an earlier one to go back to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ingestion.errors import LakehouseError
from orchestration.aws.deploy.package import PARAMETERS, TEMPLATES, Package
from orchestration.aws.environment import STACKS, Environment
from orchestration.state.aws_clients import error_code, explained, new_client

_SHOWN = 10
_NOT_THERE = ("404", "NoSuchKey", "NoSuchBucket")


def key_of(version: str, name: str) -> str:
    """Key of a file of a version."""
    return f"scripts/{version}/{name}"


def upload(environment: Environment, package: Package) -> int:
    """Upload what the bucket does not have yet; returns how many files that were.

    A version never changes, so one that is there whole is left as it is.

    Raises:
        LakehouseError: S3 refuses.
    """
    with explained(f"Version {package.version} can't be uploaded to {environment.bucket}"):
        s3 = new_client("s3")
        if _is_there(s3, environment.bucket, key_of(package.version, PARAMETERS)):
            return 0
        for name, path in package.files.items():
            s3.upload_file(str(path), environment.bucket, key_of(package.version, name))
    return len(package.files)


def earlier_package(environment: Environment, version: str, folder: Path) -> Package:
    """Fetch what is needed to deploy a version again that was uploaded before.

    Args:
        environment: Where it was deployed.
        version: As the deployment printed it.
        folder: An empty folder, for its templates and parameters.

    Raises:
        LakehouseError: It is not in the bucket, and those that are, are named; or it lacks a stack.
    """
    with explained(f"Version {version} can't be read from {environment.bucket}"):
        s3 = new_client("s3")
        if not _is_there(s3, environment.bucket, key_of(version, PARAMETERS)):
            known = ", ".join(_versions(s3, environment.bucket)) or "none"
            raise LakehouseError(
                f"There is no version {version} in s3://{environment.bucket}/scripts/.",
                f"Choose one that is, the newest first: {known}.",
            )
        (folder / TEMPLATES).mkdir()
        for name in (PARAMETERS, *(f"{TEMPLATES}/{stack}.yaml" for stack in STACKS)):
            if not _is_there(s3, environment.bucket, key_of(version, name)):
                raise LakehouseError(
                    f"Version {version} has other stacks than this code deploys: no {name}.",
                    'Check out the code of that version; "Between sets of stacks" in'
                    " docs/deployment.md says how to go on.",
                )
            s3.download_file(environment.bucket, key_of(version, name), str(folder / name))
    return Package(folder, version)


def _is_there(s3: Any, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error_code(error) in _NOT_THERE:
            return False
        raise
    return True


def _versions(s3: Any, bucket: str) -> list[str]:
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="scripts/")
        found = [item for page in pages for item in page.get("Contents", [])]
    except ClientError as error:
        if error_code(error) in _NOT_THERE:
            return []
        raise
    whole = [item for item in found if item["Key"].endswith(f"/{PARAMETERS}")]
    newest_first = sorted(whole, key=lambda item: item["LastModified"], reverse=True)
    return [item["Key"].split("/")[1] for item in newest_first[:_SHOWN]]
