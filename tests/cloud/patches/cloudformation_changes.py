"""Change sets that say what would change, and do it.

moto compares the text of templates, so a new value of a parameter inside a `Sub` changes nothing
for it, and to it executing a change set never fails.
"""

from __future__ import annotations

from typing import Any

from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend

from tests.cloud.patching import replace
from tests.cloud.rollout import NOT_TO_UPDATE, bring, share_exports
from tests.cloud.stacks import deployment_of
from tests.cloud.stand_in import StandIn
from tests.cloud.templates import check

NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)


def apply(stand_in: StandIn) -> None:
    """Replace how change sets are made and executed."""
    replace(CloudFormationBackend, "create_change_set", lambda old: _create(stand_in, old))
    replace(CloudFormationBackend, "execute_change_set", lambda old: _execute(stand_in))
    # The list of changes is made above; moto's own creates nothing of it.
    replace(ChangeSet, "diff", lambda old: lambda change_set: [])


def _create(stand_in: StandIn, old: Any) -> Any:
    def create_change_set(backend: CloudFormationBackend, **options: Any) -> Any:
        _check_change_set(backend, options)
        ids = old(backend, **options)
        change_set: Any = backend.change_sets[ids[0]]
        stack = backend.stacks[ids[1]]
        share_exports(backend, stack)
        check(change_set.template_dict, change_set.parameters)
        change_set.changes = deployment_of(stand_in, stack).changes(
            change_set.template_dict, change_set.parameters
        )
        same = change_set.template_dict == stack.template_dict
        if not change_set.changes and (same or options["change_set_type"] == "CREATE"):
            change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
            change_set.status_reason = NO_CHANGES
        else:
            change_set.status, change_set.execution_status = "CREATE_COMPLETE", "AVAILABLE"
            change_set.status_reason = None
        return ids

    return create_change_set


def _execute(stand_in: StandIn) -> Any:
    def execute_change_set(
        backend: CloudFormationBackend, change_set_name: str, stack_name: str | None = None
    ) -> None:
        change_set: Any = _find(backend, change_set_name, stack_name)
        stack = backend.stacks[change_set.stack_id]
        stack._add_stack_event(f"{change_set.change_set_type}_IN_PROGRESS", "User Initiated")
        bring(
            deployment_of(stand_in, stack),
            change_set.change_set_type,
            change_set.template_dict,
            change_set.parameters,
            change_set.template,
        )
        well = stack.status == f"{change_set.change_set_type}_COMPLETE"
        change_set.execution_status = "EXECUTE_COMPLETE" if well else "EXECUTE_FAILED"

    return execute_change_set


def _check_change_set(backend: CloudFormationBackend, options: dict[str, Any]) -> None:
    for stack in backend.stacks.values():
        if stack.name != options["stack_name"]:
            continue
        if options["change_set_type"] == "CREATE" and stack.status != "REVIEW_IN_PROGRESS":
            raise AlreadyExistsException(
                f"Stack [{stack.name}] already exists and cannot be created again with the "
                "changeSet."
            )
        if stack.status in NOT_TO_UPDATE:
            raise ValidationError(
                message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
            )


def _find(backend: CloudFormationBackend, name: str, stack_name: str | None) -> ChangeSet:
    for change_set in backend.change_sets.values():
        named = change_set.change_set_name == name and stack_name in (
            change_set.stack_name,
            change_set.stack_id,
        )
        if change_set.change_set_id == name or named:
            return change_set
    raise ValidationError(message=f"ChangeSet [{name}] does not exist")
