from __future__ import annotations

import pytest

from ingestion.errors import root_cause


def test_the_innermost_cause_of_an_engine_failure_is_reported() -> None:
    message = "Job aborted.\n\tat x.y(Z.scala)\nCaused by: first\nCaused by: No space left\n\tat q"
    assert root_cause(RuntimeError(message)) == "No space left"


@pytest.mark.parametrize(("message", "cause"), [("\n one\n two", "one"), ("", "RuntimeError")])
def test_a_failure_without_a_cause_is_reported_by_its_first_line(message: str, cause: str) -> None:
    assert root_cause(RuntimeError(message)) == cause


@pytest.mark.parametrize(
    ("details", "cause"),
    [
        ("Socket closed", "Socket closed"),
        ('no table "orders"', 'no table "orders"'),
        ("Job aborted.\nCaused by: No space left", "No space left"),
    ],
)
def test_of_a_failure_of_the_connection_the_details_are_reported(details: str, cause: str) -> None:
    """As `str` of the error that grpc raises for a call."""
    message = (
        "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n"
        f'\tdetails = "{details}"\n\tdebug_error_string = "UNKNOWN:Error received"\n>'
    )
    assert root_cause(RuntimeError(message)) == cause
