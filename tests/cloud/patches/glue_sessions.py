"""Glue interactive sessions that run statements, Glue jobs with Spark, one catalog for both.

moto's CreateSession answers nothing (dbt-glue then connects to a session without a name), it has
no RunStatement, GetStatement, ListStatements or CancelStatement, and nothing runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult, EmptyResult
from moto.glue.models import FakeSession, GlueBackend
from moto.glue.responses import GlueResponse

from tests.cloud.patching import replace
from tests.cloud.spark.sessions import Session
from tests.cloud.spark.shared import SharedSpark
from tests.cloud.stand_in import StandIn

# Answers a GetStatement late rather than at once: dbt-glue asks again only after a second.
POLL_SECONDS = 20
CODE_LIMIT = 68_000

_CATALOG_OPERATIONS = (
    "create_database",
    "delete_database",
    "get_database",
    "get_databases",
    "create_table",
    "delete_table",
    "batch_delete_table",
    "get_table",
    "get_tables",
    "update_table",
)


def apply(stand_in: StandIn) -> None:
    """Give moto's Glue sessions and jobs a Spark."""
    spark = SharedSpark(stand_in)
    sessions: dict[str, Session] = {}

    def launch(script: Path, words: list[str]) -> tuple[list[str], dict[str, str]]:
        return spark.child("job.py", [str(script), *words])

    stand_in.launch_glue = launch
    _run_sessions(stand_in, spark, sessions)
    _run_statements(sessions)
    for operation in _CATALOG_OPERATIONS:
        replace(GlueResponse, operation, lambda old: _after_sync(spark, old))


def _after_sync(spark: SharedSpark, old: Any) -> Any:
    def answer(response: GlueResponse) -> Any:
        spark.sync()
        return old(response)

    return answer


def _run_sessions(stand_in: StandIn, spark: SharedSpark, sessions: dict[str, Session]) -> None:
    def create(old: Any) -> Any:
        def create_session(response: GlueResponse) -> ActionResult:
            old(response)
            name = response._get_param("Id")
            conf = (response._get_param("DefaultArguments") or {}).get("--conf", "")
            sessions[name] = Session(stand_in, spark, name, conf)
            return ActionResult({"Session": response.glue_backend.get_session(name).as_dict()})

        return create_session

    def describe(old: Any) -> Any:
        def as_dict(record: FakeSession) -> dict[str, Any]:
            session = sessions[record.session_id]
            invented = {"ErrorMessage", "Progress", "MaxCapacity", "Status"}
            shown = {key: value for key, value in old(record).items() if key not in invented}
            error = {"ErrorMessage": session.error} if session.error else {}
            return shown | error | {"Status": session.state}

        return as_dict

    def end(old: Any) -> Any:
        def end_session(backend: GlueBackend, session_id: str) -> None:
            record = backend.get_session(session_id)
            record.state = sessions[session_id].state
            old(backend, session_id)
            sessions[session_id].stop()

        return end_session

    replace(GlueResponse, "create_session", create)
    replace(FakeSession, "as_dict", describe)
    replace(GlueBackend, "stop_session", end)
    replace(GlueBackend, "delete_session", end)


def _run_statements(sessions: dict[str, Session]) -> None:
    def session_of(response: GlueResponse) -> Session:
        name = response._get_param("SessionId")
        response.glue_backend.get_session(name)
        return sessions[name]

    def run_statement(response: GlueResponse) -> ActionResult:
        session = session_of(response)
        code = response._get_param("Code")
        if session.state != "READY":
            raise _refusal("IllegalSessionStateException", f"Session is in {session.state} status")
        if len(code) > CODE_LIMIT:
            raise _refusal("ValidationException", f"Code has more than {CODE_LIMIT} characters")
        return ActionResult({"Id": session.run(code)})

    def get_statement(response: GlueResponse) -> ActionResult:
        session = session_of(response)
        number = response._get_int_param("Id")
        if not 0 <= number < len(session.statements):
            raise _refusal("EntityNotFoundException", f"Statement {number} not found")
        session.statements[number].done.wait(POLL_SECONDS)
        return ActionResult({"Statement": session.statements[number].description()})

    def list_statements(response: GlueResponse) -> ActionResult:
        statements = session_of(response).statements
        return ActionResult({"Statements": [each.description() for each in statements]})

    def cancel_statement(response: GlueResponse) -> EmptyResult:
        session_of(response).cancel(response._get_int_param("Id"))
        return EmptyResult()

    for operation in (run_statement, get_statement, list_statements, cancel_statement):
        setattr(GlueResponse, operation.__name__, operation)


def _refusal(name: str, message: str) -> JsonRESTError:
    return JsonRESTError(name, message)
