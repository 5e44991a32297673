from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from orchestration.aws.environment import ENVIRONMENTS, PROJECT
from orchestration.aws.glue_session import GlueSession
from orchestration.project import PROJECT_FOLDER


@pytest.fixture
def glue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        yield boto3.client("glue")


def start(glue: Any, name: str) -> None:
    glue.create_session(
        Id=name,
        Role="arn:aws:iam::123456789012:role/dbt",
        Command={"Name": "glueetl", "PythonVersion": "3"},
    )


def states(glue: Any) -> dict[str, str]:
    return {session["Id"]: session["Status"] for session in glue.list_sessions()["Sessions"]}


@pytest.mark.parametrize("target", ENVIRONMENTS)
def test_every_environment_has_a_session_of_its_own_named_by_the_rule(target: str) -> None:
    assert GlueSession(target).name == f"{PROJECT}-{target}-dbt"


@pytest.mark.parametrize("target", ENVIRONMENTS)
def test_every_session_encrypts_as_its_environment_does(target: str) -> None:
    profile = yaml.safe_load((PROJECT_FOLDER / "profiles" / "profiles.yml").read_text())
    session = profile["ecommerce_lakehouse"]["outputs"][target]
    assert session["security_configuration"] == f"{PROJECT}-{target}-security"


@pytest.mark.parametrize(("target", "cores"), [("dev", 4), ("prod", 16)])
def test_the_driver_of_a_session_does_no_work(target: str, cores: int) -> None:
    assert GlueSession(target).cores == cores


@pytest.mark.parametrize("target", ENVIRONMENTS)
def test_sessions_read_and_write_values_as_every_spark(target: str) -> None:
    from ingestion.spark_conf import CORRECT_VALUES

    profile = yaml.safe_load((PROJECT_FOLDER / "profiles" / "profiles.yml").read_text())
    conf = profile["ecommerce_lakehouse"]["outputs"][target]["conf"].split(" --conf ")
    pairs = dict(pair.strip().split("=", maxsplit=1) for pair in conf)
    assert {name: pairs[name] for name in CORRECT_VALUES} == CORRECT_VALUES


def test_the_session_is_stopped_and_no_other(glue: Any) -> None:
    start(glue, "ecommerce-lakehouse-dev-dbt")
    start(glue, "ecommerce-lakehouse-staging-dbt")
    GlueSession("dev").stop()
    assert states(glue)["ecommerce-lakehouse-dev-dbt"] == "STOPPING"
    assert states(glue)["ecommerce-lakehouse-staging-dbt"] == "READY"


def test_a_session_that_was_never_started_or_has_ended_is_left_alone(
    glue: Any, caplog: pytest.LogCaptureFixture
) -> None:
    GlueSession("dev").stop()
    start(glue, "ecommerce-lakehouse-dev-dbt")
    GlueSession("dev").stop()
    GlueSession("dev").stop()
    assert caplog.messages == []


def test_a_session_that_can_not_be_stopped_is_reported_and_stops_nothing_else(
    glue: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(glue, "ecommerce-lakehouse-dev-dbt")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    GlueSession("dev").stop()
    assert "The Glue session ecommerce-lakehouse-dev-dbt could not be stopped" in caplog.text
    assert states(glue) == {"ecommerce-lakehouse-dev-dbt": "READY"}
