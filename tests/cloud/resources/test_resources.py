from __future__ import annotations

import json
from typing import Any

from tests.cloud.cloud import Cloud
from tests.cloud.resources.all import KINDS
from tests.cloud.samples import new_bucket, new_name, zipped
from tests.cloud.stack_samples import create, reasons, update

ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "sqs:SendMessage"}
POLICIES = {
    "PERMISSION": {"Version": "2012-10-17", "Statement": [{**ALLOW, "Resource": "*"}]},
    "TRUST": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}],
    },
    "POLICY": {
        "Version": "2012-10-17",
        "Statement": [{**ALLOW, "Principal": "*", "Resource": "*"}],
    },
}
# Each type once, with a property that changes with the parameter Word where it can change.
RESOURCES = """
Key: {Type: AWS::KMS::Key, Properties: {Description: x, KeyPolicy: POLICY, EnableKeyRotation: true}}
KeyAlias:
  Type: AWS::KMS::Alias
  Properties: {AliasName: !Sub "alias/${Name}", TargetKeyId: !Ref Key}
Bucket:
  Type: AWS::S3::Bucket
  Properties:
    BucketName: !Ref Name
    Tags: [{Key: word, Value: !Ref Word}]
    PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true}
    OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
    BucketEncryption:
      ServerSideEncryptionConfiguration:
        - BucketKeyEnabled: true
          ServerSideEncryptionByDefault: {SSEAlgorithm: aws:kms, KMSMasterKeyID: !Ref Key}
BucketPolicy:
  Type: AWS::S3::BucketPolicy
  Properties: {Bucket: !Ref Bucket, PolicyDocument: POLICY}
Table:
  Type: AWS::DynamoDB::Table
  Properties:
    TableName: !Ref Name
    BillingMode: PAY_PER_REQUEST
    AttributeDefinitions: [{AttributeName: a, AttributeType: S}]
    KeySchema: [{AttributeName: a, KeyType: HASH}]
    PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
    SSESpecification: {SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: !GetAtt Key.Arn}
Database:
  Type: AWS::Glue::Database
  Properties: {CatalogId: "123456789012", DatabaseInput: {Name: !Ref Name, Description: !Ref Word}}
Security:
  Type: AWS::Glue::SecurityConfiguration
  Properties:
    Name: !Ref Name
    EncryptionConfiguration:
      S3Encryptions: [{S3EncryptionMode: SSE-KMS, KmsKeyArn: !GetAtt Key.Arn}]
      CloudWatchEncryption: {CloudWatchEncryptionMode: SSE-KMS, KmsKeyArn: !GetAtt Key.Arn}
WorkGroup:
  Type: AWS::Athena::WorkGroup
  Properties:
    Name: !Ref Name
    Description: !Ref Word
    RecursiveDeleteOption: true
    WorkGroupConfiguration:
      BytesScannedCutoffPerQuery: "1000000000"
      EnforceWorkGroupConfiguration: true
      ResultConfiguration: {OutputLocation: !Sub "s3://${Bucket}/results/"}
Query:
  Type: AWS::Athena::NamedQuery
  Properties:
    Name: !Ref Word
    Database: !Ref Database
    QueryString: select 1
    WorkGroup: !Ref WorkGroup
Role:
  Type: AWS::IAM::Role
  Properties:
    RoleName: !Ref Name
    AssumeRolePolicyDocument: TRUST
    Policies: [{PolicyName: !Ref Word, PolicyDocument: PERMISSION}]
    ManagedPolicyArns: [!Ref Policy]
Policy:
  Type: AWS::IAM::ManagedPolicy
  Properties: {ManagedPolicyName: !Ref Name, PolicyDocument: PERMISSION}
Job:
  Type: AWS::Glue::Job
  Properties:
    Name: !Ref Name
    Role: !GetAtt Role.Arn
    Command: {Name: glueetl, ScriptLocation: !Sub "s3://${Bucket}/${Word}.py"}
    SecurityConfiguration: !Ref Security
    NumberOfWorkers: "2"
    Tags: {word: !Ref Word}
Project:
  Type: AWS::CodeBuild::Project
  Properties:
    Name: !Ref Name
    Description: !Ref Word
    ServiceRole: !GetAtt Role.Arn
    Artifacts: {Type: NO_ARTIFACTS}
    Source: {Type: S3, Location: !Sub "${Bucket}/x.zip", BuildSpec: a/buildspec.yml}
    Environment: {Type: LINUX_CONTAINER, Image: any, ComputeType: BUILD_GENERAL1_SMALL}
Function:
  Type: AWS::Lambda::Function
  Properties:
    FunctionName: !Ref Name
    Role: !GetAtt Role.Arn
    Runtime: python3.11
    Handler: a.handler
    Timeout: "30"
    ReservedConcurrentExecutions: "2"
    Environment: {Variables: {WORD: !Ref Word}}
    Code: {S3Bucket: CODE, S3Key: code.zip}
Permission:
  Type: AWS::Lambda::Permission
  Properties:
    FunctionName: !GetAtt Function.Arn
    Action: lambda:InvokeFunction
    Principal: events.amazonaws.com
    SourceArn: !GetAtt Rule.Arn
Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Name}-dead"}}
Queue:
  Type: AWS::SQS::Queue
  Properties:
    QueueName: !Ref Name
    VisibilityTimeout: "60"
    DelaySeconds: !If [First, 0, 1]
    RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
QueuePolicy:
  Type: AWS::SQS::QueuePolicy
  Properties: {Queues: [!Ref Queue], PolicyDocument: POLICY}
Mapping:
  Type: AWS::Lambda::EventSourceMapping
  Properties:
    EventSourceArn: !GetAtt Queue.Arn
    FunctionName: !Ref Function
    BatchSize: !If [First, 1, 2]
Rule:
  Type: AWS::Events::Rule
  Properties:
    Name: !Ref Name
    Description: !Ref Word
    EventPattern: {source: [aws.s3]}
    Targets: [{Id: !Ref Word, Arn: !GetAtt Function.Arn}]
Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name, DisplayName: !Ref Word}}
TopicPolicy:
  Type: AWS::SNS::TopicPolicy
  Properties: {Topics: [!Ref Topic], PolicyDocument: POLICY}
Subscription:
  Type: AWS::SNS::Subscription
  Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn}
Alarm:
  Type: AWS::CloudWatch::Alarm
  Properties:
    AlarmName: !Ref Name
    AlarmDescription: !Ref Word
    Namespace: AWS/SQS
    MetricName: Any
    Period: "60"
    EvaluationPeriods: "1"
    Threshold: "0"
    Statistic: Sum
    ComparisonOperator: GreaterThanThreshold
    AlarmActions: [!Ref Topic]
Dashboard:
  Type: AWS::CloudWatch::Dashboard
  Properties: {DashboardName: !Ref Name, DashboardBody: !Sub '{"widgets": [], "start": "${Word}"}'}
Logs:
  Type: AWS::Logs::LogGroup
  Properties: {LogGroupName: !Ref Name, RetentionInDays: !If [First, 7, 14]}
Machine:
  Type: AWS::StepFunctions::StateMachine
  Properties:
    StateMachineName: !Ref Name
    RoleArn: !GetAtt Role.Arn
    Definition: {StartAt: A, States: {A: {Type: Pass, Comment: !Ref Word, End: true}}}
"""


