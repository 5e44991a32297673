from __future__ import annotations

from typing import Any

from tests.orchestration.aws.cloudformation.stacks import ACCOUNT, HERE, REGION, load, the

KEY = f"arn:aws:kms:{HERE}:key/the-key"
BUCKET = f"arn:aws:s3:::ecommerce-lakehouse-dev-{ACCOUNT}"


def statements(policy: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def rules() -> dict[str, dict[str, Any]]:
    found = the("dev", "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in found)
    return {rule["Id"]: rule for rule in found}


def test_what_is_data_outlives_its_stack_but_not_a_first_deployment_that_fails() -> None:
    found = load("storage")["Resources"]
    for name in ("Bucket", "Key"):
        assert found[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert found[name]["UpdateReplacePolicy"] == "Retain"
    assert found["Locks"]["DeletionPolicy"] == "Delete"


def test_the_bucket_is_private_versioned_and_encrypted_with_our_key() -> None:
    bucket = the("dev", "AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {
            "BucketKeyEnabled": True,
            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
        }
    ]


def test_the_bucket_notifies_eventbridge_of_its_objects() -> None:
    found = the("dev", "AWS::S3::Bucket")["NotificationConfiguration"]
    assert found == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_the_bucket_refuses_plain_and_old_transport() -> None:
    policy = the("dev", "AWS::S3::BucketPolicy")
    found = statements(policy["PolicyDocument"])
    for sid, condition in (
        ("EncryptedTransportOnly", {"Bool": {"aws:SecureTransport": "false"}}),
        ("ModernTlsOnly", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    ):
        assert found[sid] == {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [BUCKET, f"{BUCKET}/*"],
            "Condition": condition,
        }


def test_the_bucket_refuses_every_key_but_ours_and_allows_nobody_anything() -> None:
    found = statements(the("dev", "AWS::S3::BucketPolicy")["PolicyDocument"])
    assert {statement["Effect"] for statement in found.values()} == {"Deny"}
    # Both conditions hold at once: an encryption is named, and its key is not ours or not named.
    assert found["OurKeyOnly"]["Condition"] == {
        "Null": {"s3:x-amz-server-side-encryption": "false"},
        "StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY},
    }
    assert found["NoKeyOfTheCaller"]["Condition"] == {
        "Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}
    }
    for sid in ("OurKeyOnly", "NoKeyOfTheCaller"):
        assert found[sid]["Action"] == "s3:PutObject"
        assert found[sid]["Resource"] == f"{BUCKET}/*"


def test_raw_files_are_archived_by_the_tag_that_says_they_are_loaded() -> None:
    rule = rules()["archive-loaded-raw"]
    assert rule["Prefix"] == "raw/"
    assert rule["TagFilters"] == [{"Key": "lakehouse-state", "Value": "loaded"}]
    assert rule["Transitions"] == [{"StorageClass": "GLACIER_IR", "TransitionInDays": "30"}]
    assert "ExpirationInDays" not in rule


def test_nothing_that_is_current_expires_but_what_can_be_made_again() -> None:
    expiring = {rule["Prefix"] for rule in rules().values() if "ExpirationInDays" in rule}
    assert expiring == {"artifacts/", "athena-results/", "logs/"}


def test_what_was_replaced_or_never_finished_goes_away() -> None:
    rule = rules()["expire-replaced"]
    assert "Prefix" not in rule
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": "7"}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 3}
    assert rule["ExpiredObjectDeleteMarker"] is True


def test_what_a_dropped_workspace_held_goes_within_a_day_and_no_workspace_goes_by_itself() -> None:
    (rule,) = [rule for rule in rules().values() if rule.get("Prefix") == ".work/"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert rule.keys() == {"Id", "Status", "Prefix", "NoncurrentVersionExpiration"}


def test_the_key_turns_and_serves_this_account_its_logs_and_its_alarms_alone() -> None:
    key = the("dev", "AWS::KMS::Key")
    assert key["EnableKeyRotation"] is True
    found = statements(key["KeyPolicy"])
    assert {sid: statement["Principal"] for sid, statement in found.items()} == {
        "GovernedByThisAccount": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "LogsOfThisEnvironment": {"Service": f"logs.{REGION}.amazonaws.com"},
        "AlarmsToTheTopic": {"Service": "cloudwatch.amazonaws.com"},
    }
    groups = f"arn:aws:logs:{HERE}:log-group:*ecommerce-lakehouse-dev*"
    assert found["LogsOfThisEnvironment"]["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}
    }
    assert found["AlarmsToTheTopic"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT}
    }
    assert set(found["AlarmsToTheTopic"]["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert the("dev", "AWS::KMS::Alias")["TargetKeyId"] == "the-key"


def test_the_locks_are_a_table_by_name_encrypted_with_our_key() -> None:
    table = the("dev", "AWS::DynamoDB::Table")
    assert table["KeySchema"] == [{"AttributeName": "lock_name", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "lock_name", "AttributeType": "S"}]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"]["KMSMasterKeyId"] == KEY
