"""How text becomes typed values, and what a record is rejected for."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from .shop import oracle_of, order, orders, products

DAY = "2025-04-01"


def read_one(raw: Path, column: str, line: str) -> object:
    """The value of one column of one order among enough good ones, or its reject reasons."""
    good = [order(number, 7, DAY, "5.00") for number in range(100, 120)]
    oracle = oracle_of(raw, {"orders/2025-04-01.csv": orders(line, *good)})
    [(value, reasons)] = [
        row[1:]
        for row in oracle.rows(
            "bronze.judged_orders", ["record_number", column, "reasons"], ["record_number"]
        )
        if row[0] == 1
    ]
    assert len(oracle.rows("bronze.orders", ["1"], [])) == (20 if reasons else 21)
    return reasons or value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" 12 ", 12),
        ("-3", -3),
        ("007", 7),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", ("type:order_id",)),
        ("-9223372036854775809", ("type:order_id",)),
        ("+3", ("type:order_id",)),
        ("1.0", ("type:order_id",)),
        ("1e3", ("type:order_id",)),
        ("", ("missing:order_id",)),
        ("  ", ("missing:order_id",)),
        ('""', ("missing:order_id",)),
    ],
)
def test_whole_numbers(tmp_path: Path, text: str, expected: object) -> None:
    line = f"1,{text},7,2025-04-01T10:00:00,5.00,2025-04-01"
    assert read_one(tmp_path, "order_id", line) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("251.9", Decimal("251.90")),
        (" 5 ", Decimal("5.00")),
        ("-0.01", Decimal("-0.01")),
        ("1.50000000000000000000000000000000000000000", Decimal("1.50")),
        ("00000000000000000000001.5", Decimal("1.50")),
        ("9999999999999999.99", Decimal("9999999999999999.99")),
        ("10000000000000000.00", ("type:total_amount",)),
        ("1.005", ("type:total_amount",)),
        ("1.", ("type:total_amount",)),
        (".5", ("type:total_amount",)),
        ("1e3", ("type:total_amount",)),
        ("NaN", ("type:total_amount",)),
        ('"1,000.00"', ("type:total_amount",)),
        ("", ("missing:total_amount",)),
    ],
)
def test_money(tmp_path: Path, text: str, expected: object) -> None:
    line = f"1,1,7,2025-04-01T10:00:00,{text},2025-04-01"
    value = read_one(tmp_path, "total_amount", line)
    assert value == expected
    if isinstance(value, Decimal):
        assert value.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-04-01T11:27:00", datetime(2025, 4, 1, 11, 27)),
        ("2025-04-01 11:27", datetime(2025, 4, 1, 11, 27)),
        (" 2025-04-01T11:27:05.25 ", datetime(2025, 4, 1, 11, 27, 5, 250000)),
        ("2025-04-01T11:27:05.123456789", datetime(2025, 4, 1, 11, 27, 5, 123456)),
        ("2025-04-01T11:27:00Z", datetime(2025, 4, 1, 11, 27)),
        ("2025-04-01T11:27+05:30", datetime(2025, 4, 1, 5, 57)),
        ("2025-04-01T11:27:00-0245", datetime(2025, 4, 1, 14, 12)),
        ("2025-04-01T23:27:00.5-02", datetime(2025, 4, 2, 1, 27, 0, 500000)),
        ("2025-02-29T11:27:00", ("type:order_timestamp",)),
        ("2025-04-01T24:00:00", ("type:order_timestamp",)),
        ("2025-04-01T11:60:00", ("type:order_timestamp",)),
        ("2025-04-01", ("type:order_timestamp",)),
        ("01/04/2025 11:27", ("type:order_timestamp",)),
        ("", ("missing:order_timestamp",)),
    ],
)
def test_timestamps(tmp_path: Path, text: str, expected: object) -> None:
    line = f"1,1,7,{text},5.00,2025-04-01"
    assert read_one(tmp_path, "order_timestamp", line) == expected


@pytest.mark.parametrize("text", ["2025-02-29", "2025-13-01", "0000-01-01", "20250401", "2025-4-1"])
def test_a_date_must_be_in_the_calendar(tmp_path: Path, text: str) -> None:
    line = f"1,1,7,2025-04-01T10:00:00,5.00,{text}"
    assert read_one(tmp_path, "date", line) == ("type:date",)


def test_a_rejected_record_has_all_its_reasons_and_optional_values_may_be_missing(
    tmp_path: Path,
) -> None:
    assert read_one(tmp_path / "all", "order_id", "x,y,,when,much,never") == (
        "missing:user_id",
        "type:date",
        "type:order_id",
        "type:order_num",
        "type:order_timestamp",
        "type:total_amount",
    )
    line = ",1,7,2025-04-01T10:00:00,5.00,2025-04-01"
    assert read_one(tmp_path / "optional", "order_num", line) is None


def test_text_is_kept_as_it_is_and_must_not_be_empty(tmp_path: Path) -> None:
    plain = [f"{number},1,Books,Plain" for number in range(100, 130)]
    content = products("1,,Books, Pen ", "2,1,,Ink", "3,1,Books,", *plain)
    oracle = oracle_of(tmp_path, {"products/products.csv": content})
    columns = ["product_id", "department_id", "product_name"]
    assert oracle.rows("bronze.products", columns, ["1"])[:2] == [
        (1, None, " Pen "),
        (100, 1, "Plain"),
    ]


@pytest.mark.parametrize(
    ("quotient", "expected"),
    [
        ("half_up(5, 2)", "3"),
        ("half_up(-5, 2)", "-3"),
        ("half_up(7, 3)", "2"),
        ("half_up(-7, 3)", "-2"),
        ("half_up(0, 3)", "0"),
        ("half_up(1, 0)", "None"),
        ("mean_of(1, 8)", "0.13"),
        ("mean_of(1, 0)", "None"),
        ("rate(1, 2000000)", "0.000001"),
        ("rate(1, 2000001)", "0.000000"),
        ("rate(1, 0)", "None"),
        ("ratio(-1, 2000000)", "-0.000001"),
        ("ratio(-1, 2000001)", "0.000000"),
        ("ratio(100000000000, 3)", "33333333333.333333"),
        ("growth(0.50, 2.00)", "-0.750000"),
        ("growth(0.50, 0)", "None"),
        ("share(1, 2)", "0.500000000000"),
        ("share(2, 3)", "0.666666666667"),
        ("money_share(9999999999999999.98, 9999999999999999.99)", "1.000000000000"),
        ("mean_money(0.25, 2)", "0.13"),
        ("twice_median([5, 1, 2])", "4"),
        ("twice_median([5, 1, 2, 4])", "6"),
        ("twice_median(cast(null as bigint[]))", "None"),
    ],
)
def test_quotients_are_exact_and_rounded_once(tmp_path: Path, quotient: str, expected: str) -> None:
    [(value,)] = oracle_of(tmp_path, {}).rows("(select 1)", [quotient], [])
    assert (f"{value:f}" if isinstance(value, Decimal) else str(value)) == expected
