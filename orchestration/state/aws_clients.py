"""How this project talks to AWS: clients that wait out throttling, errors that people can fix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from ingestion.errors import LakehouseError

# `adaptive` also slows down by itself once a service throttles.
_RETRIES = Config(retries={"mode": "adaptive", "max_attempts": 10})

# As a part of an answer says it, which has a status for the whole alone.
_BUSY = ("SlowDown", "InternalError", "ServiceUnavailable")


def new_client(service: str) -> Any:
    """A client of an AWS service, by the credentials and region of the environment."""
    return boto3.client(service, config=_RETRIES)  # type: ignore[call-overload]


def error_code(error: ClientError) -> str:
    """What AWS calls an error, such as `EntityNotFoundException`."""
    return str(error.response["Error"]["Code"])


def _is_busy(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or error_code(error) in _BUSY or "Throttl" in error_code(error)


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn what AWS refuses into an error that a person can fix.

    Args:
        doing: What is being done, as "The catalog can't be read".

    Raises:
        LakehouseError: AWS refused or could not be reached.
    """
    try:
        yield
    except (NoCredentialsError, NoRegionError) as error:
        raise LakehouseError(
            f"{doing}: {error}",
            "Sign in to the account and choose a region, such as by AWS_PROFILE and AWS_REGION.",
        ) from None
    except ClientError as error:
        message = error.response["Error"].get("Message", "")
        raise LakehouseError(
            f"{doing}: {error.operation_name} gave {error_code(error)}: {message}",
            "AWS is busy or not well; wait a while, then run again."
            if _is_busy(error)
            else "Check the account, the region and the rights of the role that this runs as.",
        ) from None
    except BotoCoreError as error:
        raise LakehouseError(
            f"{doing}: {error}", "Check the network and the region, then run again."
        ) from None


def caller_account() -> str:
    """Id of the account that the credentials belong to.

    Raises:
        LakehouseError: There are no credentials, or AWS can't be reached.
    """
    with explained("AWS does not say which account this is"):
        return str(new_client("sts").get_caller_identity()["Account"])
