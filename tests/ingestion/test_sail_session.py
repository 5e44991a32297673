"""Sail ends a session that makes no request for a while, also while it waits for an answer.

Each test starts Sail in a process of its own, as the limit is read once, when the server starts.
"""

from __future__ import annotations

import os
import subprocess
import sys

# Some seconds of work in one request.
LONG = "select count(*) as n from range(60000000) where sqrt(id * 1.0) + sin(id * 1.0) > 1.5"
# So much longer than the limit that no machine is quick enough for it; the lost session ends it.
ENDLESS = LONG.replace("60000000", "6000000000")
LIMIT = "sail.SESSION_SECONDS = 1"


def on_sail(do: str, setting: str = "", **environ: str) -> str:
    """What a process prints that does something on Sail, or how the engine failed."""
    script = f"""
from pyspark.errors import PySparkException
from ingestion import sail
{setting}
session = sail.start()
session.sql("create database made_before")
try:
    {do}
except PySparkException as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_query_longer_than_the_limit_loses_the_session() -> None:
    assert "is not running" in on_sail(f"print(session.sql({ENDLESS!r}).collect())", LIMIT)


def test_rows_that_arrived_before_the_session_was_lost_do_not_pass_for_all() -> None:
    some = f"{ENDLESS.replace('count(*) as n', 'id')} and id % 100 = 7"
    assert "is not running" in on_sail(f"print(len(session.sql({some!r}).toPandas()))", LIMIT)


def test_no_query_loses_the_session_of_the_product_whatever_the_caller_has_set() -> None:
    said = on_sail(
        f"print(session.sql({LONG!r}).collect(), session.catalog.databaseExists('made_before'))",
        SAIL_SPARK__SESSION_TIMEOUT_SECS="1",
    )
    assert said == "[Row(n=59999997)] True\n"
