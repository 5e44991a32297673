from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from ingestion.tables import Column, Type
from ingestion.values import ARROW_TYPES, to_type


def typed(
    type_: Type, *texts: str, required: bool = False
) -> tuple[list[object], dict[str, list[bool]]]:
    """The values of one column `c`, and the mask of each kind of fault."""
    column = to_type(pa.array(texts, pa.string()), Column("c", type_, required))
    assert column.values.type == ARROW_TYPES[type_]
    return column.values.to_pylist(), {
        code: mask.to_pylist() for code, mask in column.faults.items()
    }


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (Type.BIGINT, "42", 42),
        (Type.STRING, "salt", "salt"),
        (Type.MONEY, "12.50", Decimal("12.50")),
        (Type.DATE, "2025-04-01", date(2025, 4, 1)),
        (Type.TIMESTAMP, "2025-04-01T10:20:30", utc(2025, 4, 1, 10, 20, 30)),
    ],
)
def test_a_good_value_has_no_fault(type_: Type, text: str, value: object) -> None:
    assert typed(type_, text, required=True) == ([value], {})


@pytest.mark.parametrize("type_", list(Type))
def test_an_empty_value_is_missing_where_it_is_required(type_: Type) -> None:
    assert typed(type_, "", "  ", required=True) == ([None, None], {"missing:c": [True, True]})


@pytest.mark.parametrize("type_", list(Type))
def test_an_empty_value_is_null_where_it_is_not_required(type_: Type) -> None:
    assert typed(type_, "", "  ") == ([None, None], {})


@pytest.mark.parametrize("type_", list(Type))
def test_a_column_without_records_is_empty(type_: Type) -> None:
    assert typed(type_, required=True) == ([], {})


@pytest.mark.parametrize(
    "text", ["1.5", "1.", ".0", "1,0", "1e3", "abc", "0x1", "1 000", "--1", "-", "\u0661", "NaN"]
)
def test_what_is_no_integer_has_the_wrong_type(text: str) -> None:
    assert typed(Type.BIGINT, text, "7", required=True) == ([None, 7], {"type:c": [True, False]})


def test_a_number_has_one_fault_and_not_also_a_missing_value() -> None:
    values, faults = typed(Type.BIGINT, "abc", "", "7", required=True)
    assert values == [None, None, 7]
    assert faults == {"missing:c": [False, True, False], "type:c": [True, False, False]}


def test_integers_reach_to_both_ends_of_64_bits() -> None:
    ends = [-(2**63), 2**63 - 1]
    assert typed(Type.BIGINT, *map(str, ends)) == (ends, {})


@pytest.mark.parametrize(
    "text", [str(2**63), str(-(2**63) - 1), "9" * 38, "9" * 500, "-" + "9" * 40]
)
def test_an_integer_beyond_64_bits_is_out_of_range(text: str) -> None:
    assert typed(Type.BIGINT, text, "7") == ([None, 7], {"range:c": [True, False]})


def test_blanks_around_a_number_and_leading_zeros_mean_nothing() -> None:
    assert typed(Type.BIGINT, " 7 ", "007", "-0") == ([7, 7, 0], {})
    assert typed(Type.BIGINT, "0" * 60 + "7") == ([7], {})


def test_a_fraction_of_zero_means_nothing_in_an_integer() -> None:
    assert typed(Type.BIGINT, "7.0", "-7.00", "0.0", "007.0") == ([7, -7, 0, 7], {})
    assert typed(Type.BIGINT, "9223372036854775808.0") == ([None], {"range:c": [True]})


@pytest.mark.parametrize("word", ["\\N", "NULL", " NULL "])
def test_a_word_for_no_value_is_no_name(word: str) -> None:
    for required in (True, False):
        assert typed(Type.STRING, word, "Null", required=required) == (
            [None, "Null"],
            {"type:c": [True, False]},
        )


def test_blanks_inside_a_text_stay() -> None:
    assert typed(Type.STRING, " a b ", required=True) == ([" a b "], {})


@pytest.mark.parametrize(
    "text", ["12.345", "0.001", "12.5001", "12,50", "$12", "1e3", "12.", ".5", "x"]
)
def test_an_amount_is_never_rounded_or_guessed(text: str) -> None:
    assert typed(Type.MONEY, text, "1.00") == ([None, Decimal("1.00")], {"type:c": [True, False]})


