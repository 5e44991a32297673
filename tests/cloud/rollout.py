"""A stack's way to a template and back: what it is called on the way, its events, its exports."""

from __future__ import annotations

from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack, cloudformation_backends
from moto.cloudformation.parsing import Export, OutputMap

from tests.cloud.stacks import Deployment, StackFailure
from tests.cloud.templates import Template, check, imports

NOT_TO_UPDATE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")


def check_update(deployment: Deployment, template: Template, parameters: dict[str, Any]) -> None:
    """Refuse an update that AWS would refuse before it begins.

    Raises:
        ValidationError: The template does not do, the stack can't be updated, or nothing changes.
    """
    stack = deployment.stack
    check(template, parameters)
    if stack.status in NOT_TO_UPDATE:
        raise ValidationError(
            message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
        )
    if not deployment.changes(template, parameters) and template == stack.template_dict:
        raise ValidationError(message="No updates are to be performed.")


def bring(
    deployment: Deployment,
    action: str,
    template: Template,
    parameters: dict[str, Any],
    text: str | None = None,
) -> None:
    """Bring a stack to a template, or back to where it was, and note how it went.

    Args:
        deployment: Of the stack.
        action: CREATE or UPDATE, the first word of the status.
        template: What is wanted, parsed.
        parameters: Their values.
        text: The template as it was sent, if it is not the stack's own.
    """
    stack = deployment.stack
    old = (stack.template_dict if deployment.applied else {"Resources": {}}, stack.parameters)
    stack.status = f"{action}_IN_PROGRESS"
    try:
        deployment.apply(template, parameters)
        exports = _exports(stack, template)
    except StackFailure as failure:
        _roll_back(deployment, "" if action == "CREATE" else "UPDATE_", *old, str(failure))
        return
    stack.template_dict, stack.parameters = template, parameters
    stack.template = text or stack.template
    stack.output_map = OutputMap(stack.resource_map, template, stack.stack_id)
    stack.status = f"{action}_COMPLETE"
    stack._add_stack_event(stack.status)
    everywhere = cloudformation_backends[stack.account_id][stack.region_name].exports
    for name in exports_of(stack, everywhere):
        del everywhere[name]
    everywhere.update(exports)


def _roll_back(
    deployment: Deployment,
    prefix: str,
    template: Template,
    parameters: dict[str, Any],
    reason: str,
) -> None:
    stack = deployment.stack
    stack._add_stack_event(f"{prefix}ROLLBACK_IN_PROGRESS", reason)
    try:
        deployment.apply(template, parameters, undoes=True)
    except StackFailure as failure:
        stack.status = f"{prefix}ROLLBACK_FAILED"
        stack._add_stack_event(stack.status, str(failure))
    else:
        stack.status = f"{prefix}ROLLBACK_COMPLETE"
        stack._add_stack_event(stack.status)


def share_exports(backend: CloudFormationBackend, stack: Stack) -> None:
    """Let a stack import what others export; moto gives the stack of a change set nothing."""
    stack.cross_stack_resources = backend.exports
    stack.resource_map.cross_stack_resources = backend.exports


def exports_of(stack: Stack, exports: dict[str, Export]) -> set[str]:
    """Names of the exports that are a stack's."""
    return {name for name, old in exports.items() if old.exporting_stack_id == stack.stack_id}


def _exports(stack: Stack, template: Template) -> dict[str, Export]:
    made = OutputMap(stack.resource_map, template, stack.stack_id).exports
    backend = cloudformation_backends[stack.account_id][stack.region_name]
    own = exports_of(stack, backend.exports)
    for export in made:
        if export.name in set(backend.exports) - own:
            raise StackFailure(f"Export with name {export.name} is already exported")
    if reason := _in_use(backend, stack, own - {export.name for export in made}):
        raise StackFailure(reason)
    return {export.name: export for export in made}


def delete(backend: CloudFormationBackend, deployment: Deployment) -> None:
    """Delete a stack and what it has; one that can't be ends in DELETE_FAILED with the reason."""
    stack = deployment.stack
    stack._add_stack_event("DELETE_IN_PROGRESS", "User Initiated")
    own = exports_of(stack, backend.exports)
    if reason := _in_use(backend, stack, own):
        _delete_failed(stack, reason)
        return
    declared = stack.template_dict.get("Resources", {})
    try:
        for name in list(reversed(deployment.applied)):
            deployment.delete(name, declared.get(name, {}))
    except StackFailure as failure:
        _delete_failed(stack, str(failure))
        return
    for name in own:
        del backend.exports[name]
    stack.status = "DELETE_COMPLETE"
    stack._add_stack_event(stack.status)
    backend.deleted_stacks[stack.stack_id] = backend.stacks.pop(stack.stack_id)


def _in_use(backend: CloudFormationBackend, stack: Stack, exports: set[str]) -> str | None:
    """Why exports of a stack can't go, None if they can."""
    for other in backend.stacks.values():
        used = exports & imports(other.template_dict, other.resource_map)
        if other is not stack and used:
            return f"Export {min(used)} cannot be deleted as it is in use by {other.name}"
    return None


def _delete_failed(stack: Stack, reason: str) -> None:
    stack.status = "DELETE_FAILED"
    stack._add_stack_event(stack.status, reason)