def all_types(code: str) -> str:
    resources = RESOURCES.replace("CODE", code)
    for name, policy in POLICIES.items():
        resources = resources.replace(name, json.dumps(policy))
    head = "Parameters: {Name: {Type: String}, Word: {Type: String}}\n"
    head += 'Conditions: {First: !Equals [!Ref Word, "one"]}\nResources:\n'
    return head + "".join(f"  {line}\n" for line in resources.strip().splitlines())


def test_each_type_can_be_made_changed_and_deleted(cloud: Cloud) -> None:
    name, code = new_name("all"), new_bucket(cloud)
    zipped_code = zipped({"a.py": "def handler(event, context): return event"})
    cloud.client("s3").put_object(Bucket=code, Key="code.zip", Body=zipped_code)
    body = all_types(code)
    assert {kind for kind in KINDS if f"Type: {kind}" not in body} == set()
    create(cloud, name, body, Word="one")
    assert reasons(cloud, name) == {}
    assert found(cloud, name) == ("one", f"s3://{name}/one.py", "one", "one", 7, 1)
    update(cloud, name, body, Word="two")
    assert reasons(cloud, name) == {}
    assert found(cloud, name) == ("two", f"s3://{name}/two.py", "two", "two", 14, 2)
    cloud.client("cloudformation").delete_stack(StackName=name)
    assert reasons(cloud, name) == {}


def found(cloud: Cloud, name: str) -> tuple[Any, ...]:
    """Something that the parameter Word decides, of several services."""
    function = cloud.client("lambda").get_function_configuration(FunctionName=name)
    (mapping,) = cloud.client("lambda").list_event_source_mappings(FunctionName=name)[
        "EventSourceMappings"
    ]
    (group,) = cloud.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    (target,) = cloud.client("events").list_targets_by_rule(Rule=name)["Targets"]
    return (
        function["Environment"]["Variables"]["WORD"],
        cloud.client("glue").get_job(JobName=name)["Job"]["Command"]["ScriptLocation"],
        cloud.client("athena").get_work_group(WorkGroup=name)["WorkGroup"]["Description"],
        target["Id"],
        group["retentionInDays"],
        mapping["BatchSize"],
    )
