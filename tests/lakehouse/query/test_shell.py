"""The shell, by the keys that a person would press."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from ingestion.settings import Settings
from lakehouse.query.asking import QueryOptions
from lakehouse.query.output import Format
from lakehouse.query.shell import Names, run_shell
from orchestration.state.published import shown_tables

CONTROL_C, CONTROL_D, UP, TAB, ENTER = "\x03", "\x04", "\x1b[A", "\t", "\r"
Type = Callable[[str], str]


@pytest.fixture
def typed(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """What the shell shows for these keys; Ctrl-D comes after them."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def press(keys: str) -> str:
        console = Console(width=100, force_terminal=False)
        with create_pipe_input() as pipe, create_app_session(pipe, DummyOutput()):
            pipe.send_text(keys + CONTROL_D)
            with console.capture() as capture:
                run_shell(settings, console, QueryOptions(Format.TABLE, None, 1000, None))
        return capture.get()

    return press


def test_a_statement_goes_on_until_its_semicolon(typed: Type) -> None:
    shown = typed(f"select{ENTER}42 as answer{ENTER};{ENTER}")
    assert [line.strip() for line in shown.splitlines()[1:]] == ["answer", "42", "1 row"]


def test_an_error_is_shown_with_its_place_and_ends_nothing(typed: Type) -> None:
    shown = typed(f"select nothing from daily_sales;{ENTER}select 7 as seven;{ENTER}")
    assert "failed Line 1, column 8: there is no column nothing." in shown
    assert "seven" in shown


@pytest.mark.parametrize("leave", ["\\q", "exit", "quit;", "EXIT"])
def test_a_word_leaves(typed: Type, leave: str) -> None:
    assert "left" not in typed(f"{leave}{ENTER}select 1 as left;{ENTER}")


def test_control_c_drops_the_line_and_an_empty_line_asks_nothing(typed: Type) -> None:
    shown = typed(f"select 1 as dropped {CONTROL_C}{ENTER};{ENTER}select 2 as kept;{ENTER}")
    assert "dropped" not in shown
    assert "failed" not in shown
    assert "kept" in shown


def test_history_is_kept_with_the_user_and_comes_back_in_the_next_shell(
    typed: Type, tmp_path: Path
) -> None:
    typed(f"select 3 as three;{ENTER}")
    file = tmp_path / "state" / "lakehouse" / "query_history"
    assert "select 3 as three;" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert "three" in typed(f"{UP}{ENTER}")


def test_a_shell_without_a_place_for_history_works(
    typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert "four" in typed(f"select 4 as four;{ENTER}")


def test_tab_completes_a_table(typed: Type) -> None:
    assert "3" in typed(f"select count(*) as days from gold.dai{TAB};{ENTER}")


@pytest.mark.parametrize(
    ("text", "completion"),
    [
        ("select * from gold.d", "gold.daily_sales"),
        ("select * from si", "silver.orders"),
        ("select * from daily_sales where total", "total_sales"),
        ("select d.order_c", None),
        ("from gold.daily_sales as d where d.order_c", "order_count"),
        ("sel", "select"),
        ("select date_tr", "date_trunc"),
    ],
)
def test_what_completes_a_word(settings: Settings, text: str, completion: str | None) -> None:
    names = Names(shown_tables(settings, None))
    found = names.get_completions(Document(text), CompleteEvent(completion_requested=True))
    texts = [one.text for one in found]
    assert completion in texts if completion else texts == []


def test_backslash_d_lists_the_tables_or_the_columns_of_one(typed: Type) -> None:
    assert "daily_sales" in typed(f"\\d{ENTER}")
    assert "decimal(18,2)" in typed(f"\\d gold.daily_sales{ENTER}")


@pytest.mark.parametrize("word", ["\\?", "help", "HELP;", "\\h"])
def test_a_word_helps(typed: Type, word: str) -> None:
    shown = typed(f"{word}{ENTER}")
    assert "\\d TABLE" in shown
    assert "failed" not in shown
