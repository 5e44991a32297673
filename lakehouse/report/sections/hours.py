"""When customers order: hours of the week."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from lakehouse.report import wording as say
from lakehouse.report.drawing import HEAT, NARROW, TEXT, Picture, draw, rows_of, strength
from lakehouse.report.parts import Figure, Key, Section, Table
from lakehouse.report.reading import Lake, Row

_CELLS = """
select day_of_week, hour, complete_days, orders as known_orders, coalesce(orders, 0) as orders,
    coalesce(orders / nullif(complete_days, 0), 0) as orders_a_day
from gold.order_time_patterns order by day_of_week, hour
"""
_WEEKDAYS = range(1, 8)


def hours(lake: Lake) -> Section:
    """Say in which hours of the week the orders come."""
    rows = lake.rows(_CELLS)
    return Section("hours", "Hours of the week", [_week(rows)] if rows else [])


def _week(rows: Sequence[Row]) -> Figure:
    top = max(rows, key=lambda row: (row["orders_a_day"], -row["day_of_week"], -row["hour"]))
    total = sum(row["orders"] for row in rows)
    days = sum(_days(rows).values())
    sentence = (
        f"A complete day brings most orders on {say.weekday(top['day_of_week'])}"
        f" from {say.hour(top['hour'])} to {say.hour((top['hour'] + 1) % 24)}:"
        f" {say.plural(top['orders'], 'order')} on {say.plural(top['complete_days'], 'day')},"
        f" of {say.count(total)} on {say.plural(days, 'day')} in all."
    )
    return Figure(
        title="Orders by weekday and hour (UTC)",
        sentence=sentence,
        chart=draw(
            f"A grid of 7 weekdays and 24 hours. {sentence}", lambda width: _grid(rows, width)
        ),
        keys=[Key("ramp", "from no order to most orders a day")],
        table=_table(rows),
    )


def _grid(rows: Sequence[Row], width: int) -> Picture:
    most = max(row["orders_a_day"] for row in rows)
    data = rows_of(
        {
            "weekday": say.weekday(row["day_of_week"])[:3],
            "hour": row["hour"],
            "strength": strength(row["orders_a_day"], most),
            "shown": _shown(row["orders"]),
            "tip": f"{say.weekday(row['day_of_week'])} {say.hour(row['hour'])}: {_told(row)}",
        }
        for row in rows
    )
    scale = alt.Scale(paddingInner=0.06)
    names = [say.weekday(day)[:3] for day in _WEEKDAYS]
    top = alt.Axis(orient="top", labelAngle=0)
    if width == NARROW:  # the long side goes down
        x = alt.X("weekday:O", sort=names, scale=scale, axis=top, title=None)
        y = alt.Y("hour:O", scale=scale, title=None)
    else:
        x = alt.X("hour:O", scale=scale, axis=top, title=None)
        y = alt.Y("weekday:O", sort=names, scale=scale, title=None)
    chart = alt.Chart(data).encode(x=x, y=y)
    cells = chart.mark_rect(fill=HEAT).encode(
        fillOpacity=alt.FillOpacity("strength:Q", scale=None), description=alt.Description("tip:N")
    )
    text = chart.mark_text(color=TEXT, fontSize=10).encode(text="shown:N")
    return alt.layer(cells, text).properties(height=alt.Step(22 if width == NARROW else 30))


def _told(row: Row) -> str:
    known = row["known_orders"]
    if known is None:
        return "not known, files are missing"
    return f"{say.plural(known, 'order')} on {say.plural(row['complete_days'], 'day')}"


def _days(rows: Sequence[Row]) -> dict[int, int]:
    """Weekday to how many complete days of it the numbers speak of."""
    return {row["day_of_week"]: row["complete_days"] for row in rows}


def _shown(orders: int) -> str:
    if orders < 1000:
        return str(orders or "")
    return f"{orders / 1000:.1f}k" if orders < 99_950 else f"{orders / 1000:.0f}k"


def _table(rows: Sequence[Row]) -> Table:
    orders = {(row["day_of_week"], row["hour"]): row["known_orders"] for row in rows}
    return Table(
        "Orders by hour and weekday",
        ["hour", *(f"#{say.weekday(day)}" for day in _WEEKDAYS)],
        [
            [say.hour(hour), *(say.count(orders.get((day, hour))) for day in _WEEKDAYS)]
            for hour in range(24)
        ]
        + [["complete days", *(say.count(_days(rows).get(day)) for day in _WEEKDAYS)]],
    )
