from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from rich.console import Console

from lakehouse.page import Page, Table
from tests.lakehouse.json_pages import as_json


def shown(page: Page, width: int = 80) -> str:
    console = Console(width=width, force_terminal=True, color_system=None)
    with console.capture() as capture:
        page.show(console)
    return capture.get()


def page_of(*rows: tuple[object, ...], columns: tuple[str, ...] = ("run_id", "value")) -> Page:
    page = Page()
    page.table(Table("found", "What was found", columns, rows))
    return page


def test_programs_get_whole_ids_exact_numbers_and_iso_times() -> None:
    moment = datetime(2025, 4, 1, 12, tzinfo=UTC)
    rows = [("0123456789abcdef", Decimal("12.50")), ("b", moment), ("c", date(2025, 4, 1))]
    assert as_json(page_of(*rows)) == {
        "found": [
            {"run_id": "0123456789abcdef", "value": 12.5},
            {"run_id": "b", "value": "2025-04-01T12:00:00+00:00"},
            {"run_id": "c", "value": "2025-04-01"},
        ]
    }


def test_people_get_the_beginning_of_an_id_and_thousands_apart() -> None:
    assert "0123456789ab  12,000\n" in shown(page_of(("0123456789abcdef", 12000)))


def test_a_table_without_rows_is_an_empty_list_and_not_printed() -> None:
    assert as_json(page_of()) == {"found": []}
    assert shown(page_of()) == ""


def test_json_steers_no_terminal_and_is_read_back_as_it_was() -> None:
    text = 'a\x1b[2J\x07\u202e\n\x9b"\\ \U000e0001 é'
    assert as_json(page_of(("r", text)))["found"][0]["value"] == text


def test_of_a_long_table_the_rest_is_counted_for_people_alone() -> None:
    page = page_of(*[("r", number) for number in range(1200)])
    assert shown(page).endswith("\nand 1,170 more\n")
    assert len(as_json(page)["found"]) == 1200


def test_columns_without_room_are_named_with_the_way_to_see_them() -> None:
    rows = [tuple("x" * 30 for _ in range(3))] * 6
    text = " ".join(shown(page_of(*rows, columns=("a", "b", "some_name")), width=64).split())
    assert "no room for some name: widen the terminal, or take --format json" in text
