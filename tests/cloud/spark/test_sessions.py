from __future__ import annotations

import os
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.cloud.cloud import Cloud
from tests.cloud.spark.conftest import ROLE, Session, open_session


def test_statements_share_their_names_and_show_what_they_print(session: Session) -> None:
    session.run("amount = 41")

    statement = session.statement(session.send("print(amount + 1)"))

    assert statement["State"] == "AVAILABLE"
    assert statement["Output"]["Status"] == "ok"
    assert statement["Output"]["Data"] == {"TextPlain": "42\n"}


def test_an_exception_is_the_output_of_its_statement(session: Session) -> None:
    statement = session.statement(session.send("spark.sql('select * from nowhere.at_all')"))

    assert statement["State"] == "AVAILABLE"
    assert statement["Output"]["Status"] == "error"
    assert statement["Output"]["ErrorName"] == "AnalysisException"
    assert "TABLE_OR_VIEW_NOT_FOUND" in statement["Output"]["ErrorValue"]
    assert statement["Output"]["Traceback"][0] == "Traceback (most recent call last):"


def test_statements_of_one_session_run_one_after_another(session: Session, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    session.run("order = []")
    first = session.send(f"open({str(pipe)!r}).read(); order.append(1)")
    second = session.send("order.append(2); print(order)")

    waiting = session.glue.list_statements(SessionId=session.name)["Statements"][second]
    pipe.write_text("go on")

    assert waiting["State"] == "WAITING"
    assert session.statement(first)["State"] == "AVAILABLE"
    assert session.statement(second)["Output"]["Data"]["TextPlain"] == "[1, 2]\n"


def test_a_waiting_statement_that_is_cancelled_never_runs(session: Session, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    session.run("ran = False")
    session.send(f"open({str(pipe)!r}).read()")
    waiting = session.send("ran = True")

    session.glue.cancel_statement(SessionId=session.name, Id=waiting)
    pipe.write_text("go on")

    assert session.statement(waiting)["State"] == "CANCELLED"
    assert session.run("print(ran)") == "False\n"


def test_a_query_that_runs_can_be_cancelled_and_the_session_goes_on(session: Session) -> None:
    number = session.send("spark.range(10 ** 12).selectExpr('sum(id % 7)').collect()")

    state = "RUNNING"
    while state in ("WAITING", "RUNNING", "CANCELLING"):
        session.glue.cancel_statement(SessionId=session.name, Id=number)
        statements = session.glue.list_statements(SessionId=session.name)["Statements"]
        state = statements[number]["State"]

    assert state == "CANCELLED"
    assert session.run("print('still here')") == "still here\n"


def test_sessions_share_no_views_and_each_has_the_settings_it_asked_for(
    cloud: Cloud, session: Session
) -> None:
    other = open_session(
        cloud,
        "other",
        "spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension"
        " --conf spark.sql.session.timeZone=Asia/Tokyo",
    )
    session.run("spark.range(3).createOrReplaceTempView('three')")

    assert session.sql("show views") == [("", "three", True)]
    assert other.sql("show views") == []
    assert other.sql("select string(timestamp_seconds(0))") == [("1970-01-01 09:00:00",)]
    assert session.sql("select string(timestamp_seconds(0))") == [("1970-01-01 00:00:00",)]


def test_a_stopped_session_takes_no_statement(cloud: Cloud) -> None:
    stopped = open_session(cloud, "stopped")
    stopped.glue.stop_session(Id="stopped")
    stopped.wait_for("STOPPED")

    with pytest.raises(ClientError, match="Session is in STOPPED status") as refused:
        stopped.send("print(1)")

    assert refused.value.response["Error"]["Code"] == "IllegalSessionStateException"


def test_a_session_whose_process_dies_has_failed_and_can_be_made_anew(cloud: Cloud) -> None:
    dying = open_session(cloud, "dying")

    statement = dying.statement(dying.send("import os; os._exit(3)"))

    assert statement["State"] == "ERROR"
    dying.wait_for("FAILED")
    error = dying.glue.get_session(Id="dying")["Session"]["ErrorMessage"]
    assert error == "RuntimeError: The session's process ended with code 3."
    dying.glue.delete_session(Id="dying")
    assert open_session(cloud, "dying").run("print(1)") == "1\n"


def test_code_above_the_limit_of_glue_is_refused(session: Session) -> None:
    with pytest.raises(ClientError, match="more than 68000 characters"):
        session.send("#" * 68_001)

    assert session.run("#" * 68_000) == ""


def test_plain_moto_still_has_no_statements(plain: Cloud) -> None:
    glue = plain.client("glue")
    made = glue.create_session(Id="plain", Role=ROLE, Command={"Name": "glueetl"})

    assert "Session" not in made
    with pytest.raises(ClientError):
        glue.run_statement(SessionId="plain", Code="1")
