"""The state machines at work in the stand-in cloud, on a job and functions that do next to nothing.

Each `Machines` has a lock table, a job, a build, functions and a topic of its own, so that tests do
not meet. The function `halt` is the real one: a redrive depends on it.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from orchestration.aws.lambdas import halt
from tests.cloud.cloud import Cloud
from tests.cloud.mailbox import Mail, received, subscribe
from tests.orchestration.aws.state_machines.definitions import MACHINES, filled

TABLES = ("products", "orders", "returns")
FUNCTIONS = ("PublishMetrics", "MarkLoaded", "ExplainFailure", "Halt")
# Waits at the gate, as long as it is there.
SCRIPT = """
from pathlib import Path
from time import sleep
while Path(%r).exists():
    sleep(0.05)
"""
# Says what it was called with.
STUB = """
def handler(event, context):
    cause = event.get("cause", "Five files were loaded.")
    return {"subject": "failed: " + event.get("error", ""), "message": cause}
"""
BROKEN = "def handler(event, context):\n    raise ValueError('no explanation')\n"
BUILDSPEC = """
version: 0.2
phases:
  build:
    commands:
      - echo "$LAKEHOUSE_EXECUTION" > {built}
      - test ! -e {broken}
"""


class Machines:
    """The pipeline and the backfill, deployed under a name of their own.

    Attributes:
        name: Before the name of everything.
        job: Name of the job that ingests.
        gate: While this file is there, runs of the job go on and on.
        breaks_the_build: While this file is there, builds fail.
        built: A build writes into this file for which execution it was.
    """

    def __init__(self, cloud: Cloud, name: str, folder: Path, *, explains: bool = True) -> None:
        self.cloud = cloud
        self.name = name
        self.job = f"{name}-ingest"
        self.gate = folder / "gate"
        self._bucket = f"{name}-bucket"
        self.breaks_the_build = folder / "broken"
        self.built = folder / "built"
        cloud.client("s3").create_bucket(
            Bucket=self._bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        self._role = self._make_role()
        self._make_lock_table()
        values = {
            "LocksTable": f"{name}-locks",
            "RetrySeconds": "1",
            "TurnSeconds": "1",
            "Environment": "test",
            "Bucket": self._bucket,
            "IngestJob": self._make_job(),
            "RawTables": ",".join(TABLES),
            "BackfillConcurrency": "2",
            "TopicArn": self._make_topic(),
            "BuildProject": self._make_build(),
            **{f"{function}Function": self._make_function(function) for function in FUNCTIONS},
        }
        if not explains:
            self._make_function_broken(values["ExplainFailureFunction"])
        self.arns: dict[str, str] = {}
        for machine in MACHINES:
            made = cloud.client("stepfunctions").create_state_machine(
                name=f"{name}-{machine}",
                roleArn=self._role,
                definition=json.dumps(filled(machine, values)),
            )
            self.arns[machine] = values["PipelineArn"] = made["stateMachineArn"]

    def start(self, name: str, machine: str = "pipeline", **given: Any) -> str:
        """Start an execution and return its ARN."""
        started = self.cloud.client("stepfunctions").start_execution(
            stateMachineArn=self.arns[machine],
            name=name,
            input=json.dumps(given or {"trigger": "manual"}),
        )
        return str(started["executionArn"])

    def run(self, name: str, machine: str = "pipeline", **given: Any) -> dict[str, Any]:
        """Start an execution and wait for its end."""
        return self.end_of(self.start(name, machine, **given))

    def end_of(self, arn: str) -> dict[str, Any]:
        """Wait for the end of an execution, and return its description."""

        def ended() -> dict[str, Any]:
            found = self.cloud.client("stepfunctions").describe_execution(executionArn=arn)
            return {} if found["status"] == "RUNNING" else dict(found)

        return self.cloud.until(ended)

    def redrive(self, arn: str) -> dict[str, Any]:
        """Redrive an execution and wait for its end."""
        self.cloud.client("stepfunctions").redrive_execution(executionArn=arn)
        return self.end_of(arn)

    def states(self, arn: str) -> list[str]:
        """The states of an execution in the order in which they were entered."""
        history = self.cloud.client("stepfunctions").get_execution_history(executionArn=arn)
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in history["events"]
            if "stateEnteredEventDetails" in event
        ]

    def runs(self, table: str | None = None) -> list[dict[str, Any]]:
        """Runs of the job, all or those for a table, the oldest first."""
        found = self.cloud.client("glue").get_job_runs(JobName=self.job)["JobRuns"]
        chosen = [run for run in found if table in (None, run["Arguments"].get("--tables"))]
        return sorted(chosen, key=lambda run: run["StartedOn"])

    def holder(self) -> str | None:
        """ARN of the execution that holds the lock."""
        found = self.cloud.client("dynamodb").get_item(
            TableName=f"{self.name}-locks", Key={"lock_name": {"S": "pipeline"}}
        )
        return str(found["Item"]["holder"]["S"]) if "Item" in found else None

    def hold(self, holder: str) -> None:
        """Let somebody hold the lock."""
        self.cloud.client("dynamodb").put_item(
            TableName=f"{self.name}-locks",
            Item={"lock_name": {"S": "pipeline"}, "holder": {"S": holder}},
        )

    def messages(self) -> list[Mail]:
        """What was sent to the topic since the last call."""
        return received(self.cloud, f"{self.name}-mail")

    def _make_role(self) -> str:
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = self.cloud.client("iam").create_role(
            RoleName=self.name, AssumeRolePolicyDocument=policy
        )
        return str(made["Role"]["Arn"])

    def _make_lock_table(self) -> None:
        self.cloud.client("dynamodb").create_table(
            TableName=f"{self.name}-locks",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "lock_name", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "lock_name", "KeyType": "HASH"}],
        )

    def _make_topic(self) -> str:
        made = self.cloud.client("sns").create_topic(Name=f"{self.name}-topic")
        subscribe(self.cloud, made["TopicArn"], f"{self.name}-mail")
        return str(made["TopicArn"])

    def _make_job(self) -> str:
        self._put("ingest.py", (SCRIPT % str(self.gate)).encode())
        self.cloud.client("glue").create_job(
            Name=self.job,
            Role=self._role,
            Command={"Name": "pythonshell", "ScriptLocation": f"s3://{self._bucket}/ingest.py"},
            ExecutionProperty={"MaxConcurrentRuns": 3},
        )
        return self.job

    def _make_build(self) -> str:
        buildspec = BUILDSPEC.format(built=self.built, broken=self.breaks_the_build)
        self._put("source.zip", zipped("buildspec.yml", buildspec))
        name = f"{self.name}-build"
        self.cloud.client("codebuild").create_project(
            name=name,
            source={"type": "S3", "location": f"{self._bucket}/source.zip"},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            serviceRole=self._role,
        )
        return name

    def _make_function(self, function: str) -> str:
        code = Path(halt.__file__).read_text() if function == "Halt" else STUB
        made = self.cloud.client("lambda").create_function(
            FunctionName=f"{self.name}-{function}",
            Runtime="python3.11",
            Role=self._role,
            Handler="code_of_it.handler",
            Code={"ZipFile": zipped("code_of_it.py", code)},
        )
        return str(made["FunctionArn"])

    def _make_function_broken(self, arn: str) -> None:
        self.cloud.client("lambda").update_function_code(
            FunctionName=arn, ZipFile=zipped("code_of_it.py", BROKEN)
        )

    def _put(self, key: str, content: bytes) -> None:
        self.cloud.client("s3").put_object(Bucket=self._bucket, Key=key, Body=content)


def zipped(name: str, text: str) -> bytes:
    """A zip of one file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, text)
    return made.getvalue()
