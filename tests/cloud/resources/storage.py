"""Types that keep data: S3, KMS, DynamoDB."""

from __future__ import annotations

from typing import Any

from tests.cloud.resources.kinds import (
    Kind,
    Properties,
    UnsupportedProperty,
    arn,
    as_update,
    only,
    send,
    text,
    without,
)
from tests.cloud.stand_in import REGION

# Property of a bucket: the operation that sets it, and the argument's name.
BUCKET_OPERATIONS = {
    "BucketEncryption": ("put_bucket_encryption", "ServerSideEncryptionConfiguration"),
    "VersioningConfiguration": ("put_bucket_versioning", "VersioningConfiguration"),
    "PublicAccessBlockConfiguration": (
        "put_public_access_block",
        "PublicAccessBlockConfiguration",
    ),
    "OwnershipControls": ("put_bucket_ownership_controls", "OwnershipControls"),
    "LifecycleConfiguration": ("put_bucket_lifecycle_configuration", "LifecycleConfiguration"),
    "NotificationConfiguration": (
        "put_bucket_notification_configuration",
        "NotificationConfiguration",
    ),
    "LoggingConfiguration": ("put_bucket_logging", "BucketLoggingStatus"),
    "Tags": ("put_bucket_tagging", "Tagging"),
}


def _create_bucket(s3: Any, properties: Properties, name: str) -> str:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    _set_bucket(s3, properties, name)
    return name


def _set_bucket(s3: Any, properties: Properties, name: str) -> None:
    for named, value in without(properties, "BucketName").items():
        if named not in BUCKET_OPERATIONS:
            raise UnsupportedProperty(f"Encountered unsupported property {named}")
        operation, argument = BUCKET_OPERATIONS[named]
        send(s3, operation, {"Bucket": name, argument: _as_s3_says(named, value)})


def _as_s3_says(named: str, value: Any) -> Any:
    """CloudFormation and S3 differ in the names of some things."""
    if named == "BucketEncryption":
        rules = [
            {
                "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
                **only(rule, "BucketKeyEnabled"),
            }
            for rule in value["ServerSideEncryptionConfiguration"]
        ]
        return {"Rules": rules}
    if named == "LifecycleConfiguration":
        return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}
    if named == "NotificationConfiguration":
        bridge = value.get("EventBridgeConfiguration", {})
        on = str(bridge.get("EventBridgeEnabled", True)).lower() == "true"
        return {"EventBridgeConfiguration": {}} if bridge != {} and on else {}
    if named == "LoggingConfiguration":
        return {
            "LoggingEnabled": {
                "TargetBucket": value["DestinationBucketName"],
                "TargetPrefix": value.get("LogFilePrefix", ""),
            }
        }
    return {"TagSet": value} if named == "Tags" else value


def _lifecycle_rule(rule: Properties) -> Properties:
    given = {"Prefix": rule["Prefix"]} if "Prefix" in rule else {}
    tags = rule.get("TagFilters", [])
    sizes = only(rule, "ObjectSizeGreaterThan", "ObjectSizeLessThan")
    if len(given) + len(tags) + len(sizes) > 1:
        filters: Properties = {"And": {**given, **sizes, **({"Tags": tags} if tags else {})}}
    elif tags:
        filters = {"Tag": tags[0]}
    else:
        filters = {**sizes, **given} or {"Prefix": ""}
    made: Properties = {"Status": rule["Status"], "Filter": filters}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "ExpiredObjectDeleteMarker" in rule:
        made.setdefault("Expiration", {})["ExpiredObjectDeleteMarker"] = rule[
            "ExpiredObjectDeleteMarker"
        ]
    if "Transitions" in rule:
        made["Transitions"] = [_with_days(each) for each in rule["Transitions"]]
    if "NoncurrentVersionTransitions" in rule:
        made["NoncurrentVersionTransitions"] = [
            _with_days(each, "NoncurrentDays") for each in rule["NoncurrentVersionTransitions"]
        ]
    known = {"Id", "Status", "Prefix", "TagFilters", "ExpirationInDays", "Transitions"}
    known |= {"ObjectSizeGreaterThan", "ObjectSizeLessThan", "ExpiredObjectDeleteMarker"}
    same = {"AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"}
    unknown = set(rule) - known - same - {"NoncurrentVersionTransitions"}
    if unknown:
        raise UnsupportedProperty(f"Encountered unsupported property {', '.join(sorted(unknown))}")
    return made | only(rule, *same)


