"""Each limit in a process of its own: the hard end is one."""

from __future__ import annotations

import subprocess
import sys

from orchestration.project import PROJECT_FOLDER


def ended(program: str) -> subprocess.CompletedProcess[str]:
    begin = (
        "from threading import Event\n"
        "from orchestration.aws import time_limit\n"
        "time_limit.GRACE_SECONDS = 0.2\n"
    )
    return subprocess.run(
        [sys.executable, "-c", begin + program],
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_build_whose_session_can_not_be_stopped_ends_hard_too() -> None:
    process = ended(
        "with time_limit.stopped_in_time(0.05, at_stop=lambda: Event().wait()):\n"
        "    Event().wait()\n"
    )
    assert process.returncode == 1
    assert "the build ends without waiting" in process.stderr


def test_a_build_that_stops_in_time_says_why() -> None:
    process = ended(
        "try:\n"
        "    with time_limit.stopped_in_time(0.06, at_stop=lambda: print('stopping')):\n"
        "        Event().wait()\n"
        "except time_limit.Stopped as stopped:\n"
        "    print(stopped)\n"
    )
    assert process.returncode == 0
    assert process.stdout.startswith(
        "stopping\nThe build took longer than 0.001 minutes and was stopped."
    )
