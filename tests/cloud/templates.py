"""What a template of CloudFormation says: which resources, in which order, with what properties."""

from __future__ import annotations

import copy
import re
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap, clean_json

from tests.cloud.resources.all import KINDS
from tests.cloud.resources.kinds import Properties

Template = dict[str, Any]


def load(resources: ResourceMap, template: Template, parameters: dict[str, Any]) -> list[str]:
    """Give a template to moto's map of resources; the ids of those to have, in order."""
    for parameter in resources.resolved_parameters:
        resources._parsed_resources.pop(parameter, None)
    resources._template = template
    resources.input_parameters = parameters
    resources.resolved_parameters = {}
    resources._resource_json_map = template["Resources"]
    resources.load_mapping()
    resources.load_parameters()
    resources.load_conditions()
    return [
        name
        for name in in_order(template["Resources"])
        if "Condition" not in template["Resources"][name]
        or resources.lazy_condition_map[template["Resources"][name]["Condition"]]
    ]


def properties_of(declared: Template, resources: ResourceMap) -> Properties:
    """A resource's properties with every reference and function replaced by what it comes to."""
    properties: Properties = clean_json(copy.deepcopy(declared.get("Properties", {})), resources)
    return properties


def in_order(resources: Template) -> list[str]:
    """Logical ids, each after those it refers to or depends on."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order or name not in resources:
            return
        for needed in sorted(references(resources[name]) - {name}):
            visit(needed)
        order.append(name)

    for name in resources:
        visit(name)
    return order


def references(value: Any) -> set[str]:
    """Every name that Ref, GetAtt, Sub or DependsOn mentions, and parameters among them."""
    found: set[str] = set()
    if isinstance(value, list):
        return found.union(*(references(inner) for inner in value))
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "Ref":
                found.add(inner)
            elif name == "Fn::GetAtt":
                found.add(inner[0] if isinstance(inner, list) else inner.partition(".")[0])
            elif name == "DependsOn":
                found.update([inner] if isinstance(inner, str) else inner)
            elif name == "Fn::Sub":
                text = inner if isinstance(inner, str) else inner[0]
                found.update(re.findall(r"\$\{([A-Za-z0-9]+)", text))
                found |= references(inner[1]) if isinstance(inner, list) else set()
            else:
                found |= references(inner)
    return found


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
