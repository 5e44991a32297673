"""Types that run: Glue jobs, CodeBuild, Lambda, Step Functions, and the roles that they run as."""

from __future__ import annotations

from typing import Any

from tests.cloud.resources.kinds import Kind, Properties, arn, only, send, text, without
from tests.cloud.stand_in import client_of


def _create_job(glue: Any, properties: Properties, name: str) -> str:
    send(glue, "create_job", {**properties, "Name": name})
    return name


def _update_job(glue: Any, properties: Properties, name: str) -> None:
    changes = without(properties, "Name", "Tags")
    send(glue, "update_job", {"JobName": name, "JobUpdate": changes})


def _create_project(codebuild: Any, properties: Properties, name: str) -> str:
    send(codebuild, "create_project", {**_build_project(properties), "name": name})
    return name


def _update_project(codebuild: Any, properties: Properties, name: str) -> None:
    # moto has no UpdateProject; its builds stay.
    codebuild.delete_project(name=name)
    _create_project(codebuild, properties, name)


def _build_project(properties: Properties) -> Properties:
    source = dict(properties["Source"])
    if "BuildSpec" in source:
        source["buildspec"] = source.pop("BuildSpec")
    return {**without(properties, "Name", "Visibility"), "Source": source}


def _create_function(functions: Any, properties: Properties, name: str) -> str:
    send(functions, "create_function", {**_function(properties), "FunctionName": name})
    _set_concurrency(functions, properties, name)
    return name


def _function(properties: Properties) -> Properties:
    made = without(properties, "FunctionName", "Tags", "ReservedConcurrentExecutions")
    if "Tags" in properties:
        made["Tags"] = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
    return made


def _update_function(functions: Any, properties: Properties, name: str) -> None:
    settings = without(_function(properties), "Code", "Tags", "Architectures")
    send(functions, "update_function_configuration", {**settings, "FunctionName": name})
    send(functions, "update_function_code", {**properties["Code"], "FunctionName": name})
    _set_concurrency(functions, properties, name)


def _set_concurrency(functions: Any, properties: Properties, name: str) -> None:
    if "ReservedConcurrentExecutions" in properties:
        functions.put_function_concurrency(
            FunctionName=name,
            ReservedConcurrentExecutions=int(properties["ReservedConcurrentExecutions"]),
        )


def _permit(functions: Any, properties: Properties, name: str) -> str:
    send(functions, "add_permission", {**properties, "StatementId": name})
    return name


def _map_source(functions: Any, properties: Properties, _: str) -> str:
    return str(send(functions, "create_event_source_mapping", properties)["UUID"])


def _update_source(functions: Any, properties: Properties, uuid: str) -> None:
    changes = without(properties, "EventSourceArn", "StartingPosition", "Tags")
    send(functions, "update_event_source_mapping", {**changes, "UUID": uuid})


def _state_machine(sfn: Any, properties: Properties) -> Properties:
    """Arguments of CreateStateMachine; a definition in S3 is read, substitutions are made."""
    sources = ("DefinitionString", "Definition", "DefinitionS3Location")
    made = without(
        properties, *sources, "DefinitionSubstitutions", "StateMachineName", "StateMachineType"
    )
    if "DefinitionS3Location" in properties:
        place = properties["DefinitionS3Location"]
        s3 = client_of("s3", sfn.meta.endpoint_url)
        definition = s3.get_object(**only(place, "Bucket", "Key"))["Body"].read().decode()
    else:
        definition = text(properties.get("DefinitionString") or properties["Definition"])
    for name, value in properties.get("DefinitionSubstitutions", {}).items():
        definition = definition.replace(f"${{{name}}}", str(value))
    made["definition"] = definition
    if "Tags" in made:
        made["Tags"] = [{"key": tag["Key"], "value": tag["Value"]} for tag in made["Tags"]]
    return made


def _create_state_machine(sfn: Any, properties: Properties, name: str) -> str:
    arguments = {**_state_machine(sfn, properties), "name": name}
    if "StateMachineType" in properties:
        arguments["type"] = properties["StateMachineType"]
    return str(send(sfn, "create_state_machine", arguments)["stateMachineArn"])


def _update_state_machine(sfn: Any, properties: Properties, machine: str) -> None:
    changes = without(_state_machine(sfn, properties), "Tags")
    send(sfn, "update_state_machine", {**changes, "stateMachineArn": machine})


