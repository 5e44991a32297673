"""What the roles of an environment may do, in words short enough to be written by hand.

An ARN is shortened: `~` is the project and environment, `bucket`, `key` and `locks` are those of
storage.yaml, and partition, region and account are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from tests.orchestration.aws.cloudformation.stacks import ACCOUNT, HERE, resources

SHORT = (
    (f"arn:aws:s3:::ecommerce-lakehouse-dev-{ACCOUNT}", "bucket"),
    (f"arn:aws:kms:{HERE}:key/the-key", "key"),
    (f"arn:aws:dynamodb:{HERE}:table/ecommerce-lakehouse-dev-locks", "locks"),
    (f":{HERE}:", ":"),
    (f":{ACCOUNT}:", ":"),
    ("arn:aws:", ""),
    ("ecommerce-lakehouse-dev", "~"),
)
Grant = tuple[str, str]


def short(arn: str) -> str:
    """Shorten an ARN."""
    for long, word in SHORT:
        arn = arn.replace(long, word)
    return arn


def listed(value: str | list[str]) -> list[str]:
    """IAM takes one string where a list has one item."""
    return [value] if isinstance(value, str) else value


def roles() -> dict[str, dict[str, Any]]:
    """Short name -> properties of each role in dev."""
    return {
        role["RoleName"].removeprefix("ecommerce-lakehouse-dev-"): role
        for _, role in resources("dev", "AWS::IAM::Role")
    }


def statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All statements of a role's policies."""
    assert not role.get("ManagedPolicyArns")
    for policy in role["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def granted(role: dict[str, Any]) -> set[Grant]:
    """(Action, short ARN) of everything a role may do."""
    found = set()
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
            found |= {(action, short(arn)) for arn in listed(statement["Resource"])}
    return found


def may(role: dict[str, Any], action: str, resource: str) -> bool:
    """Whether a role's statements cover an action on a resource; conditions are not looked at."""
    return any(
        action == allowed and fnmatchcase(short(resource), pattern)
        for allowed, pattern in granted(role)
    )


def role_of(properties: dict[str, Any], key: str) -> dict[str, Any]:
    """Properties of the role whose ARN a resource has."""
    return roles()[properties[key].rpartition("ecommerce-lakehouse-dev-")[2]]
