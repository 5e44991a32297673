"""A run whose session the engine ends, for real: Sail with a limit of seconds, and a long query."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.settings import Settings
from orchestration.project import PROJECT_FOLDER
from orchestration.state.delta_reader import connect

RAW = ("--raw", "sample")

# The command, on a Sail with a small limit. `lose` is a request that takes longer; until then
# another thread makes requests, as the command may be busy with other things for longer, too.
PROGRAM = """
import sys, threading
from contextlib import suppress
from pyspark.errors import PySparkException
from ingestion import sail

sail.SESSION_SECONDS = 3
LONG = "select count(*) from range(200000000) where sqrt(id * 1.0) + sin(id * 1.0) > 1.5"
over = threading.Event()
start = sail.start

def start_and_keep():
    session = start()
    def keep():
        with suppress(PySparkException):
            while not over.wait(0.2):
                session.conf.get("spark.sql.session.timeZone")
    threading.Thread(target=keep, daemon=True).start()
    return session

def lose(session):
    over.set()
    session.sql(LONG).collect()

sail.start = start_and_keep
"""

DURING_INGEST = """
from ingestion import ingest

write_bronze = ingest.write_bronze
def lose_then_write(spark, *arguments):
    lose(spark)
    write_bronze(spark, *arguments)
ingest.write_bronze = lose_then_write
"""

DURING_BUILD = """
from ingestion.sail import SailSession

sql = SailSession.sql
def lose_at_products(self, statement, *arguments, **named):
    if "create or replace table silver.products" in statement and not over.is_set():
        lose(self)
    return sql(self, statement, *arguments, **named)
SailSession.sql = lose_at_products
"""


@pytest.mark.parametrize(
    ("lost", "command"),
    [
        (DURING_INGEST, ("ingest", *RAW)),
        (DURING_BUILD, ("build", "--select", "products")),
    ],
)
def test_a_lost_session_is_said_once_with_the_next_step(
    tmp_path: Path, lost: str, command: tuple[str, ...]
) -> None:
    program = f"{PROGRAM}{lost}\nfrom lakehouse.cli import command\ncommand()\n"
    done = subprocess.run(
        [sys.executable, "-c", program, *command, "--root", str(tmp_path)],
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 2, done.stderr
    problem, next_step = done.stderr.splitlines()
    assert "The engine ended the session in the middle of the run: session " in problem
    assert "Run the same command again" in next_step
    runs = connect(Settings.read(root=str(tmp_path))).execute(
        "select command, status from ops.runs"
    )
    assert runs.fetchall() == [(" ".join(word for word in command if word not in RAW), "failed")]
