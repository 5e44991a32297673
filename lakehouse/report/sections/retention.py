"""The retention triangle: who of a week's new customers comes back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import altair as alt

from lakehouse.report import wording as say
from lakehouse.report.drawing import (
    GRID,
    HEAT,
    NARROW,
    TEXT,
    Picture,
    draw,
    name_axis,
    rows_of,
    strength,
)
from lakehouse.report.parts import Figure, Section, Table
from lakehouse.report.reading import Lake, Row

# What can be read on a phone.
_WEEKS = 9
_COHORTS = f"""
select cohort_period, period_index, cohort_size, retained_customers, retention_rate, is_complete
from gold.cohort_retention
where period_type = 'week' and period_index <= {_WEEKS}
    and cohort_period in (
        select distinct cohort_period from gold.cohort_retention
        where period_type = 'week' order by cohort_period desc limit {_WEEKS + 1}
    )
order by cohort_period, period_index
"""
_OPEN = "not over"
_LONGEST_DAY = len("30 September")


def retention(lake: Lake) -> Section:
    """Say how many of a week's new customers order again in each week after it."""
    rows = lake.rows(_COHORTS)
    return Section("retention", "Retention", [_triangle(rows)] if rows else [])


def _triangle(rows: Sequence[Row]) -> Figure:
    sentence = _sentence(rows)
    return Figure(
        title="Customers who order again, by the week of their first order, in percent",
        sentence=sentence,
        chart=draw(
            f"A triangle of weeks: each row the customers of one week. {sentence}",
            lambda width: _cells(rows, width),
        ),
        table=_table(rows),
        note="Weeks begin on Monday; week 0 is the week of the first order, with the number of its"
        " customers. A framed … is a week that is not over or of which"
        " files are missing. Customers"
        " from before the first file look new.",
    )


def _sentence(rows: Sequence[Row]) -> str:
    first_weeks = [row for row in rows if row["period_index"] == 1 and row["is_complete"]]
    size = sum(row["cohort_size"] for row in first_weeks)
    again = sum(row["retained_customers"] for row in first_weeks)
    rate = say.ratio(again, size)
    if rate is None:
        return "No week after a first order is over yet."
    return (
        f"Of {say.plural(size, 'customer')}, {say.count(again)} ({say.percent(rate)})"
        " ordered again in the week after their first order."
    )


def _cells(rows: Sequence[Row], width: int) -> Picture:
    rates = [row["retention_rate"] for row in rows if row["period_index"] and row["is_complete"]]
    data = rows_of(_cell(row, max(rates, default=None)) for row in rows)
    names, _ = name_axis([say.short_day(row["cohort_period"]) for row in rows], _LONGEST_DAY)
    # A column for each week, there or not, so that cells keep their size while the data grow.
    weeks = alt.Scale(domain=list(range(_WEEKS + 1)), paddingInner=0.06)
    cohorts = alt.Scale(paddingInner=0.06)
    top = alt.Axis(orient="top", labelAngle=0)
    chart = alt.Chart(data).encode(
        x=alt.X("week:O", axis=top, scale=weeks, title="weeks later"),
        y=alt.Y("cohort:O", sort=None, axis=names, scale=cohorts, title=None),
    )
    cells = chart.mark_rect(stroke=GRID, fill=HEAT).encode(
        fillOpacity=alt.FillOpacity("strength:Q", scale=None),
        strokeWidth=alt.StrokeWidth("frame:Q", scale=None),
        description=alt.Description("tip:N"),
    )
    size = 10 if width == NARROW else 12
    text = chart.mark_text(color=TEXT, fontSize=size).encode(text="shown:N")
    return alt.layer(cells, text).properties(height=alt.Step(30))


def _cell(row: Row, most: Decimal | None) -> dict[str, object]:
    week = say.short_day(row["cohort_period"])
    is_first, rate = row["period_index"] == 0, row["retention_rate"]
    return {
        "cohort": week,
        "week": row["period_index"],
        "strength": 0 if is_first else strength(rate, most),
        "frame": 0 if row["is_complete"] or is_first else 1,
        "shown": say.count(row["cohort_size"]) if is_first else _shown(row),
        "tip": f"first order in the week of {week}, {row['period_index']} weeks later:"
        f" {say.count(row['retained_customers'])} of {say.count(row['cohort_size'])}"
        f" ({say.percent(rate) if row['is_complete'] else _OPEN})",
    }


def _shown(row: Row) -> str:
    rate = row["retention_rate"]
    return "…" if rate is None else f"{float(rate) * 100:.0f}%"


def _table(rows: Sequence[Row]) -> Table:
    cohorts = list(dict.fromkeys(row["cohort_period"] for row in rows))
    weeks = range(max(row["period_index"] for row in rows) + 1)
    cells = {(row["cohort_period"], row["period_index"]): row for row in rows}
    sizes = {row["cohort_period"]: row["cohort_size"] for row in rows}

    def text(row: Row | None) -> str:
        if row is None:
            return ""
        return say.percent(row["retention_rate"]) if row["is_complete"] else _OPEN

    return Table(
        "Share of a week's new customers who order in each week after it",
        ["week of first order", "#customers", *(f"#week {week}" for week in weeks[1:])],
        [
            [
                say.day(cohort),
                say.count(sizes[cohort]),
                *(text(cells.get((cohort, week))) for week in weeks[1:]),
            ]
            for cohort in cohorts
        ],
    )
