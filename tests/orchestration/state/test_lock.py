from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from socket import gethostname

import pytest

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.state.lock import only_run

_HOLD = """
import sys
from ingestion.settings import Settings
from orchestration.state.lock import only_run
with only_run(Settings(sys.argv[1], "")):
    print("held", flush=True)
    sys.stdin.read()
"""

Process = subprocess.Popen[str]


@pytest.fixture
def hold() -> Iterator[Callable[[str], Process]]:
    """Starts another process that holds a root until its input is closed or it is killed."""
    processes: list[Process] = []

    def start(root: str) -> Process:
        process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, root],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def take(root: str) -> None:
    with only_run(Settings(root, "")):
        pass


def test_a_root_can_be_held_again_after_a_run_has_ended(tmp_path: Path) -> None:
    root = str(tmp_path / "not yet there/lake")
    take(root)
    take(root)


def test_a_run_that_fails_lets_go_of_the_root(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="failed"), only_run(Settings(str(tmp_path), "")):
        raise ValueError("failed")
    take(str(tmp_path))


def test_a_second_run_is_refused_with_the_name_of_who_holds_the_root(
    tmp_path: Path, hold: Callable[[str], Process]
) -> None:
    process = hold(str(tmp_path))
    with pytest.raises(LakehouseError) as raised:
        take(str(tmp_path))
    who = f"process {process.pid} on {gethostname()}, since "
    assert f"Another run is at work on {tmp_path} ({who}" in raised.value.problem
    assert "Wait until it has ended" in raised.value.next_step


def test_another_root_is_not_refused(tmp_path: Path, hold: Callable[[str], Process]) -> None:
    hold(str(tmp_path / "one"))
    take(str(tmp_path / "two"))


def test_a_root_is_free_once_its_holder_has_ended(
    tmp_path: Path, hold: Callable[[str], Process]
) -> None:
    process = hold(str(tmp_path))
    process.communicate("")
    take(str(tmp_path))


def test_a_root_is_free_once_its_holder_was_killed(
    tmp_path: Path, hold: Callable[[str], Process]
) -> None:
    process = hold(str(tmp_path))
    process.kill()
    process.wait()
    take(str(tmp_path))


def test_a_root_that_can_not_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LakehouseError, match="file/lake can't be written: Not a dir") as raised:
        take(str(tmp_path / "file/lake"))
    assert "--root" in raised.value.next_step


def test_holding_a_root_leaves_no_file_that_could_be_taken_for_data(tmp_path: Path) -> None:
    take(str(tmp_path))
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())


@pytest.mark.parametrize("failure", [None, ValueError("failed")])
def test_what_was_written_is_on_the_disk_when_a_root_is_let_go_of(
    failure: Exception | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    sync = os.sync

    def watched() -> None:
        order.append("synced")
        sync()

    monkeypatch.setattr(os, "sync", watched)
    with suppress(ValueError), only_run(Settings(str(tmp_path), "")):
        order.append("written")
        if failure:
            raise failure
    assert order == ["written", "synced"]


def test_a_bucket_is_held_by_one_run_and_the_way_out_of_a_killed_one_is_named(bucket: str) -> None:
    with only_run(Settings(bucket, "")), pytest.raises(LakehouseError) as raised:
        take(bucket)
    assert f"Another run is at work on {bucket} (process {os.getpid()} on " in raised.value.problem
    assert raised.value.next_step.endswith(f"If it was killed: aws s3 rm {bucket}/.lock")
    take(bucket)
