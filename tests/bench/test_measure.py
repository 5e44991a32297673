from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from bench.measure import MemorySampler, Program, alternate, measure, resident_bytes, written_bytes

MIB = 1024**2
HOLD = (
    "import sys; held = bytearray({mib} * 1024**2); print(len(held), flush=True); sys.stdin.read()"
)


def test_the_memory_of_a_child_and_of_its_child_is_counted_together() -> None:
    parent = (
        "import subprocess, sys;"
        f"child = subprocess.Popen([sys.executable, '-c', {HOLD.format(mib=100)!r}],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE);"
        "child.stdout.readline();" + HOLD.format(mib=200)
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert 300 * MIB < resident_bytes(process.pid) < 360 * MIB
        process.communicate()


def test_the_sampler_of_a_session_without_processes_saw_nothing() -> None:
    assert MemorySampler(2**31 - 1).stop() == 0


def test_the_size_of_a_root_is_that_of_its_files_without_logs(tmp_path: Path) -> None:
    for name, size in (
        ("gold/t/part.parquet", 300),
        ("gold/t/_delta_log/0.json", 40),
        ("logs/x", 9),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    assert written_bytes(tmp_path) == 340


def program(folder: Path, code: str) -> Program:
    (folder / "measured.py").write_text(code)
    return Program("a program", "measured")


def test_a_run_has_the_phases_of_the_last_line_and_what_it_wrote(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys\n"
        "root = pathlib.Path(sys.argv[sys.argv.index('--root') + 1])\n"
        "(root / 'table').write_bytes(bytes(70))\n"
        "print('chatter')\n"
        'print(\'{"seconds": {"start": 0.5, "ingest": 2.0}}\')\n'
    )
    run = measure(
        program(tmp_path, code), tmp_path, tmp_path / "root", tmp_path / "logs", 2, tmp_path
    )
    assert (run.program, run.round, run.exit_code, run.written_bytes) == ("a program", 2, 0, 70)
    assert run.phases == {"start": 0.5, "ingest": 2.0}
    assert run.seconds > 0


def test_a_run_that_fails_has_its_exit_code_no_phases_and_a_log(tmp_path: Path) -> None:
    code = "import sys; sys.exit('out of memory')"
    run = measure(
        program(tmp_path, code), tmp_path, tmp_path / "root", tmp_path / "logs", 1, tmp_path
    )
    assert (run.exit_code, run.phases) == (1, {})
    assert (tmp_path / "logs" / "a-program.log").read_text() == "out of memory\n"


def test_what_a_program_leaves_behind_is_ended_with_it(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'],"
        " stdout=subprocess.DEVNULL)\n"
        "open('left', 'w').write(str(child.pid))\n"
    )
    measure(program(tmp_path, code), tmp_path, tmp_path / "root", tmp_path / "logs", 1, tmp_path)
    assert has_ended(int((tmp_path / "left").read_text()))


def has_ended(process: int) -> bool:
    """Wait until a process has ended, which one that was killed does at once."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    ready, _, _ = select.select([handle], [], [], 10)
    os.close(handle)
    return bool(ready)


def test_programs_run_in_turns_each_into_an_empty_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import pathlib, sys\n"
        "root = pathlib.Path(sys.argv[sys.argv.index('--root') + 1])\n"
        "assert not list(root.iterdir())\n"
        "(root / 'table').write_bytes(bytes(70))\n"
    )
    one = program(tmp_path, code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    other = Program("another", one.module)
    (tmp_path / "work" / "root" / "left-by-a-run-that-was-stopped").mkdir(parents=True)
    runs = alternate([one, other], 2, tmp_path / "raw", tmp_path / "work")
    assert [(run.round, run.program, run.exit_code) for run in runs] == [
        (1, "a program", 0),
        (1, "another", 0),
        (2, "a program", 0),
        (2, "another", 0),
    ]
    assert not (tmp_path / "work" / "root").exists()
