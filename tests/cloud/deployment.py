"""An environment deployed into the stand-in cloud, as tests and people use it: upload, watch, ask.

Data flow: raw files -> raw/ in the bucket -> (arrivals start the pipeline) -> states, messages,
tables, answers of Athena
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ingestion.errors import LakehouseError
from ingestion.layers import LAYERS
from ingestion.settings import Settings
from orchestration.aws.environment import Environment
from tests.cloud.cloud import PROJECT_FOLDER, Cloud, T

# The longest that anything here may take, a whole build on a busy machine included.
SECONDS_AT_MOST = 3600
_ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "CANCELLED")


class Deployment:
    """One environment in a running stand-in.

    Attributes:
        cloud: The stand-in.
        environment: Its names.
    """

    def __init__(self, cloud: Cloud, name: str = "dev") -> None:
        self.cloud = cloud
        self.environment = Environment(name, cloud.account)

    def deploy(self, *arguments: str) -> str:
        """Deploy as `make deploy` does, and return what that printed.

        Raises:
            LakehouseError: It failed; its own words are in the problem.
        """
        command = [sys.executable, "-m", "orchestration.aws.deploy", "--env", self.environment.name]
        done = subprocess.run(
            [*command, *arguments],
            cwd=PROJECT_FOLDER,
            env=self.cloud.environment,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise LakehouseError(
                f"The deployment failed: {done.stdout}{done.stderr}",
                f"Read {self.cloud.folder / 'server.log'}.",
            )
        return done.stdout

    @property
    def pipeline(self) -> str:
        """ARN of the state machine."""
        machines = self.cloud.client("stepfunctions").list_state_machines()["stateMachines"]
        name = self.environment.resource("pipeline")
        return next(str(one["stateMachineArn"]) for one in machines if one["name"] == name)

    @property
    def topic(self) -> str:
        """ARN of the topic of notifications."""
        topics = self.cloud.client("sns").list_topics()["Topics"]
        name = self.environment.resource("notifications")
        return next(str(one["TopicArn"]) for one in topics if one["TopicArn"].endswith(f":{name}"))

    def upload(self, raw: Path, names: Sequence[str] | None = None) -> list[str]:
        """Put the files of a raw folder, or some of them, below raw/; return their names."""
        found = sorted(str(path.relative_to(raw)) for path in raw.rglob("*") if path.is_file())
        chosen = [name for name in found if names is None or name in names]
        for name in chosen:
            self.put(name, (raw / name).read_bytes())
        return chosen

    def put(self, name: str, content: bytes) -> None:
        """Put one raw file."""
        self.cloud.client("s3").put_object(
            Bucket=self.environment.bucket, Key=f"raw/{name}", Body=content
        )

    def start(self, name: str, trigger: str = "manual") -> str:
        """Start an execution by hand and return its ARN."""
        started = self.cloud.client("stepfunctions").start_execution(
            stateMachineArn=self.pipeline, name=name, input=json.dumps({"trigger": trigger})
        )
        return str(started["executionArn"])

    def executions(self) -> list[dict[str, Any]]:
        """All executions of the pipeline, the oldest first."""
        client = self.cloud.client("stepfunctions")
        found = client.list_executions(stateMachineArn=self.pipeline)["executions"]
        return sorted(found, key=lambda execution: execution["startDate"])

    def execution(self, arn: str) -> dict[str, Any]:
        """What an execution is like now."""
        found = self.cloud.client("stepfunctions").describe_execution(executionArn=arn)
        return dict(found)

    def end_of(self, arn: str) -> dict[str, Any]:
        """Wait until an execution has ended, and return what it is like."""
        self.until(lambda: self.execution(arn)["status"] in _ENDED)
        return self.execution(arn)

    def redrive(self, arn: str) -> dict[str, Any]:
        """Redrive a failed execution and wait for its end."""
        self.cloud.client("stepfunctions").redrive_execution(executionArn=arn)
        return self.end_of(arn)

    def states(self, arn: str) -> list[str]:
        """Names of the states of an execution in the order in which they were entered."""
        return [name for name, _ in self.events(arn) if name]

    def events(self, arn: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The state that each event of an execution entered, else empty, and the event."""
        client = self.cloud.client("stepfunctions")
        for event in client.get_execution_history(executionArn=arn)["events"]:
            yield str(event.get("stateEnteredEventDetails", {}).get("name", "")), event

    def log(self) -> str:
        """Every execution and its states, with their times, for people."""
        lines = []
        for execution in self.executions():
            arn = execution["executionArn"]
            lines.append(f"{execution['name']}: {execution['status']}")
            entered = [(event["timestamp"], name) for name, event in self.events(arn) if name]
            lines += [f"  {time:%H:%M:%S}  {name}" for time, name in entered]
        return "".join(f"{line}\n" for line in lines)

    def answers(self, sql: str) -> list[tuple[str | None, ...]]:
        """Ask Athena in the environment's workgroup; values are texts, as Athena's API has them.

        Raises:
            LakehouseError: Athena refused the query, in its own words.
        """
        athena = self.cloud.client("athena")
        query = athena.start_query_execution(
            QueryString=sql,
            WorkGroup=self.environment.resource("").rstrip("-"),
            QueryExecutionContext={"Database": f"{self.environment.database_prefix}gold"},
        )["QueryExecutionId"]

        def status_at_end() -> Any:
            found = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
            return found if found["State"] in _ENDED else None

        status = self.until(status_at_end)
        if status["State"] != "SUCCEEDED":
            raise LakehouseError(
                f"Athena refused it: {status.get('StateChangeReason')}", "Fix the query."
            )
        pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query)
        rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
        return [tuple(cell.get("VarCharValue") for cell in row) for row in rows]

    def saved_queries(self) -> dict[str, str]:
        """Name to SQL of the workgroup's saved queries."""
        athena = self.cloud.client("athena")
        group = self.environment.resource("").rstrip("-")
        ids = athena.list_named_queries(WorkGroup=group)["NamedQueryIds"]
        found = [athena.get_named_query(NamedQueryId=one)["NamedQuery"] for one in ids]
        return {query["Name"]: query["QueryString"] for query in found}

    def keys(self, prefix: str) -> list[str]:
        """Of the objects in the bucket that begin with this."""
        pages = self.cloud.client("s3").get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.environment.bucket, Prefix=prefix)
        return [entry["Key"] for page in found for entry in page.get("Contents", [])]

    def download(self, folder: Path) -> Settings:
        """Copy the tables to a folder, where every tool for local roots can read them."""
        for layer in LAYERS:
            for key in self.keys(f"{layer}/"):
                if key.endswith("/"):  # Spark marks a folder that it makes by an object
                    continue
                path = folder / key
                path.parent.mkdir(parents=True, exist_ok=True)
                self.cloud.client("s3").download_file(self.environment.bucket, key, str(path))
        return Settings.read(root=str(folder), environment={})

    def until(self, look: Callable[[], T]) -> T:
        """Look again and again until there is something, as long as a whole build may take."""
        return self.cloud.until(look, SECONDS_AT_MOST)

    def state_of(self, name: str) -> str | None:
        """Value of a raw file's tag `lakehouse-state`."""
        tags = self.cloud.client("s3").get_object_tagging(
            Bucket=self.environment.bucket, Key=f"raw/{name}"
        )["TagSet"]
        return next((tag["Value"] for tag in tags if tag["Key"] == "lakehouse-state"), None)
