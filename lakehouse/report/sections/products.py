"""The products that bring most."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.report import wording as say
from lakehouse.report.bars import Bar, horizontal_bars
from lakehouse.report.drawing import draw
from lakehouse.report.parts import Figure, Section, Table
from lakehouse.report.reading import Lake, Row

_SHOWN = 20
_LONGEST_NAME = 40
_PRODUCTS = f"""
select product_id, product_name, department, total_sales, sales_share, sales_rank, total_quantity,
    order_count, customer_count, abc_class
from gold.product_performance where total_sales > 0
order by sales_rank, product_id limit {_SHOWN}
"""
_CLASSES = """
select count(*) as products, count(*) filter (where abc_class = 'A') as a_products,
    sum(sales_share) filter (where abc_class = 'A') as a_share
from gold.product_performance
"""


def products(lake: Lake) -> Section:
    """Say which products bring most, and how many make up most of the sales."""
    rows = lake.rows(_PRODUCTS)
    figures = [_top(rows, lake.rows(_CLASSES)[0])] if rows else []
    return Section("products", "Top products", figures, True)


def _top(rows: Sequence[Row], classes: Row) -> Figure:
    first = rows[0]
    sentence = (
        f"{say.clean(first['product_name'])} leads with {say.money(first['total_sales'])}."
        f" Class A, the {say.count(classes['a_products'])} best of"
        f" {say.plural(classes['products'], 'product')}, brings"
        f" {say.percent(classes['a_share'])} of sales."
    )
    bars = [
        Bar(
            # The place makes it a name of its own where two products are called the same.
            f"{place}. {say.shortened(say.clean(row['product_name']), _LONGEST_NAME)}",
            row["total_sales"],
            say.whole_money(row["total_sales"]),
            f"{say.clean(row['product_name'])}, {say.clean(row['department'])}:"
            f" {say.money(row['total_sales'])}",
        )
        for place, row in enumerate(rows, 1)
    ]
    return Figure(
        title=f"Sales of the top {len(rows)} products, in currency units",
        sentence=sentence,
        chart=draw(
            f"Bars: the {say.plural(len(rows), 'product')} with most sales. {sentence}",
            lambda width: horizontal_bars(bars, width),
        ),
        table=_table(rows),
    )


def _table(rows: Sequence[Row]) -> Table:
    return Table(
        "Products, by sales",
        [
            *("#rank", "product", "#id", "department", "class", "#sales", "#share"),
            *("#units", "#orders", "#customers"),
        ],
        [
            [
                say.count(row["sales_rank"]),
                say.clean(row["product_name"]),
                str(row["product_id"]),
                say.clean(row["department"]),
                row["abc_class"],
                say.money(row["total_sales"]),
                say.percent(row["sales_share"]),
                say.count(row["total_quantity"]),
                say.count(row["order_count"]),
                say.count(row["customer_count"]),
            ]
            for row in rows
        ],
    )
