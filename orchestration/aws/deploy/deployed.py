"""What a stack is like now."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import ClientError

from orchestration.state.aws_clients import error_code, new_client

# A first deployment failed: CloudFormation has taken back all that it made, and only the name of
# the stack is left, which can't be updated.
EMPTY = "ROLLBACK_COMPLETE"
# A change set of its own is all that it has.
REVIEW = "REVIEW_IN_PROGRESS"


@dataclass(frozen=True)
class Deployed:
    """A stack as it is.

    Attributes:
        status: CloudFormation's word.
        outputs: Their names in the template.
        parameters: Name to value, defaults included.
    """

    status: str
    outputs: frozenset[str]
    parameters: dict[str, str]

    @property
    def is_there(self) -> bool:
        """It has resources."""
        return self.status not in (EMPTY, REVIEW, "DELETE_COMPLETE")


def deployed(stack: str) -> Deployed | None:
    """What a stack is like, None if there is none.

    Raises:
        ClientError: CloudFormation does not say.
    """
    try:
        (found,) = new_client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error_code(error) == "ValidationError":
            return None
        raise
    return Deployed(
        str(found["StackStatus"]),
        frozenset(output["OutputKey"] for output in found.get("Outputs", [])),
        {
            pair["ParameterKey"]: pair.get("ParameterValue", "")
            for pair in found.get("Parameters", [])
        },
    )


def status_of(stack: str) -> str | None:
    """CloudFormation's word for the state of a stack, None if there is none."""
    found = deployed(stack)
    return found.status if found else None
