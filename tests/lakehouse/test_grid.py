"""How rows are shown on terminals of several widths, and where there is no terminal."""

from __future__ import annotations

import pytest
from rich.console import Console

from lakehouse.grid import Grid, print_grid

WIDE = [f"c{n}" for n in range(6)]
X = "x" * 8


def shown(grid: Grid, width: int, *, is_terminal: bool = True) -> tuple[list[str], list[str]]:
    """The lines, and the columns that have no room."""
    console = Console(width=width, force_terminal=is_terminal, color_system=None)
    with console.capture() as capture:
        gone = print_grid(console, grid)
    return capture.get().splitlines(), gone


def wide(rows: int, **form: object) -> Grid:
    return Grid(WIDE, [[X] * 6] * rows, [False] * 6, **form)  # type: ignore[arg-type]


def test_what_fits_is_a_table_with_numbers_to_the_right() -> None:
    grid = Grid(["name", "count"], [["a", "7"], ["bcdef", "1,000"]], [False, True])
    assert shown(grid, 20) == (["name   count", "a          7", "bcdef  1,000"], [])


def test_letters_of_two_columns_are_counted_as_two() -> None:
    grid = Grid(["name", "n"], [["日本", "1"], ["abcd", "2"]], [False, True])
    assert shown(grid, 7)[0] == ["name  n", "日本  1", "abcd  2"]


def test_few_rows_that_are_too_wide_are_shown_one_below_the_other() -> None:
    lines, gone = shown(wide(2), 30)
    assert lines[:3] == ["-- row 1", f"c0  {X}", f"c1  {X}"]
    assert (len(lines), gone) == (14, [])


def test_one_row_needs_no_number() -> None:
    assert shown(wide(1), 30)[0][0] == f"c0  {X}"


def test_of_many_rows_the_columns_that_fit_are_shown_and_the_others_named() -> None:
    lines, gone = shown(wide(6), 30)
    assert lines[0].split() == ["c0", "c1", "c2"]
    assert gone == ["c3", "c4", "c5"]


@pytest.mark.parametrize(
    ("width", "gone"), [(58, []), (57, ["c1"]), (48, ["c1"]), (47, ["c0", "c1"])]
)
def test_the_less_important_columns_go_first_and_no_more_than_must(
    width: int, gone: list[str]
) -> None:
    assert shown(wide(2, may_go=("c1", "c0", "c5")), width)[1] == gone


def test_a_sentence_takes_several_lines_beside_its_row_or_below_it() -> None:
    sentence = "the header names a column that no table of this project has"
    grid = Grid(["file", "reason"], [["a.csv", sentence]], [False, False], text="reason")
    assert shown(grid, 55)[0] == [
        "file   reason",
        "a.csv  the header names a column that no table of this",
        "       project has",
    ]
    assert shown(grid, 40)[0] == [
        "file",
        "a.csv",
        "    the header names a column that no",
        "    table of this project has",
    ]


def test_without_a_terminal_a_row_is_a_line_and_nothing_is_left_out() -> None:
    lines, gone = shown(wide(9, may_go=("c1",)), 10, is_terminal=False)
    assert [len(line.split()) for line in lines] == [6] * 10
    assert gone == []


def test_what_would_steer_the_terminal_is_shown_by_its_code() -> None:
    grid = Grid(["n\x1bame"], [["a\x1b[2J\x07\u202e\n\x9bb"]], [False])
    assert shown(grid, 80)[0] == ["n\\x1bame", "a\\x1b[2J\\x07\\u202e\\n\\x9bb"]