def _with_days(transition: Properties, days: str = "Days") -> Properties:
    return {
        "StorageClass": transition["StorageClass"],
        days: transition["TransitionInDays"],
    }


def _put_bucket_policy(s3: Any, properties: Properties, _: str) -> str:
    s3.put_bucket_policy(Bucket=properties["Bucket"], Policy=text(properties["PolicyDocument"]))
    return str(properties["Bucket"])


def _create_key(kms: Any, properties: Properties, _: str) -> str:
    arguments = without(properties, "KeyPolicy", "EnableKeyRotation", "PendingWindowInDays")
    tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in arguments.pop("Tags", [])]
    key = send(kms, "create_key", {**arguments, "Policy": properties["KeyPolicy"], "Tags": tags})
    key_id = str(key["KeyMetadata"]["KeyId"])
    _set_key(kms, properties, key_id)
    return key_id


def _set_key(kms: Any, properties: Properties, key_id: str) -> None:
    kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=text(properties["KeyPolicy"]))
    rotate = str(properties.get("EnableKeyRotation", False)).lower() == "true"
    (kms.enable_key_rotation if rotate else kms.disable_key_rotation)(KeyId=key_id)


def _create_alias(kms: Any, properties: Properties, name: str) -> str:
    send(kms, "create_alias", properties)
    return name


def _create_table(dynamodb: Any, properties: Properties, name: str) -> str:
    more = ("PointInTimeRecoverySpecification", "TimeToLiveSpecification")
    arguments = {**without(properties, *more), "TableName": name}
    if "SSESpecification" in arguments:
        encryption = dict(arguments["SSESpecification"])
        encryption["Enabled"] = encryption.pop("SSEEnabled")
        arguments["SSESpecification"] = encryption
    send(dynamodb, "create_table", arguments)
    _set_table(dynamodb, properties, name)
    return name


def _set_table(dynamodb: Any, properties: Properties, name: str) -> None:
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        send(
            dynamodb,
            "update_continuous_backups",
            {"TableName": name, "PointInTimeRecoverySpecification": recovery},
        )
    if expiry := properties.get("TimeToLiveSpecification"):
        send(
            dynamodb,
            "update_time_to_live",
            {"TableName": name, "TimeToLiveSpecification": expiry},
        )


KINDS = [
    Kind(
        type="AWS::S3::Bucket",
        service="s3",
        create=_create_bucket,
        update=_set_bucket,
        delete=lambda s3, name, _: s3.delete_bucket(Bucket=name),
        name="BucketName",
        attributes={
            "Arn": lambda _, name: f"arn:aws:s3:::{name}",
            "DomainName": lambda _, name: f"{name}.s3.amazonaws.com",
            "RegionalDomainName": lambda _, name: f"{name}.s3.{REGION}.amazonaws.com",
        },
    ),
    Kind(
        type="AWS::S3::BucketPolicy",
        service="s3",
        create=_put_bucket_policy,
        update=as_update(_put_bucket_policy),
        delete=lambda s3, name, _: s3.delete_bucket_policy(Bucket=name),
    ),
    Kind(
        type="AWS::KMS::Key",
        service="kms",
        create=_create_key,
        update=_set_key,
        delete=lambda kms, key, properties: kms.schedule_key_deletion(
            KeyId=key, PendingWindowInDays=int(properties.get("PendingWindowInDays", 30))
        ),
        attributes={
            "Arn": lambda _, key: arn("kms", f"key/{key}"),
            "KeyId": lambda _, key: key,
        },
    ),
    Kind(
        type="AWS::KMS::Alias",
        service="kms",
        create=_create_alias,
        update=lambda kms, properties, name: send(kms, "update_alias", properties),
        delete=lambda kms, name, _: kms.delete_alias(AliasName=name),
        name="AliasName",
    ),
    Kind(
        type="AWS::DynamoDB::Table",
        service="dynamodb",
        create=_create_table,
        update=_set_table,
        delete=lambda dynamodb, name, _: dynamodb.delete_table(TableName=name),
        name="TableName",
        attributes={"Arn": lambda _, name: arn("dynamodb", f"table/{name}")},
    ),
]
