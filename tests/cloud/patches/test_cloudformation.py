from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.cloud import Cloud
from tests.cloud.samples import ROLE, new_bucket, new_name
from tests.cloud.stack_samples import (
    BUCKET,
    create,
    outputs,
    reasons,
    status,
    template,
    update,
)


def job(script: Any, **properties: Any) -> dict[str, Any]:
    command = {"Name": "glueetl", "ScriptLocation": script}
    return {
        "Type": "AWS::Glue::Job",
        "Properties": {"Name": {"Ref": "Name"}, "Role": ROLE, "Command": command, **properties},
    }


JOB = template({"Job": job("s3://code/ingest.py")})


def bucket_names(cloud: Cloud) -> set[str]:
    return {bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]}


def test_plain_moto_reports_success_for_what_it_did_not_make(plain: Cloud) -> None:
    name = new_name("stack")
    assert create(plain, name, JOB) == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="not found"):
        plain.client("glue").get_job(JobName=name)


def test_plain_moto_drops_properties_of_a_bucket(plain: Cloud) -> None:
    name = new_name("stack")
    create(plain, name, template({"Bucket": versioned()}))
    assert "Status" not in plain.client("s3").get_bucket_versioning(Bucket=name)


def versioned() -> dict[str, Any]:
    more = {
        "VersioningConfiguration": {"Status": "Enabled"},
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "Archive",
                    "Status": "Enabled",
                    "Prefix": "raw/",
                    "TagFilters": [{"Key": "lakehouse-state", "Value": "loaded"}],
                    "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": "90"}],
                }
            ]
        },
    }
    return {"Type": "AWS::S3::Bucket", "Properties": {**BUCKET["Properties"], **more}}  # type: ignore[dict-item]


def test_a_stack_makes_what_its_template_says(cloud: Cloud) -> None:
    name = new_name("stack")
    assert create(cloud, name, JOB) == "CREATE_COMPLETE"
    found = cloud.client("glue").get_job(JobName=name)["Job"]
    assert found["Command"]["ScriptLocation"] == "s3://code/ingest.py"


def test_a_bucket_has_all_that_its_template_says(cloud: Cloud) -> None:
    name, s3 = new_name("stack"), cloud.client("s3")
    assert create(cloud, name, template({"Bucket": versioned()})) == "CREATE_COMPLETE"
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert rule["Transitions"] == [{"Days": 90, "StorageClass": "GLACIER"}]
    assert rule["Filter"]["And"]["Prefix"] == "raw/"


def test_a_type_that_the_stand_in_lacks_is_refused(cloud: Cloud) -> None:
    body = template({"Odd": {"Type": "AWS::Odd::Thing"}})
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::Odd::Thing\]"):
        create(cloud, new_name("stack"), body)


def test_a_property_that_the_type_lacks_fails_the_stack_and_what_was_made_goes(
    cloud: Cloud,
) -> None:
    name = new_name("stack")
    body = template({"Bucket": BUCKET, "Job": {**job("s3://x", Odd=1), "DependsOn": "Bucket"}})
    assert create(cloud, name, body) == "ROLLBACK_COMPLETE"
    assert reasons(cloud, name) == {"Job": "Encountered unsupported property Odd"}
    assert name not in bucket_names(cloud)


def test_a_failed_update_goes_back_to_what_was(cloud: Cloud) -> None:
    name = new_name("stack")
    create(cloud, name, template({"Job": job("s3://old")}))
    worse = template({"Job": job("s3://new"), "Other": job("s3://x", Odd=1, Name="other")})
    assert update(cloud, name, worse) == "UPDATE_ROLLBACK_COMPLETE"
    found = cloud.client("glue").get_job(JobName=name)["Job"]
    assert found["Command"]["ScriptLocation"] == "s3://old"


def test_a_new_value_inside_a_sub_changes_the_resource(cloud: Cloud) -> None:
    name = new_name("stack")
    parameters = {"Name": {"Type": "String"}, "Version": {"Type": "String"}}
    body = template({"Job": job({"Fn::Sub": "s3://code/${Version}.py"})}, Parameters=parameters)
    create(cloud, name, body, Version="1")
    assert update(cloud, name, body, Version="2") == "UPDATE_COMPLETE"
    found = cloud.client("glue").get_job(JobName=name)["Job"]
    assert found["Command"]["ScriptLocation"] == "s3://code/2.py"
    with pytest.raises(ClientError, match="No updates are to be performed"):
        update(cloud, name, body, Version="2")


def test_an_update_removes_what_the_template_no_longer_has(cloud: Cloud) -> None:
    name = new_name("stack")
    create(cloud, name, template({"Bucket": BUCKET, "Job": job("s3://x")}))
    update(cloud, name, template({"Job": job("s3://x")}))
    assert name not in bucket_names(cloud)


def test_a_deleted_stack_takes_its_resources_along_but_those_to_retain(cloud: Cloud) -> None:
    name = new_name("stack")
    body = template({"Bucket": {**BUCKET, "DeletionPolicy": "Retain"}, "Job": job("s3://x")})
    create(cloud, name, body)
    cloud.client("cloudformation").delete_stack(StackName=name)
    assert name in bucket_names(cloud)
    with pytest.raises(ClientError, match="not found"):
        cloud.client("glue").get_job(JobName=name)


