"""What a page is made of: sections of figures, each a chart with a table of the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Table:
    """Rows as text; a cell of `Markup` is a drawing.

    Attributes:
        caption: What the rows are; the table's accessible name.
        columns: Headings; one that begins with `#` is set to the right, as numbers are.
        rows: Cells as they are shown.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Chart:
    """A chart drawn twice, for one that fits a desk would be too small to read on a phone.

    Attributes:
        wide: SVG for a desk.
        narrow: SVG for a phone.
    """

    wide: Markup
    narrow: Markup


@dataclass(frozen=True)
class Key:
    """An entry of a legend: the name of a colour in the style sheet, and what it stands for."""

    colour: str
    text: str


@dataclass(frozen=True)
class Figure:
    """A chart, a table, or both.

    Attributes:
        title: What is shown, with its unit.
        sentence: The main number, computed from the data.
        chart: The drawing, if there is one.
        keys: The legend.
        table: The same numbers; folded away below a chart.
        note: What a reader must know to read it right.
    """

    title: str
    sentence: str = ""
    chart: Chart | None = None
    keys: Sequence[Key] = ()
    table: Table | None = None
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        anchor: Its place in the address.
        title: Its heading and its entry in the list of contents.
        figures: What it shows; without any, `empty` is said instead.
        is_estimate: The sales in it are shares of orders, not prices.
        empty: What to say when there is nothing to show.
    """

    anchor: str
    title: str
    figures: Sequence[Figure]
    is_estimate: bool = False
    empty: str = "No orders yet."
