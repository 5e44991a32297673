from __future__ import annotations

from datetime import date

from ingestion.completeness import MissingFile, find_missing, missing_in_words
from ingestion.ledger import LedgerRow, Status
from tests.ingestion.ledgers import ledger_row

CATALOG = ledger_row("products/products.csv", "p")


def both(*days: int) -> list[LedgerRow]:
    """Rows of the loaded files of both daily tables for some days of April, and the catalog's."""
    return [
        CATALOG,
        *(
            ledger_row(f"{table}/2025-04-{day:02d}.csv", f"{table}{day}")
            for table in ("orders", "order_items")
            for day in days
        ),
    ]


def missing(ledger: list[LedgerRow]) -> list[tuple[str, str]]:
    return [(file.expected_file, file.state) for file in find_missing(ledger)]


def test_nothing_is_expected_before_the_first_file() -> None:
    assert find_missing([]) == []


def test_nothing_is_missing_where_every_day_has_both_files() -> None:
    assert missing(both(1, 2, 3)) == []


def test_a_day_between_the_first_and_the_last_is_expected_of_both_tables() -> None:
    assert missing(both(1, 3)) == [
        ("orders/2025-04-02.csv", "missing"),
        ("order_items/2025-04-02.csv", "missing"),
    ]


def test_a_day_of_one_table_is_expected_of_the_other() -> None:
    assert find_missing([*both(1, 2), ledger_row("orders/2025-04-03.csv", "c")]) == [
        MissingFile("order_items", date(2025, 4, 3), "order_items/2025-04-03.csv", "missing")
    ]


def test_a_table_that_has_no_file_at_all_is_missing_on_every_day() -> None:
    ledger = [CATALOG, ledger_row("orders/2025-04-01.csv", "a")]
    assert missing(ledger) == [("order_items/2025-04-01.csv", "missing")]


def test_the_catalog_is_expected_as_soon_as_any_file_is_there() -> None:
    assert missing(both(1)[1:]) == [("products/products.csv", "missing")]
    assert find_missing(both(1)[1:])[0].file_date is None


def test_a_dated_catalog_is_a_catalog() -> None:
    assert missing([*both(1)[1:], ledger_row("products/2025-04-01.csv", "p")]) == []


def test_an_archive_is_the_file_of_its_day() -> None:
    assert (
        missing(
            [
                *both(1, 3),
                *(
                    ledger_row(f"{table}/2025-04-02.csv.gz", "z")
                    for table in ("orders", "order_items")
                ),
            ]
        )
        == []
    )


def test_a_file_that_came_and_was_not_loaded_is_missing_with_its_state() -> None:
    quarantined = ledger_row("orders/2025-04-02.csv", "x", Status.QUARANTINED)
    duplicate = ledger_row("order_items/2025-04-02.csv", "y", Status.DUPLICATE)
    assert missing([*both(1, 3), quarantined, duplicate]) == [
        ("orders/2025-04-02.csv", "quarantined"),
        ("order_items/2025-04-02.csv", "duplicate"),
    ]


def test_a_quarantined_file_on_the_last_day_is_missing() -> None:
    quarantined = ledger_row("orders/2025-04-02.csv", "x", Status.QUARANTINED)
    assert missing([*both(1), quarantined]) == [
        ("orders/2025-04-02.csv", "quarantined"),
        ("order_items/2025-04-02.csv", "missing"),
    ]


def test_a_loaded_version_counts_whatever_became_of_others() -> None:
    others = [
        ledger_row("orders/2025-04-01.csv", "bad", Status.QUARANTINED),
        ledger_row("orders/2025-04-02.csv", "old", Status.SUPERSEDED),
    ]
    assert missing([*both(1, 2), *others]) == []


def test_a_file_with_a_wrong_name_moves_no_calendar() -> None:
    assert missing([*both(1), ledger_row("orders/may.csv", "x", Status.QUARANTINED)]) == []


def test_a_few_missing_days_are_told_one_by_one_and_many_as_one() -> None:
    assert missing_in_words(find_missing(both(1, 5))) == [
        *(f"orders/2025-04-0{day}.csv (missing)" for day in (2, 3, 4)),
        *(f"order_items/2025-04-0{day}.csv (missing)" for day in (2, 3, 4)),
    ]
    quarantined = ledger_row("orders/2025-04-03.csv", "q", status=Status.QUARANTINED)
    assert missing_in_words(find_missing([*both(1, 8), quarantined])) == [
        "orders/2025-04-02.csv (missing)",
        "orders/2025-04-03.csv (quarantined)",
        "orders/2025-04-04.csv to 2025-04-07, 4 days (missing)",
        "order_items/2025-04-02.csv to 2025-04-07, 6 days (missing)",
    ]


def test_decades_of_missing_days_are_told_in_a_line_that_asks_for_the_year() -> None:
    far = ledger_row("orders/2052-04-02.csv", "f")
    words = missing_in_words(find_missing([*both(1), far]))
    assert words == [
        "orders/2025-04-02.csv to 2052-04-01, 9,862 days (missing)."
        " Has a file a typing error in the year of its name?",
        "order_items/2025-04-02.csv to 2052-04-02, 9,863 days (missing)."
        " Has a file a typing error in the year of its name?",
    ]