def test_what_is_retained_except_on_create_goes_with_a_failed_creation_alone(cloud: Cloud) -> None:
    name = new_name("stack")
    bucket = {**BUCKET, "DeletionPolicy": "RetainExceptOnCreate"}
    bad = job("s3://x", Odd=1, Name="other")
    assert create(cloud, name, template({"Bucket": bucket, "Bad": bad})) == "ROLLBACK_COMPLETE"
    assert name not in bucket_names(cloud)
    cloud.client("cloudformation").delete_stack(StackName=name)
    assert create(cloud, name, template({"Bucket": bucket})) == "CREATE_COMPLETE"
    cloud.client("cloudformation").delete_stack(StackName=name)
    assert name in bucket_names(cloud)


def test_a_stack_with_a_full_bucket_is_not_deleted_and_says_so(cloud: Cloud) -> None:
    name = new_name("stack")
    create(cloud, name, template({"Bucket": BUCKET}))
    cloud.client("s3").put_object(Bucket=name, Key="a", Body=b"x")
    cloud.client("cloudformation").delete_stack(StackName=name)
    assert status(cloud, name) == "DELETE_FAILED"
    assert "BucketNotEmpty" in reasons(cloud, name)["Bucket"]


def test_stacks_hand_parts_on_by_exports_and_one_in_use_stays(cloud: Cloud) -> None:
    first, second = new_name("stack"), new_name("stack")
    export = {"Value": {"Fn::GetAtt": ["Bucket", "Arn"]}, "Export": {"Name": f"{first}-Arn"}}
    create(cloud, first, template({"Bucket": BUCKET}, Outputs={"Arn": export}))
    assert outputs(cloud, first) == {"Arn": f"arn:aws:s3:::{first}"}
    arguments = {"--bucket": {"Fn::ImportValue": f"{first}-Arn"}}
    create(cloud, second, template({"Job": job("s3://x", DefaultArguments=arguments)}))
    found = cloud.client("glue").get_job(JobName=second)["Job"]
    assert found["DefaultArguments"] == {"--bucket": f"arn:aws:s3:::{first}"}
    cloud.client("cloudformation").delete_stack(StackName=first)
    assert reasons(cloud, first)[first] == (
        f"Export {first}-Arn cannot be deleted as it is in use by {second}"
    )


def test_an_update_keeps_an_export_that_is_in_use(cloud: Cloud) -> None:
    first, second = new_name("stack"), new_name("stack")
    export = {"Value": {"Ref": "Bucket"}, "Export": {"Name": f"{first}-Name"}}
    create(cloud, first, template({"Bucket": BUCKET}, Outputs={"Name": export}))
    user = template({"Job": job({"Fn::ImportValue": f"{first}-Name"})})
    create(cloud, second, user)
    without = template({"Bucket": BUCKET})
    assert update(cloud, first, without) == "UPDATE_ROLLBACK_COMPLETE"
    assert outputs(cloud, first) == {"Name": first}
    update(cloud, second, template({"Job": job("s3://x")}))
    assert update(cloud, first, without) == "UPDATE_COMPLETE"
    assert outputs(cloud, first) == {}


def test_a_parameter_that_the_template_lacks_and_a_value_that_is_not_allowed_are_refused(
    cloud: Cloud,
) -> None:
    body = template(
        {"Bucket": BUCKET},
        Parameters={"Name": {"Type": "String"}, "Env": {"Type": "String", "AllowedValues": ["a"]}},
    )
    with pytest.raises(ClientError, match=r"\[Odd\] do not exist in the template"):
        create(cloud, new_name("stack"), body, Odd="1")
    with pytest.raises(ClientError, match="'Env' must be one of AllowedValues"):
        create(cloud, new_name("stack"), body, Env="b")


def test_a_template_with_roles_needs_the_callers_word(cloud: Cloud) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    with pytest.raises(ClientError, match="InsufficientCapabilities"):
        cloud.client("cloudformation").create_stack(
            StackName=new_name("stack"), TemplateBody=template({"Role": role})
        )


def test_a_state_machine_comes_from_s3_with_its_substitutions_and_runs(cloud: Cloud) -> None:
    name, code = new_name("stack"), new_bucket(cloud)
    definition = '{"StartAt": "Say", "States": {"Say": {"Type": "Fail", "Error": "${Word}"}}}'
    cloud.client("s3").put_object(Bucket=code, Key="a.json", Body=definition.encode())
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "StateMachineName": {"Ref": "Name"},
            "RoleArn": ROLE,
            "DefinitionS3Location": {"Bucket": code, "Key": "a.json"},
            "DefinitionSubstitutions": {"Word": "Halt"},
        },
    }
    body = template(
        {"Machine": machine}, Outputs={"Arn": {"Value": {"Fn::GetAtt": ["Machine", "Arn"]}}}
    )
    assert create(cloud, name, body) == "CREATE_COMPLETE"
    sfn = cloud.client("stepfunctions")
    execution = sfn.start_execution(stateMachineArn=outputs(cloud, name)["Arn"])["executionArn"]
    cloud.until(lambda: sfn.describe_execution(executionArn=execution).get("error") == "Halt")
