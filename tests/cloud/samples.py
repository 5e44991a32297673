"""Small things that the tests of the stand-in put into a cloud, plain moto or the patched one."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from typing import Any

from tests.cloud.cloud import Cloud
from tests.cloud.stand_in import ACCOUNT, REGION

ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"


def new_name(kind: str) -> str:
    """A name that no other test uses."""
    return f"{kind}-{uuid.uuid4().hex[:8]}"


def new_bucket(cloud: Cloud) -> str:
    """Make an empty bucket and return its name."""
    name = new_name("bucket")
    cloud.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return name


def zipped(files: dict[str, str]) -> bytes:
    """A zip of files with the given text."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def new_job(cloud: Cloud, script: str, **settings: Any) -> str:
    """Make a Glue job without Spark and return its name."""
    name, bucket = new_name("job"), new_bucket(cloud)
    cloud.client("s3").put_object(Bucket=bucket, Key="script.py", Body=script.encode())
    cloud.client("glue").create_job(
        Name=name,
        Role=ROLE,
        Command={"Name": "pythonshell", "ScriptLocation": f"s3://{bucket}/script.py"},
        **settings,
    )
    return name


def ended_run(cloud: Cloud, job: str, run_id: str) -> dict[str, Any]:
    """Wait for a run of a Glue job and return what GetJobRun says of it then."""

    def look() -> dict[str, Any] | None:
        run: dict[str, Any] = cloud.client("glue").get_job_run(JobName=job, RunId=run_id)["JobRun"]
        return None if run["JobRunState"] in ("STARTING", "RUNNING") else run

    run = cloud.until(look)
    assert run is not None
    return run


def new_function(cloud: Cloud, code: str, timeout: int = 10) -> str:
    """Make a Lambda function whose `handler` is in the code, and return its name."""
    name, role = new_name("function"), new_name("role")
    arn = cloud.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=arn["Role"]["Arn"],
        Handler="code_of_it.handler",
        Code={"ZipFile": zipped({"code_of_it.py": code})},
        Timeout=timeout,
    )
    return name


def task(resource: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The last state of a state machine, a task."""
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": parameters,
        "End": True,
        **more,
    }


def new_machine(cloud: Cloud, states: dict[str, Any]) -> str:
    """Make a state machine that starts at the first of some states, and return its ARN."""
    definition = {"StartAt": next(iter(states)), "States": states}
    answer = cloud.client("stepfunctions").create_state_machine(
        name=new_name("machine"), definition=json.dumps(definition), roleArn=ROLE
    )
    return str(answer["stateMachineArn"])


def start(cloud: Cloud, machine: str, given: Any = None, **more: Any) -> str:
    """Start an execution and return its ARN."""
    answer = cloud.client("stepfunctions").start_execution(
        stateMachineArn=machine, input=json.dumps(given or {}), **more
    )
    return str(answer["executionArn"])


def ended(cloud: Cloud, execution: str, seconds: float = 60) -> dict[str, Any]:
    """Wait for an execution and return what DescribeExecution says of it then."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = cloud.client("stepfunctions").describe_execution(
            executionArn=execution
        )
        return None if found["status"] == "RUNNING" else found

    found = cloud.until(look, seconds)
    assert found is not None
    return found


def outcome(cloud: Cloud, states: dict[str, Any], given: Any = None) -> dict[str, Any]:
    """Run a state machine of some states to its end."""
    return ended(cloud, start(cloud, new_machine(cloud, states), given, name=new_name("run")))


def queue_of(cloud: Cloud, **attributes: str) -> tuple[str, str]:
    """Make a queue and return its URL and its ARN."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=new_name("queue"), Attributes=attributes)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def bodies(cloud: Cloud, url: str) -> list[Any]:
    """Take the messages out of a queue and return what they say."""
    sqs, taken = cloud.client("sqs"), []
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        taken.append(json.loads(message["Body"]))
    return taken
