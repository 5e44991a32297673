from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cloud.cloud import Cloud

BUCKET = "engine-tests"
DATABASE = "engine_tests"
ROLE = "arn:aws:iam::123456789012:role/glue"


@dataclass
class Session:
    """A Glue interactive session."""

    glue: Any
    name: str

    def send(self, code: str) -> int:
        number: int = self.glue.run_statement(SessionId=self.name, Code=code)["Id"]
        return number

    def statement(self, number: int) -> dict[str, Any]:
        """One that has ended."""
        while True:
            found: dict[str, Any] = self.glue.get_statement(SessionId=self.name, Id=number)
            statement: dict[str, Any] = found["Statement"]
            if statement["State"] not in ("WAITING", "RUNNING", "CANCELLING"):
                return statement

    def run(self, code: str) -> str:
        """What a statement prints."""
        output = self.statement(self.send(code))["Output"]
        assert output["Status"] == "ok", output
        text: str = output["Data"]["TextPlain"]
        return text

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        rows = self.run(f"print([tuple(row) for row in spark.sql({query!r}).collect()])")
        found: list[tuple[Any, ...]] = eval(rows)
        return found

    def state(self) -> str:
        state: str = self.glue.get_session(Id=self.name)["Session"]["Status"]
        return state

    def wait_for(self, state: str) -> None:
        deadline = time.monotonic() + 60
        while self.state() != state:
            assert time.monotonic() < deadline, self.glue.get_session(Id=self.name)


def open_session(cloud: Cloud, name: str, conf: str = "") -> Session:
    session = Session(cloud.client("glue"), name)
    session.glue.create_session(
        Id=name,
        Role=ROLE,
        Command={"Name": "glueetl", "PythonVersion": "3"},
        DefaultArguments={"--conf": conf},
    )
    session.wait_for("READY")
    return session


@pytest.fixture(scope="session")
def database(cloud: Cloud) -> str:
    """A database in Glue, its location a bucket."""
    cloud.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    cloud.client("glue").create_database(
        DatabaseInput={"Name": DATABASE, "LocationUri": f"s3://{BUCKET}/tables"}
    )
    return DATABASE


@pytest.fixture(scope="session")
def session(cloud: Cloud) -> Iterator[Session]:
    running = open_session(cloud, "shared")
    yield running
    running.glue.stop_session(Id=running.name)
