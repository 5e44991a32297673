"""Segments of customers and what they spend."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.report import wording as say
from lakehouse.report.bars import Bar, horizontal_bars
from lakehouse.report.drawing import draw
from lakehouse.report.parts import Figure, Key, Section, Table
from lakehouse.report.reading import Lake, Row

_SEGMENTS = """
select customer_segment, count(*) as customers, sum(total_spend) as spend,
    sum(total_orders) as orders, median(days_since_last_order)::int as idle_days,
    sum(count(*)) over () as all_customers, sum(sum(total_spend)) over () as all_spend
from gold.customer_insights group by customer_segment
order by spend desc, customer_segment
"""


def customers(lake: Lake) -> Section:
    """Say who the customers are and which of them bring the money."""
    rows = lake.rows(_SEGMENTS)
    return Section("customers", "Customer segments", [_segments(rows)] if rows else [])


def _segments(rows: Sequence[Row]) -> Figure:
    first = rows[0]
    sentence = (
        f"The segment {say.words(first['customer_segment'])} has {_customers(first)} of the"
        f" customers and brings {_spend(first)} of sales."
    )
    bars = [bar for row in rows for bar in _pair(row)]
    return Figure(
        title="Segments: their share of customers and of sales",
        sentence=sentence,
        chart=draw(
            f"Pairs of bars for {say.plural(len(rows), 'segment')}. {sentence}",
            lambda width: horizontal_bars(bars, width),
        ),
        keys=[Key("accent", "share of customers"), Key("second", "share of sales")],
        table=_table(rows),
        note="Segments come from how recently, how often and for how much a customer has bought,"
        " compared with all others.",
    )


def _customers(row: Row) -> str:
    return say.percent(say.ratio(row["customers"], row["all_customers"]))


def _spend(row: Row) -> str:
    return say.percent(say.ratio(row["spend"], row["all_spend"]))


def _pair(row: Row) -> list[Bar]:
    name = say.words(row["customer_segment"])
    return [
        Bar(
            name,
            say.ratio(row["customers"], row["all_customers"]) or 0,
            _customers(row),
            f"{name}: {say.plural(row['customers'], 'customer')}, {_customers(row)} of all",
        ),
        Bar(
            name,
            say.ratio(row["spend"], row["all_spend"]) or 0,
            _spend(row),
            f"{name}: {say.money(row['spend'])}, {_spend(row)} of sales",
            is_second=True,
        ),
    ]


def _table(rows: Sequence[Row]) -> Table:
    return Table(
        "Segments, by sales",
        [
            *("segment", "#customers", "#of all", "#sales", "#of all", "#orders"),
            *("#sales per customer", "#days since last order (median)"),
        ],
        [
            [
                say.words(row["customer_segment"]),
                say.count(row["customers"]),
                _customers(row),
                say.money(row["spend"]),
                _spend(row),
                say.count(row["orders"]),
                say.money(say.ratio(row["spend"], row["customers"])),
                say.count(row["idle_days"]),
            ]
            for row in rows
        ],
    )
