"""What the server of the stand-in cloud and all of its patches share.

The server is one process. What runs code of this project (a Glue job, a build, a Lambda function)
is a child process of it that talks to the server as it would to AWS.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3

REGION = "eu-west-1"
ACCOUNT = "123456789012"
SECONDS_TO_END = 10
_SETTINGS_OF_OURS = ("AWS_", "LAKEHOUSE_", "DBT_", "MOTO_", "PYTEST_", "SPARK_")

log = logging.getLogger(__name__)

# The command, and what to add to the environment, that runs a Glue script with its arguments.
GlueLauncher = Callable[[Path, list[str]], tuple[list[str], dict[str, str]]]


def client_environment(endpoint: str) -> dict[str, str]:
    """What makes any client of AWS, in any language, use the stand-in and nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ALLOW_HTTP": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def free_port() -> int:
    """A port of this machine at which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def environment_for(endpoint: str) -> dict[str, str]:
    """This process's environment for a child, without settings for AWS, Spark and the lakehouse.

    A process that has used Sail says so to PySpark by its environment, and a Glue job has a JVM.
    """
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS_OF_OURS)
    }
    return kept | client_environment(endpoint)


@dataclass
class FailingRuns:
    """Runs of a Glue job that fail instead of running.

    Attributes:
        messages: With which the next ones fail.
        arguments: Only runs that are given these fail.
    """

    messages: list[str]
    arguments: dict[str, str]


@dataclass
class StandIn:
    """The server as its patches see it.

    Attributes:
        port: Of the server, on the loopback.
        folder: Where everything that runs keeps its files; one folder for each run.
        launch_glue: Gives the command for a Glue script; None runs it with this interpreter.
        failing_runs: Job name to its next runs that fail.
        throttled: (Service, operation) to the number of its next calls that are refused.
    """

    port: int
    folder: Path
    launch_glue: GlueLauncher | None = None
    failing_runs: dict[str, FailingRuns] = field(default_factory=dict)
    throttled: Counter[tuple[str, str]] = field(default_factory=Counter)
    _processes: set[subprocess.Popen[Any]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def endpoint(self) -> str:
        """The URL of every service."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str) -> Any:
        """A boto3 client; any service, so without the types of one."""
        return client_of(service, self.endpoint)

    def environment(self) -> dict[str, str]:
        """The environment of a child process."""
        return environment_for(self.endpoint)

    def failure_of(self, job: str, arguments: dict[str, str]) -> str | None:
        """The message with which a run has to fail, if it has to; it counts as one."""
        with self._lock:
            failing = self.failing_runs.get(job)
            if failing and failing.messages and failing.arguments.items() <= arguments.items():
                return failing.messages.pop(0)
        return None

    def new_folder(self, kind: str, name: str) -> Path:
        """Make the folder of one run, named after what runs and numbered."""
        with self._lock:
            parent = self.folder / kind
            parent.mkdir(exist_ok=True)
            count = sum(1 for found in parent.iterdir() if found.name.startswith(f"{name}."))
            folder = parent / f"{name}.{count + 1}"
            folder.mkdir()
        return folder

    def start(self, command: list[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a child process as leader of its own group; it ends with the server."""
        process = subprocess.Popen(command, start_new_session=True, **options)
        with self._lock:
            self._processes = {kept for kept in self._processes if kept.poll() is None} | {process}
        return process

    def in_background(self, work: Callable[[], None]) -> None:
        """Run something beside the answer to a request; what it raises is logged."""

        def logged() -> None:
            try:
                work()
            except Exception:
                log.exception("Work in the background failed")

        threading.Thread(target=logged, daemon=True).start()

    def stop(self) -> None:
        """End every child process that still runs, and what it started."""
        with self._lock:
            running = [process for process in self._processes if process.poll() is None]
        for process in running:
            signal_group(process, signal.SIGTERM)
        for process in running:
            end_group(process)


@cache
def client_of(service: str, endpoint: str) -> Any:
    """A boto3 client of a stand-in, made once; boto3 clients may be shared by threads."""
    return boto3.session.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
    ).client(service, endpoint_url=endpoint)  # type: ignore[call-overload]


def signal_group(process: subprocess.Popen[Any], number: int) -> None:
    """Signal a process that leads its group, and the whole group; none left is fine."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def end_group(process: subprocess.Popen[Any]) -> None:
    """Wait for a process that was told to end, and kill it and its group if it does not."""
    try:
        process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        log.warning("Process %s did not end by itself", process.pid)
    signal_group(process, signal.SIGKILL)
    process.wait()
