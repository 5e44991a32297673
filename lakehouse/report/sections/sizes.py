"""Rows of each table over the runs, as a small line in each row of a table."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
from markupsafe import Markup

from lakehouse.report import wording as say
from lakehouse.report.drawing import ACCENT, rows_of, svg
from lakehouse.report.parts import Figure, Table
from lakehouse.report.reading import Lake

_WIDTH, _HEIGHT = 120, 24
_MOST_RUNS = 30
_SIZES = f"""
with history as (
    select model, rows, run_number
    from ops.model_results inner join ops.runs using (run_id)
    where rows is not null and split_part(model, '.', 1) in ('silver', 'gold')
    qualify row_number() over (partition by model order by run_number desc) <= {_MOST_RUNS}
)
select model, list(rows order by run_number) as counts
from history group by model
order by model
"""


def sizes(lake: Lake) -> list[Figure]:
    """Say how many rows each table of silver and gold had after its last runs."""
    rows = lake.rows(_SIZES) if lake.has("ops.model_results") else []
    if not rows:
        return []
    moved = sum(1 for row in rows if len(set(row["counts"][-2:])) > 1)
    return [
        Figure(
            title="Rows of each table over the runs",
            sentence=f"The newest run of each changed the row count of {say.count(moved)} of"
            f" {say.plural(len(rows), 'table')}.",
            table=Table(
                "Rows by table",
                ["table", "trend", "#rows now", "#change", "#least", "#most"],
                [_row(row["model"], row["counts"]) for row in rows],
            ),
        )
    ]


def _row(model: str, counts: Sequence[int]) -> list[str]:
    change = counts[-1] - counts[-2] if len(counts) > 1 else None
    return [
        model,
        _line(model, counts),
        say.count(counts[-1]),
        say.NOTHING if change is None else f"{change:+,}" if change else "0",
        say.count(min(counts)),
        say.count(max(counts)),
    ]


def _line(model: str, counts: Sequence[int]) -> Markup:
    data = rows_of({"run": run, "rows": rows} for run, rows in enumerate(counts))
    x = alt.X("run:Q", axis=None, scale=alt.Scale(padding=6, nice=False, zero=False))
    y = alt.Y("rows:Q", axis=None, scale=alt.Scale(padding=6, nice=False, zero=False))
    chart = alt.Chart(data, height=_HEIGHT).encode(x=x, y=y)
    line = chart.mark_line(stroke=ACCENT, strokeWidth=2)
    end = chart.mark_point(fill=ACCENT, filled=True, size=40, opacity=1)
    last = end.transform_filter(f"datum.run == {len(counts) - 1}")
    name = f"Rows of {model} over {say.plural(len(counts), 'run')}"
    return svg(name, alt.layer(line, last), _WIDTH)
