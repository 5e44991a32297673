"""Everything that the roles of an environment may do, written by hand: the templates must agree."""

from __future__ import annotations

from tests.orchestration.aws.cloudformation.grants import Grant

RUN = "glue:StartJobRun glue:GetJobRun glue:GetJobRuns glue:BatchStopJobRun"
TURNS = "dynamodb:GetItem dynamodb:PutItem dynamodb:DeleteItem"
WRITE = "s3:GetObject s3:PutObject s3:DeleteObject s3:AbortMultipartUpload"
LOG = "logs:CreateLogStream logs:PutLogEvents"
SPARK_LOG = f"{LOG} logs:CreateLogGroup logs:AssociateKmsKey"
EXECUTIONS = "states:execution:~-pipeline:* states:execution:~-backfill:*"
OF_SPARK = "glue:catalog glue:database/default glue:database/global_temp"


def tables(*databases: str) -> str:
    """The catalogue's resources of whole databases."""
    return " ".join(
        ["glue:catalog"]
        + [f"glue:database/dev_{name} glue:table/dev_{name}/*" for name in databases]
    )


ALL_TABLES = tables("bronze", "silver", "gold", "ops")
STATE_MACHINE = [
    (TURNS, "locks"),
    ("states:DescribeExecution", EXECUTIONS),
    ("sns:Publish", "sns:~-notifications"),
    ("kms:Decrypt kms:GenerateDataKey", "key"),
    (
        "logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery"
        " logs:ListLogDeliveries logs:PutResourcePolicy logs:DescribeResourcePolicies"
        " logs:DescribeLogGroups xray:PutTraceSegments xray:PutTelemetryRecords"
        " xray:GetSamplingRules xray:GetSamplingTargets",
        "*",
    ),
]
READ_ARTIFACTS = [
    ("s3:GetObject", "bucket/artifacts/*"),
    ("s3:ListBucket", "bucket"),
    ("kms:Decrypt", "key"),
]
# Role -> (actions, resources), each pair of which is allowed. Nothing else is.
ALLOWED: dict[str, list[tuple[str, str]]] = {
    "ingest-job": [
        ("s3:GetObject", "bucket/raw/* bucket/scripts/*"),
        (WRITE, "bucket/bronze/* bucket/ops/* bucket/logs/spark/*"),
        ("s3:ListBucket", "bucket"),
        ("kms:Decrypt kms:GenerateDataKey", "key"),
        ("glue:GetDatabase glue:GetTable glue:GetTables", tables("bronze", "ops")),
        ("glue:CreateTable glue:UpdateTable", tables("bronze", "ops")),
        ("glue:GetDatabase glue:CreateDatabase", OF_SPARK),
        (TURNS, "locks"),
        ("glue:GetJobRun", "glue:job/~-ingest-*"),
        ("cloudwatch:PutMetricData", "*"),
        (SPARK_LOG, "logs:log-group:/aws-glue/jobs/~*"),
    ],
    "dbt-session": [
        ("s3:GetObject", "bucket/bronze/*"),
        (WRITE, "bucket/silver/* bucket/gold/* bucket/ops/*"),
        ("s3:ListBucket", "bucket"),
        ("kms:Decrypt kms:GenerateDataKey", "key"),
        ("glue:GetDatabase glue:GetTable glue:GetTables", ALL_TABLES),
        (
            "glue:CreateTable glue:UpdateTable glue:DeleteTable",
            tables("silver", "gold", "ops"),
        ),
        ("glue:GetDatabase glue:CreateDatabase", OF_SPARK),
        (SPARK_LOG, "logs:log-group:/aws-glue/sessions/*"),
    ],
    "dbt-build": [
        (LOG, "logs:log-group:/aws/codebuild/~-dbt-build:*"),
        (
            "s3:GetObject s3:GetObjectVersion",
            "bucket/scripts/* bucket/raw/* bucket/bronze/* bucket/silver/* bucket/gold/*"
            " bucket/ops/* bucket/artifacts/*",
        ),
        (
            "s3:PutObject s3:DeleteObject s3:AbortMultipartUpload",
            "bucket/ops/* bucket/artifacts/*",
        ),
        ("s3:GetBucketLocation s3:ListBucket", "bucket"),
        ("kms:Decrypt kms:GenerateDataKey", "key"),
        (
            "glue:CreateSession glue:GetSession glue:StopSession glue:DeleteSession"
            " glue:RunStatement glue:GetStatement glue:ListStatements glue:CancelStatement",
            "glue:session/~-*",
        ),
        ("iam:PassRole", "iam::role/~-dbt-session"),
        ("glue:GetDatabases", "glue:catalog glue:database/*"),
        (
            "glue:GetDatabase glue:GetTable glue:GetTables glue:CreateTable glue:UpdateTable"
            " glue:DeleteTable",
            ALL_TABLES,
        ),
    ],
    "start-pipeline": [
        (LOG, "logs:log-group:/aws/lambda/~-start-pipeline:*"),
        ("sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes", "sqs:~-arrivals"),
        ("sqs:SendMessage", "sqs:~-arrivals-dead"),
        ("states:StartExecution states:ListExecutions", "states:stateMachine:~-pipeline"),
        ("states:DescribeExecution", EXECUTIONS),
        ("dynamodb:GetItem", "locks"),
        ("kms:Decrypt", "key"),
    ],
    "run-glue-job": [
        (LOG, "logs:log-group:/aws/lambda/~-run-glue-job:*"),
        ("glue:StartJobRun glue:GetJobRun", "glue:job/~-ingest-*"),
    ],
    "explain-failure": [
        (LOG, "logs:log-group:/aws/lambda/~-explain-failure:*"),
        *READ_ARTIFACTS,
        ("states:GetExecutionHistory", EXECUTIONS),
    ],
    "halt": [(LOG, "logs:log-group:/aws/lambda/~-halt:*")],
    "publish-metrics": [
        (LOG, "logs:log-group:/aws/lambda/~-publish-metrics:*"),
        *READ_ARTIFACTS,
        ("cloudwatch:PutMetricData", "*"),
    ],
    "mark-loaded": [
        (LOG, "logs:log-group:/aws/lambda/~-mark-loaded:*"),
        *READ_ARTIFACTS,
        (
            "s3:GetObject s3:GetObjectTagging s3:GetObjectVersionTagging s3:PutObjectTagging"
            " s3:PutObjectVersionTagging",
            "bucket/raw/*",
        ),
    ],
    "pipeline": [
        (
            RUN,
            "glue:job/~-ingest-products glue:job/~-ingest-orders glue:job/~-ingest-order-items",
        ),
        (
            "codebuild:StartBuild codebuild:StopBuild codebuild:BatchGetBuilds",
            "codebuild:project/~-dbt-build",
        ),
        (
            "events:PutTargets events:PutRule events:DescribeRule",
            "events:rule/StepFunctionsGetEventForCodeBuildStartBuildRule",
        ),
        (
            "lambda:InvokeFunction",
            "lambda:function:~-publish-metrics lambda:function:~-mark-loaded"
            " lambda:function:~-explain-failure lambda:function:~-halt",
        ),
        *STATE_MACHINE,
    ],
    "backfill": [
        (RUN, "glue:job/~-ingest-orders"),
        ("states:StartExecution", "states:stateMachine:~-pipeline"),
        (
            "lambda:InvokeFunction",
            "lambda:function:~-explain-failure lambda:function:~-halt",
        ),
        *STATE_MACHINE,
    ],
}
# Resources that are more than one thing, or one prefix of the bucket, or one database's tables.
WILDCARDS = {
    "*": "metrics, log deliveries and traces have no resource; the namespace is a condition",
    "glue:job/~-ingest-*": "the three ingestion jobs, which run-glue-job chooses among by table",
    "glue:session/~-*": "dbt names its session; every name begins with the environment's",
    "glue:database/*": "dbt-glue asks for the list of databases, which is of all or none",
    "logs:log-group:/aws-glue/jobs/~*": "Glue adds the security configuration's name to a group's",
    "logs:log-group:/aws-glue/sessions/*": "groups that all sessions of an account share",
    "states:execution:~-pipeline:*": "any execution may be the lock's holder",
    "states:execution:~-backfill:*": "any execution may be the lock's holder",
}


def pairs(allowed: list[tuple[str, str]]) -> set[Grant]:
    """(Action, resource) of each pair in a role's part of the table."""
    return {
        (action, resource)
        for actions, resource_list in allowed
        for action in actions.split()
        for resource in resource_list.split()
    }
