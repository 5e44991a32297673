"""The page: every section, and one file of HTML that asks for nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.report import wording as say
from lakehouse.report.parts import Section
from lakehouse.report.reading import Lake, Row
from lakehouse.report.sections.customers import customers
from lakehouse.report.sections.departments import departments
from lakehouse.report.sections.hours import hours
from lakehouse.report.sections.products import products
from lakehouse.report.sections.quality import quality
from lakehouse.report.sections.retention import retention
from lakehouse.report.sections.runs import runs
from lakehouse.report.sections.sales import sales

_SECTIONS = (sales, departments, customers, retention, hours, products, quality, runs)
_TOTALS = """
select min(order_date) as first_day, max(order_date) as last_day,
    coalesce(sum(total_sales), 0) as sales, coalesce(sum(order_count), 0)::bigint as orders,
    coalesce(sum(new_customers), 0)::bigint as customers,
    (select max(as_of_date) from gold.customer_insights) as as_of_date,
    (select count(*) from gold.customer_insights) as scored,
    (select count(*) from gold.customer_insights where total_orders > 1) as repeaters
from gold.daily_sales
"""
_INCOMPLETE = """
select order_date, orders_complete from gold.daily_sales where not is_complete
order by order_date desc
"""
# What a banner has room for.
_MOST_NAMED = 7
_LAST_RUN = """
select run_id, run_number, status, finished_at from ops.runs order by run_number desc limit 1
"""


@dataclass(frozen=True)
class Tile:
    """A number that people want first."""

    name: str
    number: str
    more: str


def write_report(settings: Settings, output: Path) -> int:
    """Write the page of a lakehouse to a file and return its size in bytes.

    Raises:
        LakehouseError: There is no lakehouse or no gold, or the file can't be written.
    """
    page = render(Lake(settings)).encode()
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(page)
    except OSError as error:
        raise LakehouseError(
            f"The report can't be written to {output}: {error.strerror}.",
            "Name a file in a folder that may be written to: --output FILE.",
        ) from error
    return len(page)


def render(lake: Lake) -> str:
    """The page as text; the same tables give the same text."""
    totals = lake.rows(_TOTALS)[0]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lakehouse.report", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        style=Markup(files("lakehouse.report").joinpath("page.css").read_text()),
        about=_about(totals),
        notices=[*_behind(lake), *_incomplete(lake)],
        run=_run(lake),
        tiles=_tiles(totals),
        sections=_sections(lake),
    )


def _sections(lake: Lake) -> Sequence[Section]:
    return [section(lake) for section in _SECTIONS]


def _about(totals: Row) -> str:
    if totals["first_day"] is None:
        return "No orders yet."
    span = say.span(totals["first_day"], totals["last_day"])
    return f"Orders of {span}. Customers as of {say.day(totals['as_of_date'])}."


def _incomplete(lake: Lake) -> list[str]:
    rows = lake.rows(_INCOMPLETE)
    without_orders = [row["order_date"] for row in rows if not row["orders_complete"]]
    without_lines = [row["order_date"] for row in rows if row["orders_complete"]]
    return [
        f"{what} of {say.plural(len(days), 'day')} are missing or unusable: {_named(days)}. {then}"
        for what, days, then in (
            (
                "Orders",
                without_orders,
                "Sales are too low by what these days brought; means and patterns leave them out.",
            ),
            (
                "Order items",
                without_lines,
                "Their orders are in the sales; products and departments are too low by what they"
                " sold, and means and patterns leave these days out.",
            ),
        )
        if days
    ]


def _named(days: Sequence[date]) -> str:
    named = ", ".join(f"{say.short_day(day)} {day.year}" for day in days[:_MOST_NAMED])
    more = f" and {len(days) - _MOST_NAMED:,} more" if len(days) > _MOST_NAMED else ""
    return named + more


def _run(lake: Lake) -> str:
    """By which run the numbers are, whatever the newest command was."""
    if lake.workspace:
        return f"The workspace {lake.workspace}, which is not published."
    if lake.state.publishers:
        last, *others = lake.state.publishers
        by = f"Published by run {last.run_id[:8]}, {say.moment(last.published_at)} UTC."
        older = sum(len(one.tables) for one in others)
        are = f" {say.plural(older, 'table')} stayed as older runs published them." if older else ""
        return by + are
    rows = lake.rows(_LAST_RUN) if lake.has("ops.runs") else []
    if not rows:
        return "No run is recorded."
    run = rows[0]
    return (
        f"Run {run['run_number']} ({run['run_id'][:8]}), {run['status']},"
        f" {say.moment(run['finished_at'])} UTC."
    )


def _behind(lake: Lake) -> list[str]:
    """What has happened since that these numbers do not have."""
    words = []
    if lake.state.failed:
        run = lake.state.failed.run
        words.append(
            f"Run {run.run_id[:8]} of {say.moment(run.finished_at)} UTC failed:"
            f" {', '.join(lake.state.failed.causes) or 'before a table was built'}."
        )
    if lake.unbuilt:
        files = say.plural(len(lake.unbuilt), "file")
        words.append(f"Of {files} not all that has arrived is in these numbers yet.")
    return words


def _tiles(totals: Row) -> list[Tile]:
    orders, customers = totals["orders"], totals["customers"]
    if not orders:
        return []
    days = (totals["last_day"] - totals["first_day"]).days + 1
    repeat = say.percent(say.ratio(totals["repeaters"], totals["scored"]))
    return [
        Tile("Sales", say.whole_money(totals["sales"]), "currency units"),
        Tile("Orders", say.count(orders), f"in {say.plural(days, 'day')}"),
        Tile("Per order", say.money(say.ratio(totals["sales"], orders)), "currency units"),
        Tile("Customers", say.count(customers), f"{repeat} ordered more than once"),
    ]
