"""How each defect of a record or row looks: which column gets which text, and which codes follow.

Data flow: declared tables -> for each defect and table a ring of variants, used in turn

The bronze defects are derived from the declared tables, so that a column added there is spoilt
here without another line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ingestion.tables import TABLES, Column, Table, Type
from lakehouse.generate.csv_text import quoted

DEPARTMENT_ALIASES: Mapping[str, tuple[str, ...]] = {
    "Books": ("books", "Book"),
    "Clothing": ("Clothes", "CLOTHING"),
    "Electronics": (" electronics ", "Electronic"),
    "Home": ("HOME", " Home"),
    "Sports": ("Sport", "sports "),
    "Toys": ("Toy", "TOYS"),
}
UNKNOWN_DEPARTMENTS = ("Garden", "Pets", "Grocery")
# Far beyond every id that a plan can make, and still a bigint.
ORPHAN_ID_OFFSET = 10**15

_MISTYPED: Mapping[Type, tuple[str, ...]] = {
    Type.BIGINT: ("abc", "12.5", "1e3"),
    Type.MONEY: ("12.345", "abc", "$20"),
    Type.TIMESTAMP: ("01/04/2025 09:30", "2025-04-01T25:61:00"),
    Type.DATE: ("2025-02-30", "01.04.2025"),
}
_BEYOND: Mapping[Type, tuple[str, ...]] = {
    Type.BIGINT: ("9223372036854775808", "-9223372036854775809"),
    Type.MONEY: ("12345678901234567.00", "99999999999999999"),
}
_BLANKS = ("", "   ")


@dataclass(frozen=True)
class Change:
    """A new text for one column, made from the old one."""

    column: str
    value: Callable[[str], str]


@dataclass(frozen=True)
class Variant:
    """One way to carry out a defect.

    Attributes:
        changes: The columns that get another text.
        reasons: The codes that the pipeline gives for it, in the order of the columns.
        write: Turns the fields into the record's text; broken records are broken here.
    """

    changes: tuple[Change, ...] = ()
    reasons: tuple[str, ...] = ()
    write: Callable[[Sequence[str]], str] = quoted


def _set(column: str, text: str) -> Change:
    return Change(column, lambda _: text)


def _bad_values(
    table: Table, kind: str, texts: Callable[[Column], tuple[str, ...]]
) -> tuple[Variant, ...]:
    """Every column once with its first text, then every column with its second, and so on."""
    rounds = max(len(texts(column)) for column in table.columns)
    return tuple(
        Variant((_set(column.name, texts(column)[turn]),), (f"{kind}:{column.name}",))
        for turn in range(rounds)
        for column in table.columns
        if turn < len(texts(column))
    )


def _several(table: Table) -> tuple[Variant, ...]:
    """The key missing and the last typed column wrong, and the other way round."""
    typed = [column for column in table.columns if column.type in _MISTYPED]
    key = next(column for column in typed if column.name == table.key)
    required = [column for column in table.columns if column.required and column is not key]
    pairs = [(key, other) for other in typed if other is not key]
    pairs += [(other, key) for other in required]
    return tuple(
        _merged(
            table,
            Variant((_set(blank.name, ""),), (f"missing:{blank.name}",)),
            Variant((_set(wrong.name, _MISTYPED[wrong.type][0]),), (f"type:{wrong.name}",)),
        )
        for blank, wrong in pairs
    )


def _merged(table: Table, *variants: Variant) -> Variant:
    """Faults of single columns as one variant, in the order of the columns."""
    parts = sorted(variants, key=lambda it: table.column_names.index(it.changes[0].column))
    return Variant(
        tuple(change for part in parts for change in part.changes),
        tuple(reason for part in parts for reason in part.reasons),
    )


def _malformed(*writers: Callable[[Sequence[str]], str]) -> tuple[Variant, ...]:
    return tuple(Variant((), ("malformed",), write) for write in writers)


def _invalid(column: str, reason: str, *texts: str) -> tuple[Variant, ...]:
    return tuple(Variant((_set(column, text),), (reason,)) for text in texts)


def _made(column: str, reason: str | None, *makers: Callable[[str], str]) -> tuple[Variant, ...]:
    reasons = (reason,) if reason else ()
    return tuple(Variant((Change(column, maker),), reasons) for maker in makers)


def _shifted_day(days: int) -> Callable[[str], str]:
    return lambda text: (date.fromisoformat(text) + timedelta(days=days)).isoformat()


def _never_closed(fields: Sequence[str]) -> str:
    return ",".join((*fields[:-1], '"' + fields[-1]))


def _text_after_quote(fields: Sequence[str]) -> str:
    return ",".join((*fields[:-1], f'"{fields[-1]}"_new'))


def _in_all_tables(make: Callable[[Table], tuple[Variant, ...]]) -> dict[str, tuple[Variant, ...]]:
    return {table.name: make(table) for table in TABLES.values()}


_field_counts = _malformed(
    lambda fields: ",".join(fields[:-1]), lambda fields: ",".join((*fields, "surplus"))
)

VARIANTS: Mapping[str, Mapping[str, tuple[Variant, ...]]] = {
    "wrong_field_count": _in_all_tables(lambda _: _field_counts),
    "broken_quote": {"products": _malformed(_never_closed, _text_after_quote)},
    "bad_type": _in_all_tables(
        lambda table: _bad_values(table, "type", lambda column: _MISTYPED.get(column.type, ()))
    ),
    "missing_value": _in_all_tables(
        lambda table: _bad_values(
            table, "missing", lambda column: _BLANKS if column.required else ()
        )
    ),
    "out_of_range": _in_all_tables(
        lambda table: _bad_values(table, "range", lambda column: _BEYOND.get(column.type, ()))
    ),
    "several_faults": _in_all_tables(_several),
    "quoted_text": {
        "products": _made(
            "product_name",
            None,
            lambda text: f"{text}, large",
            lambda text: f'{text} "new" model',
            lambda text: f"{text}\nlimited",
        )
    },
    "amount_too_low": {
        "orders": _invalid("total_amount", "below:total_amount", "0", "-12.5", "-0.01")
    },
    "amount_too_high": {
        "orders": _invalid("total_amount", "above:total_amount", "100000.01", "2500000")
    },
    "date_mismatch": {"orders": _made("date", "mismatch:date", _shifted_day(-1), _shifted_day(-2))},
    "non_positive_id": {"orders": _invalid("user_id", "not_positive:user_id", "0", "-7")},
    "user_mismatch": {
        "order_items": _made("user_id", "mismatch:user_id", lambda text: str(int(text) + 1))
    },
    "cart_position": {"order_items": _invalid("add_to_cart_order", "below:add_to_cart_order", "0")},
    "reordered_flag": {"order_items": _invalid("reordered", "invalid:reordered", "2", "-1")},
    "negative_days": {
        "order_items": _invalid(
            "days_since_prior_order", "below:days_since_prior_order", "-1", "-30"
        )
    },
    "orphan_order": {
        "order_items": _made(
            "order_id", "unknown_order", lambda text: str(int(text) + ORPHAN_ID_OFFSET)
        )
    },
    "orphan_product": {
        "order_items": _made(
            "product_id", "unknown_product", lambda text: str(int(text) + ORPHAN_ID_OFFSET)
        )
    },
    "department_alias": {
        "products": _made(
            "department",
            None,
            lambda text: DEPARTMENT_ALIASES[text][0],
            lambda text: DEPARTMENT_ALIASES[text][1],
        )
    },
    "unknown_department": {
        "products": tuple(Variant((_set("department", name),)) for name in UNKNOWN_DEPARTMENTS)
    },
}
