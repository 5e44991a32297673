"""CloudFormation that makes what a template says, or says that it can't.

moto leaves out each type that it does not know and still reports CREATE_COMPLETE; of the types that
it knows it drops properties (a bucket's versioning, a queue's encryption), and it makes state
machines where they are never run. Here every type is one of tests/cloud/resources; a template with
another is refused. A failed stack ends in ROLLBACK_COMPLETE or UPDATE_ROLLBACK_COMPLETE with the
reason in its events, as on AWS, instead of an error of the call.
"""

from __future__ import annotations

from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap, clean_json
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.exceptions import ServiceException

from tests.cloud.patching import replace
from tests.cloud.resources import messages, programs, storage
from tests.cloud.resources.kinds import Kind
from tests.cloud.stacks import Deployment, StackFailure, Template
from tests.cloud.stand_in import StandIn

KINDS: dict[str, Kind] = {
    kind.type: kind for kind in [*storage.KINDS, *messages.KINDS, *programs.KINDS]
}
NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)


class InsufficientCapabilities(ServiceException):
    """A template that makes roles needs the caller's word that they are meant."""

    code = "InsufficientCapabilitiesException"
    message = "Requires capabilities : [CAPABILITY_NAMED_IAM]"


def apply(stand_in: StandIn) -> None:
    """Replace how stacks come about."""
    deployments: dict[str, Deployment] = {}

    def deployment(stack: Stack) -> Deployment:
        return deployments.setdefault(stack.stack_id, Deployment(stand_in, KINDS, stack))

    _replace_parsing()
    _replace_stacks(deployment)
    _replace_change_sets(deployment)
    for name in ("create_stack", "update_stack", "create_change_set"):
        replace(CloudFormationResponse, name, _asking_for_capabilities)


def _replace_parsing() -> None:
    def only_what_is_there(old: Any) -> Any:
        def getitem(resources: ResourceMap, name: str) -> Any:
            if name in resources._parsed_resources:
                return resources._parsed_resources[name]
            if name not in resources._resource_json_map:
                raise KeyError(name)
            return None

        return getitem

    def of_a_kind(old: Any) -> Any:
        def resource_class_from_type(resource_type: str) -> Any:
            return _Attributes(KINDS[resource_type])

        return resource_class_from_type

    def checked(old: Any) -> Any:
        def load(resources: ResourceMap) -> None:
            check(resources._template, resources.input_parameters)
            old(resources)

        return load

    replace(ResourceMap, "__getitem__", only_what_is_there)
    replace(ResourceMap, "load", checked)
    replace(parsing, "resource_class_from_type", of_a_kind)


