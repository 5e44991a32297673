"""How a stack of the stand-in's CloudFormation is brought to a template: in order, or back.

moto makes resources when something refers to them, skips types that it does not know, updates only
what has another text in the template, and ends a failed creation with an HTTP error. Here a stack
is compared by what its properties come to, and a failure is rolled back and shown in its events.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation.models import Change, Event, Stack

from tests.cloud.resources.all import KINDS
from tests.cloud.resources.kinds import Kind, Properties
from tests.cloud.stand_in import StandIn
from tests.cloud.templates import Template, load, properties_of

UNKNOWN = "{{known after the change}}"


class StackFailure(Exception):
    """A resource could not be made, changed or deleted; the message says which and why."""


class Resource:
    """A resource of a stack, as moto's Ref and GetAtt want it."""

    def __init__(self, kind: Kind, client: Any, logical_id: str, physical_id: str) -> None:
        self.kind = kind
        self.client = client
        self.logical_resource_id = logical_id
        self.physical_resource_id = physical_id
        self.cf_resource_type = kind.type

    def get_cfn_attribute(self, name: str) -> Any:
        """What GetAtt gives."""
        return self.kind.attributes[name](self.client, self.physical_resource_id)


class ToCome:
    """Stands for a resource that a change set has yet to make."""

    physical_resource_id = UNKNOWN

    def get_cfn_attribute(self, name: str) -> str:
        """What GetAtt will give is not known."""
        return UNKNOWN


@dataclass
class Deployment:
    """What a stack has, and how it gets to a template.

    Attributes:
        applied: Logical id to the properties with which a resource was made or changed last.
    """

    stand_in: StandIn
    stack: Stack
    applied: dict[str, Properties] = field(default_factory=dict)

    def apply(
        self, template: Template, parameters: dict[str, Any], *, undoes: bool = False
    ) -> None:
        """Make, change and delete resources until the stack is what the template says.

        Args:
            template: What is wanted, parsed.
            parameters: Their values.
            undoes: It takes back what failed; what it deletes was made just before.

        Raises:
            StackFailure: One could not be; what was done before stays done.
        """
        before = self.stack.resource_map._resource_json_map
        kept = dict(before)
        wanted = load(self.stack.resource_map, template, parameters)
        for name in wanted:
            self._bring(name, template["Resources"][name])
        for name in [known for known in reversed(self.applied) if known not in wanted]:
            self.delete(name, kept.get(name, {}), undoes=undoes)

    def delete(self, name: str, declared: Template, *, undoes: bool = False) -> None:
        """Delete a resource, unless the template says to retain it."""
        resource = self._resources.pop(name)
        properties = self.applied.pop(name)
        policy = declared.get("DeletionPolicy")
        if policy == "Retain" or (policy == "RetainExceptOnCreate" and not undoes):
            self._tell(name, resource, "DELETE_SKIPPED")
            return
        try:
            resource.kind.delete(resource.client, resource.physical_resource_id, properties)
        except Exception as error:
            self._resources[name], self.applied[name] = resource, properties
            self._tell(name, resource, "DELETE_FAILED", str(error))
            raise StackFailure(f"{name}: {error}") from error
        self._tell(name, resource, "DELETE_COMPLETE")

    def changes(self, template: Template, parameters: dict[str, Any]) -> list[Change]:
        """What `apply` would do, in the words of a change set."""
        preview = copy.copy(self.stack.resource_map)
        preview._parsed_resources = dict(preview._parsed_resources)
        wanted = load(preview, template, parameters)
        for name in wanted:
            if name not in self.applied:
                preview._parsed_resources[name] = ToCome()
        changes = []
        for name in wanted:
            declared = template["Resources"][name]
            new = properties_of(declared, preview)
            if name not in self.applied:
                changes.append(_change("Add", name, declared["Type"]))
            elif new != self.applied[name] or declared["Type"] != self._resources[name].kind.type:
                replaced = self._must_replace(name, declared["Type"], new)
                changes.append(
                    _change("Modify", name, declared["Type"], self._resources[name], replaced)
                )
        for name in self.applied:
            if name not in wanted:
                resource = self._resources[name]
                changes.append(_change("Remove", name, resource.kind.type, resource))
        return changes

    @property
    def _resources(self) -> dict[str, Any]:
        return self.stack.resource_map._parsed_resources

    def _must_replace(self, name: str, type_name: str, new: Properties) -> bool:
        kind = KINDS[type_name]
        renamed = kind.name is not None and new.get(kind.name) != self.applied[name].get(kind.name)
        return renamed or kind.update is None or type_name != self._resources[name].kind.type

    def _bring(self, name: str, declared: Template) -> None:
        kind = KINDS[declared["Type"]]
        new = properties_of(declared, self.stack.resource_map)
        try:
            if name not in self.applied:
                self._create(name, kind, new)
            elif new != self.applied[name]:
                self._change(name, kind, new)
        except StackFailure:
            raise
        except Exception as error:
            status = "UPDATE_FAILED" if name in self.applied else "CREATE_FAILED"
            self._tell(name, Resource(kind, None, name, ""), status, str(error))
            raise StackFailure(f"{name}: {error}") from error

    def _create(self, name: str, kind: Kind, properties: Properties) -> None:
        client = self.stand_in.client(kind.service)
        given = properties.get(kind.name) if kind.name else None
        physical = kind.create(
            client, copy.deepcopy(properties), str(given or f"{self.stack.name}-{name}")
        )
        resource = Resource(kind, client, name, physical)
        self._resources[name] = resource
        self.applied[name] = properties
        self._tell(name, resource, "CREATE_COMPLETE")

    def _change(self, name: str, kind: Kind, properties: Properties) -> None:
        resource = self._resources[name]
        if self._must_replace(name, kind.type, properties):
            # AWS makes the new one first; one with a fixed name can only be made second.
            resource.kind.delete(resource.client, resource.physical_resource_id, self.applied[name])
            self._create(name, kind, properties)
            return
        assert kind.update is not None
        kind.update(resource.client, copy.deepcopy(properties), resource.physical_resource_id)
        self.applied[name] = properties
        self._tell(name, resource, "UPDATE_COMPLETE")

    def _tell(self, name: str, resource: Resource, status: str, reason: str | None = None) -> None:
        self.stack.events.append(
            Event(
                stack_id=self.stack.stack_id,
                stack_name=self.stack.name,
                logical_resource_id=name,
                physical_resource_id=resource.physical_resource_id,
                resource_type=resource.kind.type,
                resource_status=status,
                resource_status_reason=reason,
                resource_properties=None,
            )
        )


def deployment_of(stand_in: StandIn, stack: Stack) -> Deployment:
    """The one deployment of a stack, which goes through all its changes."""
    kept: Any = stack
    if not hasattr(kept, "deployment"):
        kept.deployment = Deployment(stand_in, stack)
    deployment: Deployment = kept.deployment
    return deployment


def _change(
    action: str, name: str, type_name: str, old: Resource | None = None, replaced: bool = False
) -> Change:
    change: Any = Change(action, name, type_name)
    change.physical_resource_id = old.physical_resource_id if old else None
    if action == "Modify":
        change.replacement = "True" if replaced else "False"
        change.scope = ["Properties"]
    typed: Change = change
    return typed
