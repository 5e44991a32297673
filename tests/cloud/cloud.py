"""Start and stop the stand-in cloud, and use it: for tests and for people.

with Cloud(folder) as cloud:
    cloud.client("s3").create_bucket(...)
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from ingestion.errors import LakehouseError
from tests.cloud.events import input_of, scheduled_event
from tests.cloud.server import READY
from tests.cloud.stand_in import (
    ACCOUNT,
    client_environment,
    client_of,
    end_group,
    environment_for,
    free_port,
    signal_group,
)

PROJECT_FOLDER = Path(__file__).parents[2]
SECONDS_TO_START = 60
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
T = TypeVar("T")


class Cloud:
    """A stand-in cloud in a child process, with nothing in it at first.

    Attributes:
        folder: Has server.log, calls.log and a folder for each run.
        endpoint: URL of all services.
        account: The account that everything is in.
        plain: moto without the patches, to see what it lacks.
    """

    def __init__(self, folder: Path, *, port: int = 0, plain: bool = False) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.account = ACCOUNT
        self.plain = plain
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            LakehouseError: It ended or did not answer; its log is named.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.cloud.server", "--port", str(self.port)]
        command += ["--folder", str(self.folder), "--until-eof"]
        command += ["--plain"] if self.plain else []
        (self.folder / READY).unlink(missing_ok=True)
        with (self.folder / "server.log").open("ab") as output:
            self._server = subprocess.Popen(
                command,
                cwd=PROJECT_FOLDER,
                env=environment_for(self.endpoint),
                stdin=subprocess.PIPE,  # ends with this process, even if that is killed
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while not (self.folder / READY).exists():
            if self._server.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise LakehouseError(
                    "The stand-in cloud did not start.", f"Read {self.folder / 'server.log'}."
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server and everything that it started. Twice does no harm."""
        if self._server is not None:
            signal_group(self._server, signal.SIGTERM)
            end_group(self._server)
            assert self._server.stdin is not None
            self._server.stdin.close()
            self._server = None

    def client(self, service: str) -> Any:
        """A boto3 client of the stand-in."""
        return client_of(service, self.endpoint)

    @property
    def variables(self) -> dict[str, str]:
        """What a shell must set to use the stand-in."""
        return client_environment(self.endpoint)

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment, made to use the stand-in, for a child process."""
        return environment_for(self.endpoint)

    def throttle(self, service: str, operation: str, times: int) -> None:
        """Refuse the next calls of an operation, such as ("glue", "GetTable"), as too many.

        It replaces what was asked before; 0 times is none.
        """
        self._control("throttle", service=service, operation=operation, times=times)

    def fail_next_runs(
        self, job: str, times: int, message: str = "", table: str | None = None
    ) -> None:
        """Let the next runs of a Glue job, or those for a table, fail instead of running.

        It replaces what was asked before; 0 times is none.
        """
        arguments = {"--tables": table} if table else {}
        self._control("fail-next-runs", job=job, times=times, message=message, arguments=arguments)

    def fire(self, rule: str, time: datetime) -> None:
        """Call the functions that a rule with a schedule calls, as when this is its time."""
        event = scheduled_event(rule, time)
        targets = self.client("events").list_targets_by_rule(Rule=rule)["Targets"]
        for target in targets:
            self.client("lambda").invoke(
                FunctionName=target["Arn"],
                InvocationType="Event",
                Payload=input_of(target, event),
            )

    def calls(self) -> list[tuple[str, str]]:
        """(Service, operation) of all calls so far, in order."""
        lines = (self.folder / "calls.log").read_text().splitlines()
        return [(service, operation) for _, service, operation in (x.split(" ", 2) for x in lines)]

    def until(self, look: Callable[[], T], seconds: float = 60) -> T:
        """Look again and again until there is something, and return it.

        Raises:
            TimeoutError: Nothing came.
        """
        deadline = time.monotonic() + seconds
        pause = FIRST_PAUSE
        while not (found := look()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Nothing came in {seconds:.0f} seconds.")
            time.sleep(pause)
            # What takes long is looked at less often: each look costs the server time, too.
            pause = min(pause * 1.3, LONGEST_PAUSE)
        return found

    def _control(self, what: str, **asked: Any) -> None:
        request = urllib.request.Request(
            f"{self.endpoint}/stand-in/{what}", data=json.dumps(asked).encode()
        )
        # No proxy of the environment: the server is on the loopback.
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()