class _Attributes:
    """The one question that moto asks of a class of resources: whether GetAtt may name this."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def has_cfn_attr(self, name: str) -> bool:
        return name in self._kind.attributes


def check(template: Template, parameters: dict[str, Any]) -> None:
    """Refuse what AWS refuses before it begins.

    Raises:
        ValidationError: A type or a parameter is not known, or a value is not allowed.
    """
    types = {resource["Type"] for resource in template.get("Resources", {}).values()}
    if unknown := sorted(types - set(KINDS)):
        raise ValidationError(
            message=f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]"
        )
    declared = template.get("Parameters", {})
    if template and (extra := sorted(set(parameters) - set(declared))):
        raise ValidationError(
            message=f"Parameters: [{', '.join(extra)}] do not exist in the template"
        )
    for name, value in parameters.items():
        allowed = declared.get(name, {}).get("AllowedValues")
        if allowed and str(value) not in [str(each) for each in allowed]:
            raise ValidationError(
                message=f"Parameter '{name}' must be one of AllowedValues: {allowed}"
            )


def _replace_stacks(deployment: Any) -> None:
    def create(old: Any) -> Any:
        def create_resources(stack: Stack) -> None:
            bring(deployment(stack), "CREATE", stack.template_dict, stack.parameters)
            stack.description = stack.template_dict.get("Description")

        return create_resources

    def update(old: Any) -> Any:
        def to_template(
            stack: Stack,
            template: str,
            role_arn: str | None = None,
            parameters: dict[str, Any] | None = None,
            tags: dict[str, str] | None = None,
        ) -> None:
            wanted = Stack.parse_template(template)
            _check_update(deployment(stack), wanted, parameters or {})
            stack._add_stack_event("UPDATE_IN_PROGRESS", "User Initiated")
            bring(deployment(stack), "UPDATE", wanted, parameters or {}, template)

        return to_template

    def delete(old: Any) -> Any:
        def delete_stack(backend: CloudFormationBackend, name_or_stack_id: str) -> None:
            named = (name_or_stack_id, name_or_stack_id)
            for stack in list(backend.stacks.values()):
                if stack.name == named[0] or stack.stack_id == named[1]:
                    _delete(backend, deployment(stack))

        return delete_stack

    replace(Stack, "create_resources", create)
    replace(Stack, "update", update)
    replace(CloudFormationBackend, "delete_stack", delete)


def _check_update(deployment: Deployment, template: Template, parameters: dict[str, Any]) -> None:
    stack = deployment.stack
    check(template, parameters)
    if stack.status in ("ROLLBACK_COMPLETE", "DELETE_FAILED"):
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
    except StackFailure as failure:
        prefix = "" if action == "CREATE" else "UPDATE_"
        stack._add_stack_event(f"{prefix}ROLLBACK_IN_PROGRESS", str(failure))
        try:
            deployment.apply(*old)
        except StackFailure as second:
            stack.status = f"{prefix}ROLLBACK_FAILED"
            stack._add_stack_event(stack.status, str(second))
        else:
            stack.status = f"{prefix}ROLLBACK_COMPLETE"
            stack._add_stack_event(stack.status)
        return
    stack.template_dict, stack.parameters = template, parameters
    stack.template = text or stack.template
    stack.output_map = stack._create_output_map()
    stack.status = f"{action}_COMPLETE"
    stack._add_stack_event(stack.status)
    _export(stack)


def _backend(stack: Stack) -> CloudFormationBackend:
    from moto.cloudformation.models import cloudformation_backends

    return cloudformation_backends[stack.account_id][stack.region_name]


def _export(stack: Stack) -> None:
    exports = _backend(stack).exports
    for name in [name for name, old in exports.items() if old.exporting_stack_id == stack.stack_id]:
        del exports[name]
    exports.update({export.name: export for export in stack.exports})


def _delete(backend: CloudFormationBackend, deployment: Deployment) -> None:
    stack = deployment.stack
    stack._add_stack_event("DELETE_IN_PROGRESS", "User Initiated")
    own = {
        name for name, old in backend.exports.items() if old.exporting_stack_id == stack.stack_id
    }
    for other in backend.stacks.values():
        used = own & imports(other.template_dict, other.resource_map)
        if other is not stack and used:
            _delete_failed(
                stack,
                f"Export {min(used)} cannot be deleted as it is in use by {other.name}",
            )
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


def _delete_failed(stack: Stack, reason: str) -> None:
    stack.status = "DELETE_FAILED"
    stack._add_stack_event(stack.status, reason)


def imports(value: Any, resources: ResourceMap) -> set[str]:
    """Names of the exports that a template uses."""
    if isinstance(value, list):
        return set().union(*(imports(inner, resources) for inner in value))
    if isinstance(value, dict):
        found: set[str] = set()
        for name, inner in value.items():
            if name == "Fn::ImportValue":
                found.add(clean_json(inner, resources))
            else:
                found |= imports(inner, resources)
        return found
    return set()


def _replace_change_sets(deployment: Any) -> None:
    def create(old: Any) -> Any:
        def create_change_set(backend: CloudFormationBackend, **options: Any) -> Any:
            _check_change_set(backend, options)
            ids = old(backend, **options)
            change_set: Any = backend.change_sets[ids[0]]
            stack = backend.stacks[ids[1]]
            # moto gives a new stack of a change set no exports of the others.
            stack.resource_map.cross_stack_resources = backend.exports
            stack.cross_stack_resources = backend.exports
            check(change_set.template_dict, change_set.parameters)
            change_set.changes = deployment(stack).changes(
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

    def execute(old: Any) -> Any:
        def execute_change_set(
            backend: CloudFormationBackend, change_set_name: str, stack_name: str | None = None
        ) -> None:
            change_set: Any = _find(backend, change_set_name, stack_name)
            stack = backend.stacks[change_set.stack_id]
            stack._add_stack_event(f"{change_set.change_set_type}_IN_PROGRESS", "User Initiated")
            bring(
                deployment(stack),
                change_set.change_set_type,
                change_set.template_dict,
                change_set.parameters,
                change_set.template,
            )
            well = stack.status == f"{change_set.change_set_type}_COMPLETE"
            change_set.execution_status = "EXECUTE_COMPLETE" if well else "EXECUTE_FAILED"

        return execute_change_set

    replace(CloudFormationBackend, "create_change_set", create)
    replace(CloudFormationBackend, "execute_change_set", execute)
    # The list of changes is made above; moto's own creates nothing of it.
    replace(ChangeSet, "diff", lambda old: lambda change_set: [])


def _check_change_set(backend: CloudFormationBackend, options: dict[str, Any]) -> None:
    for stack in backend.stacks.values():
        if stack.name != options["stack_name"]:
            continue
        if options["change_set_type"] == "CREATE" and stack.status != "REVIEW_IN_PROGRESS":
            raise AlreadyExistsException(
                f"Stack [{stack.name}] already exists and cannot be created again with the "
                "changeSet."
            )
        if stack.status == "ROLLBACK_COMPLETE":
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


def _asking_for_capabilities(old: Any) -> Any:
    def call(response: CloudFormationResponse) -> Any:
        body = response._get_param("TemplateBody")
        if url := response._get_param("TemplateURL"):
            body = response._get_stack_from_s3_url(url)
        given = response._get_param("Capabilities", [])
        if body and "AWS::IAM::" in body and "CAPABILITY_NAMED_IAM" not in given:
            raise InsufficientCapabilities()
        return old(response)

    return call
