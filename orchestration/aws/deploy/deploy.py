"""Bring an environment to a package: its stacks in order, and its files once the bucket is there.

Data flow: package -> storage stack -> scripts/<version>/ -> the other stacks, each by a change set
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from orchestration.aws.clients import explained, new_client
from orchestration.aws.deploy.package import TEMPLATES, Package
from orchestration.aws.deploy.releases import key_of, upload
from orchestration.aws.deploy.stacks import (
    Change,
    Source,
    Tell,
    execute,
    propose,
    status_of,
    withdraw,
)
from orchestration.aws.environment import PROJECT, STACKS, Environment

# It makes the bucket, so its template can't come from there.
_FIRST = STACKS[0]


@dataclass(frozen=True)
class Outcome:
    """What a deployment did, or a plan found, for one stack.

    Attributes:
        stack: Its name.
        changes: None if they can't be known before the stacks ahead of it are there.
        was_new: The stack was not there.
    """

    stack: str
    changes: tuple[Change, ...] | None
    was_new: bool = False


Watch = Callable[[str], AbstractContextManager[Tell]]


def plan(environment: Environment, package: Package) -> Iterator[Outcome]:
    """What a deployment would change, stack by stack; nothing that runs is touched.

    The package is uploaded, as CloudFormation reads large templates from the bucket alone.

    Raises:
        LakehouseError: A template is refused, or a stack is at work.
    """
    known = True
    for template in STACKS:
        stack = environment.stack(template)
        if not known:
            yield Outcome(stack, None)
            continue
        if template != _FIRST:
            upload(environment, package)
        proposed = propose(stack, _source(environment, package, template))
        if proposed.changes:
            with explained(f"The plan for {stack} can't be taken back"):
                withdraw(proposed)
        # What a stack that is not there would export, those after it can't import.
        known = not proposed.is_new
        yield Outcome(stack, proposed.changes, proposed.is_new)


def deploy(environment: Environment, package: Package, watch: Watch) -> Iterator[Outcome]:
    """Carry out what is to change, stack by stack; what is up to date is left alone.

    Args:
        environment: Where to.
        package: What.
        watch: Shows the progress of a stack, by name.

    Raises:
        LakehouseError: A stack failed. Those before it stay deployed, and deploying again goes on.
    """
    for template in STACKS:
        stack = environment.stack(template)
        if template != _FIRST:
            upload(environment, package)
        with watch(stack) as tell:
            proposed = propose(stack, _source(environment, package, template))
            if proposed.changes:
                execute(proposed, tell)
        yield Outcome(stack, proposed.changes, proposed.is_new)


def deployed_version(environment: Environment) -> str | None:
    """The version that runs, None before the first deployment."""
    stack = environment.stack("step_functions")
    with explained(f"{stack} can't be read"):
        if status_of(stack) is None:
            return None
        cloudformation = new_client("cloudformation")
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
    values = {pair.get("ParameterKey"): pair.get("ParameterValue") for pair in found}
    return values.get("Version")


def _source(environment: Environment, package: Package, template: str) -> Source:
    if template == _FIRST:
        made_from = ("TemplateBody", package.template(template))
    else:
        key = key_of(package.version, f"{TEMPLATES}/{template}.yaml")
        host = f"{environment.bucket}.s3.{new_client('s3').meta.region_name}.amazonaws.com"
        made_from = ("TemplateURL", f"https://{host}/{key}")
    tags = {"project": PROJECT, "environment": environment.name, "stack": template}
    return Source(made_from, package.parameters(template), tags)
