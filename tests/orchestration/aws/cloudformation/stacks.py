"""The templates as CloudFormation would see them for one environment, worked out without AWS.

Data flow: template + parameters/<env>.json + exports of earlier stacks -> resources as they will be
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.aws.environment import STACKS, Environment

FOLDER = Path(__file__).parents[4] / "orchestration" / "aws" / "cloudformation"
# Made up, as are the region and the key's id.
ACCOUNT = "111122223333"
REGION = "eu-west-1"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
HERE = f"{REGION}:{ACCOUNT}"
ABSENT = object()
# What a deployment says of its package, whatever the environment.
PACKAGED = {
    "Version": "v1",
    "Wheel": "lakehouse.whl",
    "PythonModules": "one==1.0,two==2.0",
    "RawTables": "these,those",
}

# Type -> (property that names it, its ARN). Types that nobody refers to have no ARN here.
NAMED: dict[str, tuple[str, str]] = {
    "AWS::KMS::Key": ("", f"arn:aws:kms:{HERE}:key/the-key"),
    "AWS::KMS::Alias": ("AliasName", ""),
    "AWS::S3::Bucket": ("BucketName", "arn:aws:s3:::{}"),
    "AWS::DynamoDB::Table": ("TableName", f"arn:aws:dynamodb:{HERE}:table/{{}}"),
    "AWS::Glue::Database": ("DatabaseInput.Name", ""),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", ""),
    "AWS::Glue::Job": ("Name", ""),
    "AWS::Glue::SecurityConfiguration": ("Name", ""),
    "AWS::Athena::WorkGroup": ("Name", ""),
    "AWS::IAM::Role": ("RoleName", f"arn:aws:iam::{ACCOUNT}:role/{{}}"),
    "AWS::Logs::LogGroup": ("LogGroupName", f"arn:aws:logs:{HERE}:log-group:{{}}:*"),
    "AWS::CodeBuild::Project": ("Name", f"arn:aws:codebuild:{HERE}:project/{{}}"),
    "AWS::Lambda::Function": ("FunctionName", f"arn:aws:lambda:{HERE}:function:{{}}"),
    "AWS::StepFunctions::StateMachine": (
        "StateMachineName",
        f"arn:aws:states:{HERE}:stateMachine:{{}}",
    ),
    "AWS::SQS::Queue": ("QueueName", f"arn:aws:sqs:{HERE}:{{}}"),
    "AWS::SNS::Topic": ("TopicName", f"arn:aws:sns:{HERE}:{{}}"),
    "AWS::Events::Rule": ("Name", f"arn:aws:events:{HERE}:rule/{{}}"),
    "AWS::CloudWatch::Alarm": ("AlarmName", ""),
}
# What Ref gives, where it is not the name.
REF_IS_ARN = {"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"}


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms of functions."""


def _function(loader: yaml.Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt":
        value = value.split(".", 1)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


@cache
def load(template: str) -> dict[str, Any]:
    """A template as it is written; short forms of functions become long ones."""
    text = (FOLDER / f"{template}.yaml").read_text()
    loaded: dict[str, Any] = yaml.load(text, _Loader)
    return loaded


def parameters(environment: str) -> dict[str, str]:
    """What parameters/<environment>.json sets."""
    loaded: dict[str, str] = json.loads((FOLDER / "parameters" / f"{environment}.json").read_text())
    return loaded


@dataclass
class Stack:
    """One template, worked out.

    Attributes:
        resources: Logical id -> resource; those whose condition is false are left out.
        exports: Name -> value.
        imported: Names of exports that it uses.
    """

    template: dict[str, Any]
    given: dict[str, str]
    known: dict[str, str]
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for logical_id, resource in self.template["Resources"].items():
            condition = resource.get("Condition")
            if condition is None or self._holds({"Condition": condition}):
                self.resources[logical_id] = self.resolve(resource)
        for output in self.template.get("Outputs", {}).values():
            self.exports[self.resolve(output["Export"]["Name"])] = self.resolve(output["Value"])

    def resolve(self, value: Any) -> Any:
        """Work out the functions in a value."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            known: dict[str, Callable[[Any], Any]] = {
                "Ref": self._ref,
                "Fn::GetAtt": lambda parts: self._attribute(*parts),
                "Fn::Sub": self._sub,
                "Fn::ImportValue": self._import,
                "Fn::If": lambda parts: self.resolve(
                    parts[1] if self._holds({"Condition": parts[0]}) else parts[2]
                ),
            }
            if name in known:
                return known[name](argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not ABSENT}

    def _holds(self, condition: dict[str, Any]) -> bool:
        name, argument = next(iter(condition.items()))
        if name == "Condition":
            return self._holds(self.template["Conditions"][argument])
        if name == "Fn::Not":
            return not self._holds(argument[0])
        assert name == "Fn::Equals", name
        left, right = self.resolve(argument)
        return bool(left == right)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return ABSENT
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.template["Parameters"]:
            default = self.template["Parameters"][name].get("Default", f"<{name}>")
            return self.given.get(name, default)
        if self.template["Resources"][name]["Type"] in REF_IS_ARN:
            return self._attribute(name, "Arn")
        return self.name(name)

    def name(self, logical_id: str) -> str:
        """The name a resource is given, which is what Ref gives for most types."""
        resource = self.template["Resources"][logical_id]
        path, _ = NAMED[resource["Type"]]
        value = resource["Properties"]
        for part in path.split(".") if path else []:
            value = value[part]
        return str(self.resolve(value)) if path else "the-key"

    def _attribute(self, logical_id: str, attribute: str) -> str:
        name = self.name(logical_id)
        if attribute == "QueueName":
            return name
        assert attribute == "Arn", attribute
        return NAMED[self.template["Resources"][logical_id]["Type"]][1].format(name)

    def _sub(self, argument: Any) -> str:
        text, extra = (argument, {}) if isinstance(argument, str) else argument

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in extra:
                return str(self.resolve(extra[name]))
            return self._attribute(*name.split(".")) if "." in name else str(self._ref(name))

        return re.sub(r"\$\{([\w:.]+)\}", value, text)

    def _import(self, argument: Any) -> str:
        name = self.resolve(argument)
        self.imported.add(name)
        return self.known[name]


@cache
def stacks(environment: str, **given: str) -> dict[str, Stack]:
    """All stacks of an environment, in the order of their deployment.

    Raises:
        KeyError: A stack imports what no earlier one exports.
    """
    chosen = parameters(environment) | PACKAGED | given
    known: dict[str, str] = {}
    made = {}
    for template in STACKS:
        made[template] = Stack(load(template), chosen, known)
        known = known | made[template].exports
    return made


def resources(environment: str, kind: str, **given: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(Logical id, properties) of all resources of one type, such as `AWS::IAM::Role`."""
    for stack in stacks(environment, **given).values():
        for logical_id, resource in stack.resources.items():
            if resource["Type"] == kind:
                yield logical_id, resource.get("Properties", {})


def the(environment: str, kind: str, name: str = "", **given: str) -> dict[str, Any]:
    """Properties of the one resource of a type, or of the one whose name ends in `name`."""
    path = NAMED[kind][0].split(".")[0] if kind in NAMED else ""
    found = [
        properties
        for _, properties in resources(environment, kind, **given)
        if not name or str(properties[path]).endswith(f"-{name}")
    ]
    assert len(found) == 1, (kind, name, len(found))
    return found[0]


def called(environment: str, what: str) -> str:
    """Name of a resource of the environment by the rule."""
    return Environment(environment, ACCOUNT).resource(what)