def test_zeros_behind_the_cents_of_an_amount_mean_nothing() -> None:
    values, faults = typed(Type.MONEY, "12", "12.5", "12.50", "12.500", "12.340000", "-0.100")
    assert values == [Decimal(text) for text in ("12", "12.5", "12.5", "12.5", "12.34", "-0.1")]
    assert faults == {}


def test_an_amount_reaches_to_18_digits() -> None:
    widest = "9999999999999999.99"
    assert typed(Type.MONEY, widest, f"-{widest}", f"000{widest}00") == (
        [Decimal(widest), -Decimal(widest), Decimal(widest)],
        {},
    )


@pytest.mark.parametrize("text", ["10000000000000000", "-10000000000000000.00", "9" * 60])
def test_an_amount_beyond_18_digits_is_out_of_range(text: str) -> None:
    assert typed(Type.MONEY, text, "1") == ([None, Decimal(1)], {"range:c": [True, False]})


def test_february_29th_is_a_day_in_leap_years_only() -> None:
    values, faults = typed(Type.DATE, "2024-02-29", "2025-02-29", "1900-02-29", "2000-02-29")
    assert values == [date(2024, 2, 29), None, None, date(2000, 2, 29)]
    assert faults == {"type:c": [False, True, True, False]}


@pytest.mark.parametrize(
    "text", ["2025-02-30", "2025-13-01", "2025-4-1", "01.04.2025", "20250401", "0000-01-01"]
)
def test_what_the_calendar_does_not_have_is_no_date(text: str) -> None:
    assert typed(Type.DATE, text, "2025-04-01") == (
        [None, date(2025, 4, 1)],
        {"type:c": [True, False]},
    )


def test_a_date_is_no_timestamp_and_a_timestamp_no_date() -> None:
    assert typed(Type.DATE, "2025-04-01T10:00:00") == ([None], {"type:c": [True]})
    assert typed(Type.TIMESTAMP, "2025-04-01") == ([None], {"type:c": [True]})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-04-01 10:20", utc(2025, 4, 1, 10, 20)),
        ("2025-04-01T10:20:30Z", utc(2025, 4, 1, 10, 20, 30)),
        ("2025-04-01T10:20:30.5", utc(2025, 4, 1, 10, 20, 30, 500_000)),
        ("2025-04-01T10:20:30.123456", utc(2025, 4, 1, 10, 20, 30, 123_456)),
        ("2025-04-01T00:30:00+02:00", utc(2025, 3, 31, 22, 30)),
        ("2025-03-31T22:30:00-05:30", utc(2025, 4, 1, 4, 0)),
        ("2025-03-31T22:30:00-0530", utc(2025, 4, 1, 4, 0)),
        ("2025-04-01T00:30:00 +02", utc(2025, 3, 31, 22, 30)),
        ("2025-04-01t10:20:30z", utc(2025, 4, 1, 10, 20, 30)),
        ("2025-04-01 10:20:30 UTC", utc(2025, 4, 1, 10, 20, 30)),
        ("2025-04-01 10:20:30 GMT", utc(2025, 4, 1, 10, 20, 30)),
        ("2025-04-01 10:20 Z", utc(2025, 4, 1, 10, 20)),
        ("2025-04-01T10:20:30.1234560000+01", utc(2025, 4, 1, 9, 20, 30, 123_456)),
    ],
)
def test_a_timestamp_is_taken_as_utc_or_by_its_offset(text: str, moment: datetime) -> None:
    assert typed(Type.TIMESTAMP, text) == ([moment], {})


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-30T10:00:00",
        "2025-04-01T25:00:00",
        "2025-04-01T10:60:00",
        "2025-04-01T10:00:00.1234567",
        "2025-04-01T10:00:00+25:00",
        "2025-04-01T10:00:00 CET",
        "2025-04-01T10:00:00+1",
        "2025-04-01T10:00:00+01:0",
        "2025-04-01T10:00:00  UTC",
        "2025-04-01 10:00 + 02",
        "0001-01-01T00:00:00+14:00",
        "1743500000",
        "10:00",
    ],
)
def test_a_moment_that_does_not_exist_is_no_timestamp(text: str) -> None:
    assert typed(Type.TIMESTAMP, text, "2025-04-01T10:00:00") == (
        [None, utc(2025, 4, 1, 10)],
        {"type:c": [True, False]},
    )


def test_composed_and_decomposed_letters_are_one_text() -> None:
    values, _ = typed(Type.STRING, "Cafe\u0301", "Caf\u00e9", "Cafe")
    assert values == ["Caf\u00e9", "Caf\u00e9", "Cafe"]
