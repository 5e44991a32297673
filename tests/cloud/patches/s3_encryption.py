"""Objects of an encrypted bucket: S3A refuses to copy one whose headers name a KMS key over HTTP.

Spark renames by copying, and hands the headers of the source on. Over HTTPS, as on AWS, that works;
the stand-in is plain HTTP on the loopback, where the client gives up after minutes of retries. So
an object does not tell how it is encrypted. The bucket still does.
"""

from __future__ import annotations

from typing import Any

from moto.s3.models import FakeKey

from tests.cloud.patching import replace
from tests.cloud.stand_in import StandIn

_ENCRYPTION = "x-amz-server-side-encryption"


def apply(stand_in: StandIn) -> None:
    """Leave the headers on encryption out of what is said of an object."""

    def quiet(old: Any) -> Any:
        def response_dict(key: FakeKey) -> dict[str, Any]:
            headers: dict[str, Any] = old.fget(key)
            return {
                name: value for name, value in headers.items() if not name.startswith(_ENCRYPTION)
            }

        return property(response_dict)

    replace(FakeKey, "response_dict", quiet)
