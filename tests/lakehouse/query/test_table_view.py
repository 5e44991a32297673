"""What does not fit the terminal is shown one below the other, or left out with a word."""

from __future__ import annotations

import io

from rich.console import Console

from ingestion.settings import Settings
from lakehouse.query.engine import ask
from lakehouse.query.table_view import Escaped, print_table

WIDE = ", ".join(f"'{'x' * 8}' as c{n}" for n in range(6))


def shown(settings: Settings, sql: str) -> list[str]:
    console = Console(width=30, force_terminal=True, color_system=None)
    with console.capture() as capture:
        print_table(console, ask(settings, sql), 100)
    return capture.get().splitlines()


def test_few_wide_rows_are_shown_upright(settings: Settings) -> None:
    lines = shown(settings, f"select {WIDE}")
    assert lines[:2] == ["c0  xxxxxxxx", "c1  xxxxxxxx"]
    assert lines[-1] == "1 row"


def test_of_many_wide_rows_the_columns_that_fit_are_shown(settings: Settings) -> None:
    lines = shown(settings, f"select {WIDE} from unnest(sequence(1, 9)) as n (n)")
    assert lines[0].split() == ["c0", "c1", "c2"]
    assert lines[-1].startswith("9 rows; 3 of 6 columns fit")


def test_what_would_steer_a_terminal_is_shown_by_its_code() -> None:
    target = io.StringIO()
    Escaped(target).write("a\x1b[2J\n\x9bb\n")
    assert target.getvalue() == "a\\x1b[2J\n\\x9bb\n"


def test_a_control_character_of_a_value_is_shown_by_its_code(settings: Settings) -> None:
    assert shown(settings, "select chr(27) as c")[1] == "\\x1b"
