"""Horizontal bars, each with its name before it and its number behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import altair as alt

from lakehouse.report.drawing import (
    ACCENT,
    NARROW,
    SECOND,
    WIDE,
    Picture,
    name_axis,
    rows_of,
    text_width,
)

_HEIGHT = 26
_MOST_LETTERS = {NARROW: 22, WIDE: 40}


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        name: What it is about; bars of one name stand together.
        value: Its length.
        shown: The number as it is written behind the bar.
        tip: The tooltip.
        is_second: It has the second colour, as what is compared with the first.
    """

    name: str
    value: Decimal | int
    shown: str
    tip: str
    is_second: bool = False


def horizontal_bars(bars: Sequence[Bar], width: int) -> Picture:
    """Draw bars in the order in which they come."""
    names = list(dict.fromkeys(bar.name for bar in bars))
    is_paired = len(names) < len(bars)
    axis, before = name_axis(names, _MOST_LETTERS[width])
    behind = max(text_width(bar.shown) for bar in bars) + 10
    most = float(max(bar.value for bar in bars)) or 1.0
    end = most * (width - before) / (width - before - behind)
    y = alt.Y("name:N", sort=names, axis=axis, title=None)
    drawn = alt.Chart(_data(bars)).encode(
        y=y,
        x=alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, end])),
        description=alt.Description("tip:N"),
    )
    if is_paired:
        drawn = drawn.encode(yOffset=alt.YOffset("second:O", scale=alt.Scale(paddingInner=0.1)))
    marks = drawn.mark_bar().encode(
        color=alt.Color("colour:N", scale=None),
    )
    numbers = drawn.mark_text(align="left", dx=5).encode(text="shown:N")
    step = alt.Step(_HEIGHT * 1.5 if is_paired else _HEIGHT, **{"for": "position"})
    return alt.layer(marks, numbers).properties(height=step)


def _data(bars: Sequence[Bar]) -> alt.InlineData:
    return rows_of(
        {
            "name": bar.name,
            "value": float(bar.value),
            "shown": bar.shown,
            "tip": bar.tip,
            "second": int(bar.is_second),
            "colour": SECOND if bar.is_second else ACCENT,
        }
        for bar in bars
    )
