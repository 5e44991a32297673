"""Ctrl-C as it comes from a terminal: to every process of the command, at a known moment."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.settings import Settings
from orchestration.project import PROJECT_FOLDER
from orchestration.state.damage import find_damage
from orchestration.state.lock import only_run

PRODUCTS = "product_id,department_id,department,product_name\n1,2,Home,Lamp\n"


def interrupted(moment: bytes, *arguments: str) -> tuple[int, str, str]:
    """Run a command and interrupt it when it shows a word: exit code, output, error output."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "lakehouse.cli", *arguments],
        cwd=PROJECT_FOLDER,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown, is_sent = b"", False
        while chunk := _read(ours):
            shown += chunk
            if moment in shown and not is_sent:
                os.killpg(process.pid, signal.SIGINT)
                is_sent = True
        assert process.stderr is not None
        said = process.stderr.read().decode()
    os.close(ours)
    assert is_sent, shown.decode()
    return process.returncode, shown.decode(), said


@pytest.mark.parametrize("moment", [b"the engine", b"build "])
def test_a_run_ends_with_130_and_a_sentence_and_nothing_half_done(
    tmp_path: Path, moment: bytes
) -> None:
    raw, root = tmp_path / "raw", tmp_path / "lake"
    (raw / "products").mkdir(parents=True)
    (raw / "products" / "products.csv").write_text(PRODUCTS)
    code, shown, said = interrupted(moment, "run", "--raw", str(raw), "--root", str(root))
    words = "Nothing half done is visible; run the same command again to go on."
    assert (code, said) == (130, f"interrupted. {words}\n")
    assert "Traceback" not in shown
    settings = Settings(str(root), str(raw))
    with only_run(settings):
        assert find_damage(settings) == []


def test_a_command_without_a_word_for_it_ends_with_130_too(tmp_path: Path) -> None:
    code, shown, said = interrupted(
        b"writing raw files", "generate", "--raw", str(tmp_path / "raw"), "--days", "3000"
    )
    assert (code, said) == (130, "interrupted.\n")
    assert "Aborted" not in shown + said


def test_a_comparison_of_checkouts_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, scratch = tmp_path / "raw", tmp_path / "scratch"
    (raw / "products").mkdir(parents=True)
    (raw / "products" / "products.csv").write_text(PRODUCTS)
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    code, shown, said = interrupted(
        b"build ", "diff", "--checkout", str(PROJECT_FOLDER), "--raw", str(raw)
    )
    words = "What was built for the comparison is gone."
    assert (code, said) == (130, f"interrupted. {words}\n")
    assert "Traceback" not in shown
    assert list(scratch.iterdir()) == []


def _read(terminal: int) -> bytes:
    """What comes next; nothing when the other side has ended."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
