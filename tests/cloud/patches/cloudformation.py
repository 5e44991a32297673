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
from moto.cloudformation.exceptions import AlreadyExistsException
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import generate_stack_id
from moto.core.exceptions import ServiceException

from tests.cloud.patching import replace
from tests.cloud.resources.all import KINDS
from tests.cloud.resources.kinds import Kind
from tests.cloud.rollout import bring, check_update, delete, share_exports
from tests.cloud.stacks import deployment_of
from tests.cloud.stand_in import StandIn
from tests.cloud.templates import check


class InsufficientCapabilities(ServiceException):
    """A template that makes roles needs the caller's word that they are meant."""

    code = "InsufficientCapabilitiesException"
    message = "Requires capabilities : [CAPABILITY_NAMED_IAM]"


def apply(stand_in: StandIn) -> None:
    """Replace how stacks come about."""
    _replace_parsing()
    _replace_stacks(stand_in)
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


def _replace_stacks(stand_in: StandIn) -> None:
    def create(old: Any) -> Any:
        def create_stack(
            backend: CloudFormationBackend,
            name: str,
            template: str,
            parameters: dict[str, Any],
            **options: Any,
        ) -> Stack:
            if name in [stack.name for stack in backend.stacks.values()]:
                raise AlreadyExistsException(f"Stack {name} already exists")
            make: Any = Stack
            stack: Stack = make(
                stack_id=generate_stack_id(name, backend.region_name, backend.account_id),
                name=name,
                template=template,
                parameters=parameters,
                account_id=backend.account_id,
                region_name=backend.region_name,
                **options,
            )
            backend.stacks[stack.stack_id] = stack
            share_exports(backend, stack)
            stack._add_stack_event("CREATE_IN_PROGRESS", "User Initiated")
            bring(deployment_of(stand_in, stack), "CREATE", stack.template_dict, parameters)
            return stack

        return create_stack

    def update(old: Any) -> Any:
        def to_template(
            stack: Stack,
            template: str,
            role_arn: str | None = None,
            parameters: dict[str, Any] | None = None,
            tags: dict[str, str] | None = None,
        ) -> None:
            deployment = deployment_of(stand_in, stack)
            wanted = Stack.parse_template(template)
            check_update(deployment, wanted, parameters or {})
            stack._add_stack_event("UPDATE_IN_PROGRESS", "User Initiated")
            bring(deployment, "UPDATE", wanted, parameters or {}, template)

        return to_template

    def delete_named(old: Any) -> Any:
        def delete_stack(backend: CloudFormationBackend, name_or_stack_id: str) -> None:
            for stack in list(backend.stacks.values()):
                if name_or_stack_id in (stack.name, stack.stack_id):
                    delete(backend, deployment_of(stand_in, stack))

        return delete_stack

    replace(CloudFormationBackend, "create_stack", create)
    replace(Stack, "update", update)
    replace(CloudFormationBackend, "delete_stack", delete_named)


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
