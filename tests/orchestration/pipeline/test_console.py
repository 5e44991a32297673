"""Whatever a command prints, no text of a file steers the terminal."""

from __future__ import annotations

import pytest
from rich.table import Table
from rich.tree import Tree

from orchestration.pipeline.console import new_console
from orchestration.pipeline.progress import Display

HOSTILE = "a\x1b[2J\x1b]0;title\x07\u202e\x9b5nb"
CODES = "\\u202e\\x9b5nb"


def _table() -> Table:
    table = Table(HOSTILE, title=HOSTILE)
    table.add_row(HOSTILE)
    return table


@pytest.mark.parametrize("renderable", [HOSTILE, _table(), Tree(HOSTILE)], ids=["text", "", "tree"])
def test_control_characters_are_shown_by_their_codes(
    capsys: pytest.CaptureFixture[str], renderable: object
) -> None:
    new_console().print(renderable, markup=False)
    shown = capsys.readouterr().out
    assert shown.replace("\n", "").isprintable()
    assert "\\x1b[2J\\x1b]0;title" in shown
    assert CODES in shown


def test_the_styles_of_the_console_itself_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    console = new_console()
    with console.capture() as capture:
        console.print("[red]failed[/] \x1b[31m", highlight=False)
    assert capture.get() == "\x1b[31mfailed\x1b[0m \\x1b[31m\n"


def test_a_file_in_hand_is_shown_by_its_codes_in_the_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    console = new_console()
    with console.capture() as capture, Display(console, quiet=False).step("ingest") as step:
        step("orders/\x1b]0;title\x07.csv", 1, 2)
    assert "\x1b]0" not in capture.get()
