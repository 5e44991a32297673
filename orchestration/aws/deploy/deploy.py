"""Bring an environment to a package: its stacks in order, and its files once the bucket is there.

Data flow: package -> storage stack -> scripts/<version>/ -> the other stacks, each by a change set
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from orchestration.aws.deploy.deployed import EMPTY, Deployed, deployed
from orchestration.aws.deploy.package import TEMPLATES, Package
from orchestration.aws.deploy.progress import Say
from orchestration.aws.deploy.releases import key_of, upload
from orchestration.aws.deploy.stacks import (
    Change,
    Source,
    execute,
    propose,
    remove_empty,
    withdraw,
)
from orchestration.aws.deploy.template import outputs_of, parameters_of
from orchestration.aws.environment import PROJECT, STACKS, Environment
from orchestration.state.aws_clients import explained, new_client

# It makes the bucket, so its template can't come from there.
_FIRST = STACKS[0]
# Only the stack knows who is notified; no file of the project does.
_ADDRESS = "NotificationEmail"


@dataclass(frozen=True)
class Outcome:
    """What a deployment did, or a plan found, for one stack.

    Attributes:
        stack: Its name.
        changes: None if they can't be known before a deployment has begun.
        was_new: The stack was not there, or had nothing.
        was_needed: False if the stack was up to date; without changes only its outputs were not.
    """

    stack: str
    changes: tuple[Change, ...] | None
    was_new: bool = False
    was_needed: bool = True


Watch = Callable[[str], AbstractContextManager[Say]]


def plan(
    environment: Environment, package: Package, notify: str | None = None
) -> Iterator[Outcome]:
    """What a deployment would change, stack by stack; nothing that is there is touched.

    The package is uploaded, as CloudFormation reads large templates from the bucket alone.

    Args:
        environment: Where to.
        package: What.
        notify: As for `deploy`.

    Raises:
        LakehouseError: A template is refused, or a stack can't be deployed to.
    """
    now = _stacks_now(environment)
    known = True
    for template in _in_order(package, now):
        stack, there = environment.stack(template), now[template]
        if not known or (there and there.status == EMPTY):
            yield Outcome(stack, None, was_new=known)
            known = False
            continue
        if template != _FIRST:
            upload(environment, package)
        proposed = propose(stack, _source(environment, package, template, there, notify))
        if proposed.is_needed:
            with explained(f"The plan for {stack} can't be taken back"):
                withdraw(proposed)
        yield Outcome(stack, proposed.changes, proposed.is_new, proposed.is_needed)
        # What a stack does not export yet, those after it can't import.
        outputs = there.outputs if there else frozenset()
        known = not proposed.is_new and outputs_of(package.template(template)) <= outputs


def deploy(
    environment: Environment, package: Package, watch: Watch, notify: str | None = None
) -> Iterator[Outcome]:
    """Carry out what is to change, stack by stack; what is up to date is left alone.

    Args:
        environment: Where to.
        package: What.
        watch: Shows the progress of a stack, by name.
        notify: Address that is notified of successes and failures; empty for nobody, None for whom
            it was before.

    Raises:
        LakehouseError: A stack failed. Those before it stay deployed, and deploying again goes on.
    """
    now = _stacks_now(environment)
    for template in _in_order(package, now):
        stack = environment.stack(template)
        if template != _FIRST:
            upload(environment, package)
        with watch(stack) as say:
            remove_empty(stack)
            source = _source(environment, package, template, now[template], notify)
            proposed = propose(stack, source)
            if proposed.is_needed:
                execute(proposed, say)
        yield Outcome(stack, proposed.changes, proposed.is_new, proposed.is_needed)


def deployed_version(environment: Environment) -> str | None:
    """The version that runs, None before the first deployment."""
    return _parameters_now(environment).get("Version")


def notified_address(environment: Environment) -> str | None:
    """Address that is notified of successes and failures, None if nobody is."""
    return _parameters_now(environment).get(_ADDRESS) or None


def _parameters_now(environment: Environment) -> dict[str, str]:
    """The parameters of all stacks; those that two of them share have the later one's value."""
    now = _stacks_now(environment)
    return {
        name: value for found in now.values() if found for name, value in found.parameters.items()
    }


def _stacks_now(environment: Environment) -> dict[str, Deployed | None]:
    with explained(f"What is deployed of {environment.name} can't be read"):
        return {template: deployed(environment.stack(template)) for template in STACKS}


def _in_order(package: Package, now: dict[str, Deployed | None]) -> list[str]:
    """Templates in the order in which their stacks can be changed.

    A stack exports before another one imports; but it may drop an export, as on the way back to an
    earlier version, only when the others have stopped to import it.
    """
    there = {template: found for template, found in now.items() if found and found.is_there}
    if all(found.outputs <= outputs_of(package.template(name)) for name, found in there.items()):
        return list(STACKS)
    return [*reversed(there), *(template for template in STACKS if template not in there)]


def _source(
    environment: Environment,
    package: Package,
    template: str,
    there: Deployed | None,
    notify: str | None,
) -> Source:
    text = package.template(template)
    if template == _FIRST:
        made_from = ("TemplateBody", text)
    else:
        key = key_of(package.version, f"{TEMPLATES}/{template}.yaml")
        host = f"{environment.bucket}.s3.{new_client('s3').meta.region_name}.amazonaws.com"
        made_from = ("TemplateURL", f"https://{host}/{key}")
    parameters = package.parameters(template)
    kept: tuple[str, ...] = ()
    if _ADDRESS in parameters_of(text):
        if notify is not None:
            parameters[_ADDRESS] = notify
        elif there and there.is_there and _ADDRESS in there.parameters:
            kept = (_ADDRESS,)
    tags = {"project": PROJECT, "environment": environment.name, "stack": template}
    return Source(made_from, parameters, tags, kept)
