"""The process of a Glue interactive session: runs statements one after another in one namespace.

    python tests/cloud/spark/statements.py NAME CONF

Each line of stdin is a statement, `{"code": ...}`; each line of stdout what became of it, as in
Glue's `Statement.Output`. The first line of stdout says that the session is ready.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any, TextIO

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Serve until stdin ends."""
    replies = os.fdopen(os.dup(1), "w")
    # What the JVM or a library prints must not come between the replies.
    os.dup2(2, 1)
    sys.path.remove(str(HERE))
    sys.path += [str(HERE / "stubs"), str(HERE.parents[2])]
    from tests.cloud.spark.attach import attach

    name, conf = sys.argv[1:]
    session = attach(conf)
    # By this name the server can cancel what a statement runs.
    session.sparkContext.setJobGroup(name, name)
    sys.argv = ["session"]
    namespace = {"__name__": "__main__", "spark": session, "sc": session.sparkContext}
    _reply(replies, {})
    for number, line in enumerate(sys.stdin):
        _reply(replies, {"ExecutionCount": number} | run(json.loads(line)["code"], namespace))


def run(code: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """Run one statement; an exception in it is an output like any other."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(_compiled(code), namespace)
    except Exception as error:
        return {
            "Status": "error",
            "Data": {"TextPlain": printed.getvalue()},
            "ErrorName": type(error).__name__,
            "ErrorValue": str(error),
            "Traceback": traceback.format_exc().splitlines(),
        }
    return {"Status": "ok", "Data": {"TextPlain": printed.getvalue()}}


@lru_cache
def _compiled(code: str) -> CodeType:
    """dbt-glue sends the same preamble before every query."""
    return compile(code, "<statement>", "exec")


def _reply(stream: TextIO, reply: dict[str, Any]) -> None:
    stream.write(json.dumps(reply) + "\n")
    stream.flush()


if __name__ == "__main__":
    main()
