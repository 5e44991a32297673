"""What a type of CloudFormation is to the stand-in: how its resources are made and changed.

Everything goes through boto3 with the properties of the template, so botocore checks them: a
property that the service does not know, or that has the wrong shape, fails the stack.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.cloud.stand_in import ACCOUNT, REGION

Properties = dict[str, Any]


class UnsupportedProperty(ValueError):
    """A property that the type does not have, or that the stand-in would ignore."""


@dataclass(frozen=True)
class Kind:
    """A type of resource.

    Attributes:
        type: Such as `AWS::Glue::Job`.
        service: Whose client the functions get, as boto3 calls it.
        create: From (client, properties, name) to the physical id, what Ref gives.
        delete: From (client, physical id, properties).
        update: From (client, properties, physical id); None replaces the resource.
        name: The property that names it; the name is made up if there is none. A new name replaces
            the resource.
        attributes: What GetAtt gives, by name, from (client, physical id).
    """

    type: str
    service: str
    create: Callable[[Any, Properties, str], str]
    delete: Callable[[Any, str, Properties], None]
    update: Callable[[Any, Properties, str], None] | None = None
    name: str | None = None
    attributes: Mapping[str, Callable[[Any, str], Any]] = field(default_factory=dict)


def as_update(
    create: Callable[[Any, Properties, str], str],
) -> Callable[[Any, Properties, str], None]:
    """The update of a type whose creation also replaces what is there."""

    def update(client: Any, properties: Properties, name: str) -> None:
        create(client, properties, name)

    return update


def arn(service: str, resource: str) -> str:
    """The ARN of a resource of the stand-in's account and region."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def send(client: Any, operation: str, arguments: Properties) -> Any:
    """Call an operation with properties of a template as its arguments.

    Args:
        client: A boto3 client.
        operation: As the client's method is called.
        arguments: Names of any case, values as they come from YAML or from parameters.
    """
    api_name = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(api_name).input_shape
    return getattr(client, operation)(**shaped(arguments, shape))


def shaped(value: Any, shape: Any) -> Any:
    """A value of a template as boto3 wants it: names in the service's case, text as numbers.

    Raises:
        UnsupportedProperty: The service has no such member.
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        unknown = [name for name in value if name.lower() not in members]
        if unknown:
            raise UnsupportedProperty(f"Encountered unsupported property {', '.join(unknown)}")
        return {
            members[name.lower()]: shaped(inner, shape.members[members[name.lower()]])
            for name, inner in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [shaped(inner, shape.member) for inner in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: shaped(inner, shape.value) for name, inner in value.items()}
    return _scalar(value, shape.type_name)


def _scalar(value: Any, kind: str) -> Any:
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return str(value).lower() == "true"
    if kind == "string":
        return text(value)
    return value


def text(value: Any) -> str:
    """A value as text: a document as JSON, a truth value in small letters."""
    if isinstance(value, dict | list):
        # A policy's `Version: 2012-10-17` is a date to YAML.
        return json.dumps(value, default=str)
    return str(value).lower() if isinstance(value, bool) else str(value)


def only(properties: Properties, *names: str) -> Properties:
    """The given ones of some properties."""
    return {name: properties[name] for name in names if name in properties}


def without(properties: Properties, *names: str) -> Properties:
    """Properties but for the given ones."""
    return {name: value for name, value in properties.items() if name not in names}
