"""Sales by day, with their moving average."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from lakehouse.report import wording as say
from lakehouse.report.drawing import (
    ACCENT,
    BAD,
    PAPER,
    SECOND,
    Picture,
    amount_axis,
    day_axis,
    draw,
    rows_of,
    thickness,
)
from lakehouse.report.parts import Figure, Key, Section, Table
from lakehouse.report.reading import Lake, Row

# What a chart can show bar by bar; the totals of the page cover all days.
_MOST_DAYS = 366
_DAYS = f"""
select order_date, total_sales, sales_ma7, ma7_days_observed, order_count, avg_order_value,
    new_customer_sales, not is_complete as lacks_files
from gold.daily_sales order by order_date desc limit {_MOST_DAYS}
"""


def sales(lake: Lake) -> Section:
    """Say what each day brought, and mark the days of which files are missing."""
    days = lake.rows(_DAYS)[::-1]
    return Section("sales", "Sales by day", [_by_day(days)] if days else [])


def _by_day(days: Sequence[Row]) -> Figure:
    sentence = _sentence(days)
    span = say.span(days[0]["order_date"], days[-1]["order_date"])
    keys = [Key("accent", "sales of the day"), Key("second", "mean of the last seven days")]
    if any(row["lacks_files"] for row in days):
        keys.insert(1, Key("bad", "sales of a day of which a file is missing"))
    return Figure(
        title="Sales by day, in currency units",
        sentence=sentence,
        chart=draw(f"Bars: sales by day, {span}. {sentence}", lambda width: _bars(days, width)),
        keys=keys,
        table=_table(days),
        note=f"The newest {_MOST_DAYS} days." if len(days) == _MOST_DAYS else "",
    )


def _sentence(days: Sequence[Row]) -> str:
    known = [row for row in days if row["total_sales"] is not None]
    complete = [row["total_sales"] for row in days if not row["lacks_files"]]
    if not known:
        return "Of none of these days the sales are known."
    best = max(known, key=lambda row: row["total_sales"])
    sentence = (
        f"The best day was {say.day(best['order_date'])} with {say.money(best['total_sales'])}"
    )
    if complete:
        of = (
            ""
            if len(complete) == len(days)
            else f" of the {say.plural(len(complete), 'day')} known"
        )
        sentence += (
            f"; a day{of} brings {say.whole_money(sum(complete) / len(complete))} on average"
        )
    last = days[-1]["sales_ma7"]
    if last is None:
        return f"{sentence}."
    observed = days[-1]["ma7_days_observed"]
    of = "" if observed == 7 else f", of which {observed} are known,"
    return f"{sentence}. The mean of the last seven days{of} is {say.whole_money(last)}."


def _bars(days: Sequence[Row], width: int) -> Picture:
    data = rows_of(
        {
            "day": row["order_date"].isoformat(),
            "sales": None if row["total_sales"] is None else float(row["total_sales"]),
            "mean": None if row["sales_ma7"] is None else float(row["sales_ma7"]),
            "colour": BAD if row["lacks_files"] else ACCENT,
            "tip": f"{say.day(row['order_date'])}: {_shown(row)}",
        }
        for row in days
    )
    shown = [row["order_date"] for row in days]
    x = alt.X("day:O", sort=None, axis=day_axis(shown, width), title=None)
    y = alt.Y("sales:Q", axis=amount_axis(), title=None)
    chart = alt.Chart(data).encode(x=x)
    bars = chart.mark_bar(size=thickness(len(days), width)).encode(
        y=y, color=alt.Color("colour:N", scale=None), description=alt.Description("tip:N")
    )
    # The line has an edge in the colour of the page, to stand out from the bars.
    mean = chart.transform_filter("isValid(datum.mean)").encode(y="mean:Q")
    edge = mean.mark_line(stroke=PAPER, strokeWidth=6, strokeCap="round", strokeJoin="round")
    line = mean.mark_line(stroke=SECOND, strokeWidth=3, strokeCap="round", strokeJoin="round")
    point = mean.mark_point(fill=SECOND, stroke=PAPER, filled=True, size=70, opacity=1)
    end = point.transform_filter(f"datum.day == '{shown[-1].isoformat()}'")
    return alt.layer(bars, edge, line, end).properties(height=260)


def _shown(row: Row) -> str:
    return "not known" if row["total_sales"] is None else say.money(row["total_sales"])


def _table(days: Sequence[Row]) -> Table:
    return Table(
        "Sales by day, newest first",
        ["day", "#sales", "#7-day mean", "#orders", "#per order", "#of new customers", "files"],
        [
            [
                say.day(row["order_date"]),
                say.money(row["total_sales"]),
                say.money(row["sales_ma7"]),
                say.count(row["order_count"]),
                say.money(row["avg_order_value"]),
                say.money(row["new_customer_sales"]),
                "missing" if row["lacks_files"] else "complete",
            ]
            for row in reversed(days)
        ],
    )
