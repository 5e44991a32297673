from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestration.aws.lambdas.causes import read_cause, time_of

RUN = {"JobName": "ingest", "Id": "jr_1", "JobRunState": "FAILED", "ErrorMessage": 'No\n"x"'}


def test_field_names_are_the_same_however_a_service_writes_them() -> None:
    assert read_cause(json.dumps(RUN))["errorMessage"] == 'No\n"x"'
    assert read_cause('{"errorType": "KeyError"}') == {"errorType": "KeyError"}


@pytest.mark.parametrize("name", ["Build", "build"])
def test_a_build_is_given_as_it_is(name: str) -> None:
    cause = json.dumps({name: {"BuildStatus": "FAILED", "Logs": {"DeepLink": "https://log"}}})
    assert read_cause(cause) == {"buildStatus": "FAILED", "logs": {"deepLink": "https://log"}}
    assert read_cause('{"BuildStatus": "FAILED"}') == {"buildStatus": "FAILED"}


def test_the_fields_of_a_cut_cause_are_found() -> None:
    cut = json.dumps(RUN | {"Arguments": {"--x": "y" * 40_000}})[:32_768]
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(cut)
    assert read_cause(cut) == {
        "jobName": "ingest",
        "id": "jr_1",
        "jobRunState": "FAILED",
        "errorMessage": 'No\n"x"',
    }


def test_a_message_that_was_cut_itself_is_given_so_far() -> None:
    cut = json.dumps({"JobName": "ingest", "ErrorMessage": "x" * 40_000})[:32_768]
    assert read_cause(cut)["errorMessage"].startswith("xxx")
    assert read_cause('{"JobName": "j", "ErrorMessage": "half \\')["errorMessage"] == "half "


def test_the_log_and_start_of_a_cut_build_are_found() -> None:
    build = {
        "BuildStatus": "FAILED",
        "StartTime": 1743570000000,
        "Logs": {"DeepLink": "https://log"},
    }
    cut = json.dumps({"Build": build | {"Phases": ["x" * 100]}})[:-80]
    assert read_cause(cut) == {
        "buildStatus": "FAILED",
        "deepLink": "https://log",
        "logs": {"deepLink": "https://log"},
        "startTime": 1743570000000,
    }


@pytest.mark.parametrize("cause", ["", "The lock is held.", "[1]", "7", "null"])
def test_a_plain_text_has_no_fields(cause: str) -> None:
    assert read_cause(cause) == {}


@pytest.mark.parametrize(
    "value",
    [1743570000000, "2025-04-02T05:00:00Z", "2025-04-02T07:00:00+02:00", "2025-04-02 05:00"],
)
def test_a_time_is_read_in_the_forms_that_occur(value: Any) -> None:
    assert time_of(value) == datetime(2025, 4, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "soon", 1e30])
def test_what_is_no_time_is_none(value: Any) -> None:
    assert time_of(value) is None
