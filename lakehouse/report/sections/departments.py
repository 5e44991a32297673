"""The mix of departments."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.report import wording as say
from lakehouse.report.bars import Bar, horizontal_bars
from lakehouse.report.drawing import draw
from lakehouse.report.parts import Figure, Section, Table
from lakehouse.report.reading import Lake, Row

_DEPARTMENTS = """
select department, total_sales, sales_share, order_count, order_penetration, customer_count,
    total_quantity, products_sold, product_count
from gold.department_analytics where period_type = 'all'
order by total_sales desc, department
"""


def departments(lake: Lake) -> Section:
    """Say which department brings how much."""
    rows = lake.rows(_DEPARTMENTS)
    has_sales = any(row["total_sales"] for row in rows)
    return Section("departments", "Departments", [_mix(rows)] if has_sales else [], True)


def _mix(rows: Sequence[Row]) -> Figure:
    most, least = rows[0], rows[-1]
    sentence = (
        f"{say.clean(most['department'])} brings most, {say.percent(most['sales_share'])} of sales;"
        f" {say.clean(least['department'])} brings least, {say.percent(least['sales_share'])}."
    )
    bars = [
        Bar(
            say.clean(row["department"]),
            row["total_sales"],
            f"{say.whole_money(row['total_sales'])} · {say.percent(row['sales_share'])}",
            f"{say.clean(row['department'])}: {say.money(row['total_sales'])},"
            f" {say.percent(row['sales_share'])} of sales",
        )
        for row in rows
    ]
    return Figure(
        title="Sales by department, in currency units and as a share of all",
        sentence=sentence,
        chart=draw(
            f"Bars: sales of {say.plural(len(rows), 'department')}. {sentence}",
            lambda width: horizontal_bars(bars, width),
        ),
        table=_table(rows),
    )


def _table(rows: Sequence[Row]) -> Table:
    return Table(
        "Departments, by sales",
        [
            *("department", "#sales", "#share", "#units", "#orders", "#of all orders"),
            *("#customers", "#products sold", "#products"),
        ],
        [
            [
                say.clean(row["department"]),
                say.money(row["total_sales"]),
                say.percent(row["sales_share"]),
                say.count(row["total_quantity"]),
                say.count(row["order_count"]),
                say.percent(row["order_penetration"]),
                say.count(row["customer_count"]),
                say.count(row["products_sold"]),
                say.count(row["product_count"]),
            ]
            for row in rows
        ],
    )
