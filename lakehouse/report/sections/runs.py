"""How quality and size went over the runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from lakehouse.report import wording as say
from lakehouse.report.drawing import Picture, amount_axis, draw, rows_of, thickness
from lakehouse.report.parts import Figure, Key, Section, Table
from lakehouse.report.reading import Lake, Row
from lakehouse.report.sections.sizes import sizes

_MOST_RUNS = 30
_RUNS = f"""
select run_number, command, status, started_at, records_read, records_loaded, records_rejected,
    files_loaded, files_quarantined, files_missing, tests_passed, tests_warned, tests_failed
from ops.runs order by run_number desc limit {_MOST_RUNS}
"""


@dataclass(frozen=True)
class _Part:
    """A part of a run's bar, from the bottom up."""

    column: str
    text: str
    colour: str


_TESTS = (
    _Part("tests_failed", "failed", "bad"),
    _Part("tests_warned", "warned", "second"),
    _Part("tests_passed", "passed", "accent"),
)
_RECORDS = (
    _Part("records_rejected", "refused", "bad"),
    _Part("records_loaded", "loaded", "accent"),
)


def runs(lake: Lake) -> Section:
    """Say what each of the newest runs tested, read and refused, and how the tables grew."""
    rows = lake.rows(_RUNS)[::-1] if lake.has("ops.runs") else []
    figures = [_tests(rows), _records(rows), *sizes(lake), _list(rows)] if rows else []
    return Section("runs", "Trend over runs", figures, empty="No run is recorded yet.")


def _tests(rows: Sequence[Row]) -> Figure:
    tested = [row for row in rows if any(row[part.column] for part in _TESTS)]
    if not tested:
        return Figure("Tests by run", "No run has tested anything yet.")
    last = tested[-1]
    sentence = (
        f"Run {last['run_number']}, the newest with tests: {say.count(last['tests_passed'])}"
        f" passed, {say.count(last['tests_warned'])} warned,"
        f" {say.count(last['tests_failed'])} failed."
    )
    return _stacked("Tests by run", sentence, rows, _TESTS)


def _records(rows: Sequence[Row]) -> Figure:
    read = sum(row["records_read"] for row in rows)
    refused = sum(row["records_rejected"] for row in rows)
    sentence = (
        f"{say.plural(len(rows), 'run')} read {say.plural(read, 'record')}"
        f" and refused {say.count(refused)} ({say.percent(say.ratio(refused, read))})."
    )
    return _stacked("Records read by run: loaded and refused", sentence, rows, _RECORDS)


def _stacked(title: str, sentence: str, rows: Sequence[Row], parts: Sequence[_Part]) -> Figure:
    return Figure(
        title=title,
        sentence=sentence,
        chart=draw(
            f"Bars, one for each of {say.plural(len(rows), 'run')}. {sentence}",
            lambda width: _bars(rows, parts, width),
        ),
        keys=[Key(part.colour, part.text) for part in reversed(parts)],
        table=Table(
            title,
            ["#run", "started (UTC)", *(f"#{part.text}" for part in reversed(parts))],
            [
                [
                    str(row["run_number"]),
                    say.moment(row["started_at"]),
                    *(say.count(row[part.column]) for part in reversed(parts)),
                ]
                for row in reversed(rows)
            ],
        ),
    )


def _bars(rows: Sequence[Row], parts: Sequence[_Part], width: int) -> Picture:
    data = rows_of(
        {
            "run": row["run_number"],
            "amount": row[part.column],
            "order": order,
            "colour": f"var(--{part.colour})",
            "tip": f"run {row['run_number']}: {say.count(row[part.column])} {part.text}",
        }
        for row in rows
        for order, part in enumerate(parts)
    )
    numbers = [row["run_number"] for row in rows]
    room = width // 30
    axis = alt.Axis(values=numbers[:: -(-len(numbers) // room)], labelAngle=0)
    bars = alt.Chart(data, height=170).mark_bar(size=thickness(len(rows), width))
    picture: Picture = bars.encode(
        x=alt.X("run:O", axis=axis, title="run"),
        y=alt.Y("amount:Q", axis=amount_axis(), title=None, stack=True),
        order="order:O",
        color=alt.Color("colour:N", scale=None),
        description=alt.Description("tip:N"),
    )
    return picture


def _list(rows: Sequence[Row]) -> Figure:
    good = sum(1 for row in rows if row["status"] == "well")
    return Figure(
        title="What each run did",
        sentence=f"{say.count(good)} of {say.plural(len(rows), 'run')} ended with all well.",
        table=Table(
            "Runs, newest first",
            [
                *("#run", "started (UTC)", "command", "end", "#files loaded"),
                *("#in quarantine", "#missing", "#read", "#refused"),
            ],
            [
                [
                    str(row["run_number"]),
                    say.moment(row["started_at"]),
                    row["command"],
                    row["status"],
                    *(say.count(row[f"files_{name}"]) for name in ("loaded", "quarantined")),
                    say.count(row["files_missing"]),
                    *(say.count(row[f"records_{name}"]) for name in ("read", "rejected")),
                ]
                for row in reversed(rows)
            ],
        ),
    )
