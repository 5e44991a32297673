"""A Glue interactive session as the server sees it: a process and the statements given to it."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.cloud.spark.shared import SharedSpark
from tests.cloud.stand_in import StandIn

_END: Any = None


@dataclass
class Statement:
    """One statement of a session; `done` is set when its state is final."""

    number: int
    code: str
    state: str = "WAITING"
    output: dict[str, Any] | None = None
    started: float = field(default_factory=time.time)
    completed: float | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def end(self, state: str, output: dict[str, Any] | None = None) -> None:
        """Make the state final; a second end changes nothing."""
        if not self.done.is_set():
            self.state, self.output, self.completed = state, output, time.time()
            self.done.set()

    def description(self) -> dict[str, Any]:
        """What GetStatement shows."""
        shown = {
            "Id": self.number,
            "Code": self.code,
            "State": self.state,
            "Progress": 1.0 if self.done.is_set() else 0.0,
            "StartedOn": int(self.started * 1000),
        }
        if self.completed is not None:
            shown["CompletedOn"] = int(self.completed * 1000)
        return shown | ({"Output": self.output} if self.output else {})


class Session:
    """One session: statements run one after another, whoever sends them.

    Attributes:
        state: As GetSession shows it.
        error: Why it failed.
        statements: All it was ever given, by number.
    """

    def __init__(self, stand_in: StandIn, spark: SharedSpark, name: str, conf: str) -> None:
        self.state = "PROVISIONING"
        self.error: str | None = None
        self.statements: list[Statement] = []
        self._stand_in = stand_in
        self._spark = spark
        self._name = name
        self._conf = conf
        self._process: subprocess.Popen[str] | None = None
        self._waiting: queue.Queue[Statement] = queue.Queue()
        self._lock = threading.Lock()
        stand_in.in_background(self._serve)

    def run(self, code: str) -> int:
        """Take a statement and return its number."""
        with self._lock:
            statement = Statement(len(self.statements), code)
            self.statements.append(statement)
        self._waiting.put(statement)
        return statement.number

    def cancel(self, number: int) -> None:
        """Drop a statement that waits, or stop the query that one runs at this moment."""
        statement = self.statements[number]
        if statement.state == "WAITING":
            statement.end("CANCELLED")
        elif not statement.done.is_set():
            statement.state = "CANCELLING"
            self._spark.cancel(self._name)

    def stop(self) -> None:
        """End the session and its process."""
        if self.state not in ("FAILED", "STOPPED"):
            self.state = "STOPPING"
            self._waiting.put(_END)
            if self._process is not None:
                self._process.kill()

    def _serve(self) -> None:
        try:
            self._start()
            while self.state == "READY":
                statement = self._waiting.get()
                if statement is not _END and not statement.done.is_set():
                    self._execute(statement)
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
        finally:
            self.state = "STOPPED" if self.state == "STOPPING" else "FAILED"
            for statement in self.statements:
                statement.end("ERROR", {"Status": "error"} | _session_ended(self.state))
            if self._process is not None:
                self._process.kill()
                self._process.wait()

    def _start(self) -> None:
        folder = self._stand_in.new_folder("glue-sessions", self._name)
        command, variables = self._spark.child("statements.py", [self._name, self._conf])
        with (folder / "output.log").open("wb") as output:
            self._process = self._stand_in.start(
                command,
                cwd=folder,
                env=self._stand_in.environment() | variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        self._reply()
        if self.state == "PROVISIONING":
            self.state = "READY"

    def _execute(self, statement: Statement) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        statement.state, statement.started = "RUNNING", time.time()
        self._spark.sync()
        self._process.stdin.write(json.dumps({"code": statement.code}) + "\n")
        self._process.stdin.flush()
        output = self._reply()
        if statement.state == "CANCELLING":
            statement.end("CANCELLED")
        else:
            statement.end("AVAILABLE", output)

    def _reply(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The session's process ended with code {self._process.wait()}.")
        reply: dict[str, Any] = json.loads(line)
        return reply


def _session_ended(state: str) -> dict[str, str]:
    return {"ErrorName": "SessionEnded", "ErrorValue": f"The session is {state}."}
