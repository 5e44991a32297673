"""Altair charts as inline SVG whose colours come from the page's style sheet.

Data flow: Altair chart -> vl-convert -> SVG text -> the same without what is of no use in a page

Colours are CSS variables, so one drawing serves light and dark. Each is drawn for a desk and for a
phone. What a mark stands for becomes its tooltip (`<title>`); no script is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import altair as alt
import vl_convert
from markupsafe import Markup

from lakehouse.report.parts import Chart

# The widths that page.css shows them at.
WIDE, NARROW = 860, 358

ACCENT, SECOND, BAD, HEAT = "var(--accent)", "var(--second)", "var(--bad)", "var(--heat)"
TEXT, MUTED, GRID, PAPER = "var(--text)", "var(--muted)", "var(--grid)", "var(--paper)"
# What marks say for themselves: the drawing as a whole has a name, the numbers are in its table.
# The font is the page's.
_OF_NO_USE = {
    *("role", "aria-roledescription", "aria-hidden", "aria-label", "pointer-events", "class"),
    *("font-family", "stroke-miterlimit"),
}
_LONG_FRACTION = re.compile(r"(\.\d)\d+")


# Layers may turn out as facets, in the types of Altair.
Picture = alt.Chart | alt.LayerChart | alt.FacetChart


def draw(alt_text: str, chart: Callable[[int], Picture]) -> Chart:
    """Draw what a function makes for a width in pixels, for a desk and for a phone."""
    return Chart(svg(alt_text, chart(WIDE), WIDE), svg(alt_text, chart(NARROW), NARROW))


def svg(alt_text: str, chart: Picture, width: int) -> Markup:
    """The SVG of a chart, as wide as asked for, with all that belongs to it."""
    fit = alt.AutoSizeParams(type="fit-x", contains="padding")
    spec = chart.properties(width=width, autosize=fit).to_dict() | {
        "config": _config(),
        "background": None,
    }
    text = vl_convert.vegalite_to_svg(spec, vl_version=_version())
    return Markup(ElementTree.tostring(_cleaned(text, alt_text), encoding="unicode"))


def rows_of(rows: Iterable[Mapping[str, object]]) -> alt.InlineData:
    """Rows as the data of a chart."""
    return alt.InlineData(values=[dict(row) for row in rows])


def strength(value: Decimal | int | None, most: Decimal | int | None) -> float:
    """How strong the colour of a cell is; never so strong that text on it is hard to read."""
    return 0.05 + 0.7 * float(value / most) if value and most else 0.0


def text_width(text: str) -> float:
    """Pixels that a text may take: the font is the reader's, which no program here can measure."""
    return 6.8 * len(text)


def name_axis(names: Sequence[str], longest: int) -> tuple[alt.Axis, float]:
    """An axis of names at the left, each cut to so many letters, and the pixels that it takes."""
    taken = text_width("m" * min(longest, max(len(name) for name in names))) + 8
    axis = alt.Axis(
        labelExpr=f"truncate(datum.value, {longest})",
        labelLimit=0,
        minExtent=taken,
        maxExtent=taken,
    )
    return axis, taken


def amount_axis() -> alt.Axis:
    """An axis of amounts, from 0 up."""
    return alt.Axis(labelExpr="datum.value ? format(datum.value, '~s') : '0'", tickCount=4)


def thickness(bars: int, width: int) -> float:
    """Pixels of an upright bar: few bars don't become blocks."""
    return min(36.0, 0.75 * (width - 45) / bars)


def day_axis(days: Sequence[date], width: int) -> alt.Axis:
    """An axis of days that names as many as there is room for; months, where they are many."""
    room = width // 60
    firsts = [day for day in days if day.day == 1] if len(days) > 2 * 31 else list(days)
    named = firsts[:: -(-len(firsts) // room)]
    label = "%b %Y" if len(days) > 2 * 31 else "%-d %b"
    return alt.Axis(
        values=[day.isoformat() for day in named],
        labelExpr=f"utcFormat(toDate(datum.value), '{label}')",
        labelAngle=0,
    )


def _cleaned(text: str, alt_text: str) -> ElementTree.Element:
    """The drawing with tooltips, without what only a script or a lone file would need."""
    root = ElementTree.fromstring(re.sub(r' xmlns(:\w+)?="[^"]*"', "", text, count=2))
    for element in root.iter():
        label = element.get("aria-label")
        if label and element.get("role") == "graphics-symbol":
            ElementTree.SubElement(element, "title").text = label
        for name in list(element.keys()):
            if name in _OF_NO_USE or (name, element.get(name)) == ("opacity", "1"):
                del element.attrib[name]
            elif name in ("d", "transform"):
                element.set(name, _LONG_FRACTION.sub(r"\1", element.attrib[name]))
    for name in ("version", "width", "height"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", alt_text)
    return root


def _version() -> str:
    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def _config() -> dict[str, object]:
    axis = {
        **{"labelColor": MUTED, "titleColor": MUTED, "labelFontSize": 11, "titleFontSize": 11},
        **{"gridColor": GRID, "domainColor": GRID, "tickColor": GRID, "labelPadding": 6},
        **{"titleFontWeight": "normal", "domain": False, "ticks": False, "title": None},
    }
    return {
        "font": "sans-serif",
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False},
        "axisBand": {"bandPosition": 0.5},
        # Only what has a text of its own gets a tooltip: bars and cells.
        **{"line": {"aria": False}, "point": {"aria": False}},
        "text": {"color": TEXT, "fontSize": 11, "aria": False},
        "bar": {"color": ACCENT},
        "legend": {"disable": True},
    }
