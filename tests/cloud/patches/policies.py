"""Bucket policies with conditions: moto denies when the condition of a Deny does not hold, too.

So a bucket that wants TLS, or its own key for uploads, would refuse every read of the stand-in,
which is plain HTTP on the loopback. A statement with a condition is not enforced here; whether it
says what it should is for the tests of the templates.
"""

from __future__ import annotations

from typing import Any

from moto.iam.access_control import IAMPolicyStatement, PermissionResult

from tests.cloud.patching import replace
from tests.cloud.stand_in import StandIn


def apply(stand_in: StandIn) -> None:
    """Leave statements with conditions out."""

    def without_conditions(old: Any) -> Any:
        def is_action_permitted(
            statement: IAMPolicyStatement, *args: Any, **options: Any
        ) -> PermissionResult:
            if "Condition" in statement._statement:
                return PermissionResult.NEUTRAL
            result: PermissionResult = old(statement, *args, **options)
            return result

        return is_action_permitted

    replace(IAMPolicyStatement, "is_action_permitted", without_conditions)