def _create_role(iam: Any, properties: Properties, name: str) -> str:
    more = ("Policies", "ManagedPolicyArns", "RoleName")
    send(iam, "create_role", {**without(properties, *more), "RoleName": name})
    _put_policies(iam, properties, name)
    return name


def _put_policies(iam: Any, properties: Properties, name: str) -> None:
    for policy in properties.get("Policies", []):
        send(iam, "put_role_policy", {**policy, "RoleName": name})
    for managed in properties.get("ManagedPolicyArns", []):
        iam.attach_role_policy(RoleName=name, PolicyArn=managed)


def _update_role(iam: Any, properties: Properties, name: str) -> None:
    iam.update_assume_role_policy(
        RoleName=name, PolicyDocument=text(properties["AssumeRolePolicyDocument"])
    )
    _take_policies(iam, name)
    _put_policies(iam, properties, name)


def _take_policies(iam: Any, name: str) -> None:
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for managed in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=managed["PolicyArn"])


def _delete_role(iam: Any, name: str, _: Properties) -> None:
    _take_policies(iam, name)
    iam.delete_role(RoleName=name)


def _create_policy(iam: Any, properties: Properties, name: str) -> str:
    arguments = without(properties, "ManagedPolicyName", "Roles")
    policy = str(send(iam, "create_policy", {**arguments, "PolicyName": name})["Policy"]["Arn"])
    for role in properties.get("Roles", []):
        iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    return policy


def _delete_policy(iam: Any, policy: str, properties: Properties) -> None:
    for role in properties.get("Roles", []):
        iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    iam.delete_policy(PolicyArn=policy)


def _last(name: str) -> str:
    return name.rpartition(":")[2]


KINDS = [
    Kind(
        type="AWS::Glue::Job",
        service="glue",
        create=_create_job,
        update=_update_job,
        delete=lambda glue, name, _: glue.delete_job(JobName=name),
        name="Name",
    ),
    Kind(
        type="AWS::CodeBuild::Project",
        service="codebuild",
        create=_create_project,
        update=_update_project,
        delete=lambda codebuild, name, _: codebuild.delete_project(name=name),
        name="Name",
        attributes={"Arn": lambda _, name: arn("codebuild", f"project/{name}")},
    ),
    Kind(
        type="AWS::Lambda::Function",
        service="lambda",
        create=_create_function,
        update=_update_function,
        delete=lambda functions, name, _: functions.delete_function(FunctionName=name),
        name="FunctionName",
        attributes={"Arn": lambda _, name: arn("lambda", f"function:{name}")},
    ),
    Kind(
        type="AWS::Lambda::Permission",
        service="lambda",
        create=_permit,
        delete=lambda functions, name, properties: functions.remove_permission(
            FunctionName=_last(properties["FunctionName"]), StatementId=name
        ),
    ),
    Kind(
        type="AWS::Lambda::EventSourceMapping",
        service="lambda",
        create=_map_source,
        update=_update_source,
        delete=lambda functions, uuid, _: functions.delete_event_source_mapping(UUID=uuid),
        attributes={"Id": lambda _, uuid: uuid},
    ),
    Kind(
        type="AWS::StepFunctions::StateMachine",
        service="stepfunctions",
        create=_create_state_machine,
        update=_update_state_machine,
        delete=lambda sfn, machine, _: sfn.delete_state_machine(stateMachineArn=machine),
        name="StateMachineName",
        attributes={
            "Arn": lambda _, machine: machine,
            "Name": lambda _, machine: _last(machine),
        },
    ),
    Kind(
        type="AWS::IAM::Role",
        service="iam",
        create=_create_role,
        update=_update_role,
        delete=_delete_role,
        name="RoleName",
        attributes={
            "Arn": lambda iam, name: iam.get_role(RoleName=name)["Role"]["Arn"],
            "RoleId": lambda iam, name: iam.get_role(RoleName=name)["Role"]["RoleId"],
        },
    ),
    Kind(
        type="AWS::IAM::ManagedPolicy",
        service="iam",
        create=_create_policy,
        delete=_delete_policy,
        name="ManagedPolicyName",
        attributes={"PolicyArn": lambda _, policy: policy},
    ),
]
