"""Text values into declared types, strictly: a value is taken as it was meant or it is a fault.

Data flow: strings of one column -> typed values + the positions of each kind of fault

Nothing is rounded, cut or guessed: `12.345` is no amount in cents, `2025-02-30` is no date, and an
id beyond 64 bits is out of range rather than null.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.tables import Column, Type

# Tools that know numbers only with a fraction write an id as 7.0.
_INTEGER = r"^-?[0-9]+(\.0+)?$"
_AMOUNT = r"^-?[0-9]+(\.[0-9]{1,2}0*)?$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
# Digits beyond the microsecond are read where they are zeros, so that nothing is cut.
_TIMESTAMP = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6}0*)?)?"
    r"( ?([Zz]|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?))?$"
)
# What databases write for no value. As a name it would be counted as one.
_NULL_WORDS = pa.array([r"\N", "NULL"])
_WIDEST_INTEGER = 38
_AMOUNT_INTEGER_DIGITS = 16

ARROW_TYPES: dict[Type, pa.DataType] = {
    Type.BIGINT: pa.int64(),
    Type.STRING: pa.string(),
    Type.MONEY: pa.decimal128(18, 2),
    Type.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    Type.DATE: pa.date32(),
}


@dataclass(frozen=True)
class TypedColumn:
    """One column after typing, null wherever a fault mask is true.

    Attributes:
        values: Of the declared type.
        faults: Reason code, such as `type:total_amount`, to a boolean mask over the records.
    """

    values: pa.Array
    faults: dict[str, pa.BooleanArray]


def to_type(text: pa.StringArray, column: Column) -> TypedColumn:
    """Turn one column's text into its declared type and name every fault by its reason code."""
    trimmed = pc.utf8_trim_whitespace(text)
    is_empty = pc.equal(pc.utf8_length(trimmed), 0)
    present = pc.if_else(is_empty, pa.scalar(None, pa.string()), trimmed)
    if column.type is Type.STRING:
        is_mistyped, is_beyond = pc.is_in(trimmed, _NULL_WORDS), None
        values = pc.if_else(pc.or_(is_empty, is_mistyped), None, _composed(text))
    else:
        values, is_mistyped, is_beyond = _PARSERS[column.type](present)
    masks = {
        "missing": is_empty if column.required else None,
        "type": is_mistyped,
        "range": is_beyond,
    }
    return TypedColumn(
        values,
        {
            f"{kind}:{column.name}": mask
            for kind, mask in masks.items()
            if mask is not None and pc.any(mask).as_py()
        },
    )


def _composed(text: pa.StringArray) -> pa.StringArray:
    """Unicode NFC: letters composed and decomposed are one text, as 7 and 007 are one number.

    Arrow's utf8_normalize leaves decomposed letters as they are.
    """
    if pc.all(pc.string_is_ascii(text)).as_py() is not False:
        return text
    letters = (value and unicodedata.normalize("NFC", value) for value in text.to_pylist())
    return pa.array(letters, pa.string())


_Parsed = tuple[pa.Array, pa.BooleanArray, pa.BooleanArray | None]


def _parse_integer(text: pa.StringArray) -> _Parsed:
    is_integer = pc.fill_null(pc.match_substring_regex(text, _INTEGER), False)
    is_mistyped = pc.and_(pc.is_valid(text), pc.invert(is_integer))
    whole = pc.replace_substring_regex(text, r"\.0+$", "")
    zeros_cut = pc.replace_substring_regex(whole, r"^(-?)0+([0-9])", r"\1\2")
    is_readable = pc.and_(is_integer, pc.less_equal(pc.utf8_length(zeros_cut), _WIDEST_INTEGER))
    wide = pc.cast(_only(zeros_cut, is_readable), pa.decimal128(_WIDEST_INTEGER, 0))
    lowest, highest = (pa.scalar(bound, wide.type) for bound in (-(2**63), 2**63 - 1))
    is_fitting = pc.fill_null(
        pc.and_(pc.greater_equal(wide, lowest), pc.less_equal(wide, highest)), False
    )
    is_beyond = pc.and_(is_integer, pc.invert(is_fitting))
    return pc.cast(_only(wide, is_fitting), ARROW_TYPES[Type.BIGINT]), is_mistyped, is_beyond


def _parse_amount(text: pa.StringArray) -> _Parsed:
    is_amount = pc.fill_null(pc.match_substring_regex(text, _AMOUNT), False)
    is_mistyped = pc.and_(pc.is_valid(text), pc.invert(is_amount))
    fraction_cut = pc.replace_substring_regex(text, r"([.][0-9]{2})0+$", r"\1")
    integer_digits = pc.utf8_length(pc.replace_substring_regex(text, r"^-?0*|[.].*$", ""))
    is_fitting = pc.and_(is_amount, pc.less_equal(integer_digits, _AMOUNT_INTEGER_DIGITS))
    is_fitting = pc.fill_null(is_fitting, False)
    wide = pc.cast(_only(fraction_cut, is_fitting), pa.decimal128(38, 2))
    is_beyond = pc.and_(is_amount, pc.invert(is_fitting))
    return pc.cast(wide, ARROW_TYPES[Type.MONEY]), is_mistyped, is_beyond


def _parse_date(text: pa.StringArray) -> _Parsed:
    return _parse_calendar(text, _DATE, ARROW_TYPES[Type.DATE], date.fromisoformat)


def _parse_timestamp(text: pa.StringArray) -> _Parsed:
    return _parse_calendar(text, _TIMESTAMP, ARROW_TYPES[Type.TIMESTAMP], _in_utc)


def _in_utc(text: str) -> datetime:
    """A moment; without a zone Arrow takes it for UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # rare, and writing it otherwise takes longer than to read it
        without_zone = text.removesuffix("UTC").removesuffix("GMT")
        moment = datetime.fromisoformat(
            without_zone.rstrip().replace(" +", "+").replace(" -", "-").replace("z", "Z")
        )
    return moment.astimezone(UTC) if moment.tzinfo else moment


def _parse_calendar(
    text: pa.StringArray,
    shape: str,
    type_: pa.DataType,
    parse: Callable[[str], date | datetime],
) -> _Parsed:
    """Parse what has the right shape; the calendar (February 30th) is the second judge."""
    has_shape = pc.fill_null(pc.match_substring_regex(text, shape), False)
    shaped = _only(text, has_shape)
    # Every moment occurs many times in a file (all lines of an order share it): parse each once.
    encoded = pc.dictionary_encode(shaped)
    values = pa.array([_or_none(parse, moment) for moment in encoded.dictionary.to_pylist()], type_)
    parsed = values.take(encoded.indices)
    return parsed, pc.and_(pc.is_valid(text), pc.is_null(parsed)), None


def _or_none(parse: Callable[[str], date | datetime], text: str) -> date | datetime | None:
    try:
        return parse(text)
    except (ValueError, OverflowError):
        return None


def _only(values: pa.Array, mask: pa.BooleanArray) -> pa.Array:
    """Keep the values under a true mask, null elsewhere."""
    return pc.if_else(mask, values, pa.scalar(None, values.type))


_PARSERS: dict[Type, Callable[[pa.StringArray], _Parsed]] = {
    Type.BIGINT: _parse_integer,
    Type.MONEY: _parse_amount,
    Type.TIMESTAMP: _parse_timestamp,
    Type.DATE: _parse_date,
}
