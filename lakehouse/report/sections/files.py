"""Which daily files are there, and which are missing or unusable."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from ingestion.tables import TABLES
from lakehouse.refused import QUARANTINE
from lakehouse.report import wording as say
from lakehouse.report.drawing import (
    BAD,
    PAPER,
    SECOND,
    Picture,
    day_axis,
    draw,
    name_axis,
    rows_of,
)
from lakehouse.report.parts import Figure, Key, Table
from lakehouse.report.reading import Lake, Row

# What a phone has room for.
_MOST_DAYS = 31
_MOST_LISTED = 100
_LONGEST_FEED = 11
_DAILY = [table.name for table in TABLES.values() if table.daily]
_EXPECTED = f"""
with span as (
    select min(file_date) as first_day, max(file_date) as last_day
    from (
        select file_date from ops.ingested_files
        where file_date is not null and status <> 'superseded'
        union all
        select file_date from ops.missing_files where file_date is not null
    )
),
days as (
    select unnest(generate_series(
        greatest(first_day, last_day - {_MOST_DAYS - 1}), last_day, interval 1 day
    ))::date as day
    from span
)
select feeds.table_name, day, coalesce(state, 'loaded') as state
from days cross join (select unnest({_DAILY}) as table_name) as feeds
left join ops.missing_files as missing
    on missing.table_name = feeds.table_name and missing.file_date = days.day
order by feeds.table_name desc, day
"""
_MISSING = """
select table_name, file_date, expected_file, state
from ops.missing_files order by file_date desc nulls first, expected_file
"""
_LOADED = "select count(*) as files from ops.ingested_files where status = 'loaded'"
_LETTER = {"loaded": "", "missing": "M", "quarantined": "Q", "duplicate": "D"}


def files(lake: Lake) -> list[Figure]:
    """Say of which days files are there; nothing before the first file arrived."""
    if not lake.has("ops.missing_files"):
        return []
    days = lake.rows(_EXPECTED)
    missing = lake.rows(_MISSING)
    figures = [_calendar(days, missing, lake.rows(_LOADED)[0]["files"])] if days else []
    refused = lake.rows(QUARANTINE)
    figures += [_missing(missing)] if missing else []
    return figures + ([_quarantine(refused)] if refused else [])


def _calendar(days: Sequence[Row], missing: Sequence[Row], loaded: int) -> Figure:
    sentence = f"{say.plural(loaded, 'file is', 'files are')} loaded; "
    sentence += f"{say.count(len(missing)) if missing else 'none'} of the expected files "
    sentence += "is missing or unusable." if len(missing) < 2 else "are missing or unusable."
    feeds = " and ".join(say.words(name) for name in _DAILY)
    keys = [Key("accent", "loaded")]
    if missing:
        keys += [
            Key("bad", "M: missing"),
            Key("second", "Q: came, but unusable; D: came with the content of another day"),
        ]
    return Figure(
        title=f"Daily files of the newest {len({row['day'] for row in days})} days",
        sentence=sentence,
        chart=draw(
            f"A strip of days for each of {feeds}. {sentence}",
            lambda width: _strips(days, width),
        ),
        keys=keys,
        table=_by_day(days),
        note=f"Expected are {feeds} of each day from the first to the last day that any file is"
        " named for.",
    )


def _by_day(days: Sequence[Row]) -> Table:
    feeds = list(dict.fromkeys(row["table_name"] for row in days))
    states = {(row["day"], row["table_name"]): row["state"] for row in days}
    newest_first = sorted({row["day"] for row in days}, reverse=True)
    return Table(
        "State of the files of each day, newest first",
        ["day", *(say.words(feed) for feed in feeds)],
        [[say.day(day), *(states[day, feed] for feed in feeds)] for day in newest_first],
    )


def _missing(missing: Sequence[Row]) -> Figure:
    return Figure(
        title="Files that are expected and not loaded",
        sentence="Add or correct them and run again.",
        table=Table(
            "Files that are expected and not loaded, newest first",
            ["file", "state"],
            [[say.clean(row["expected_file"]), row["state"]] for row in missing[:_MOST_LISTED]],
        ),
        note=_cut(missing),
    )


def _strips(days: Sequence[Row], width: int) -> Picture:
    colours = {"loaded": "var(--accent)", "missing": BAD}
    data = rows_of(
        {
            "feed": say.words(row["table_name"]),
            "day": row["day"].isoformat(),
            "colour": colours.get(row["state"], SECOND),
            "letter": _LETTER[row["state"]],
            "tip": f"{say.words(row['table_name'])} of {say.day(row['day'])}: {row['state']}",
        }
        for row in days
    )
    shown = list(dict.fromkeys(row["day"] for row in days))
    names, _ = name_axis([say.words(row["table_name"]) for row in days], _LONGEST_FEED)
    scale = alt.Scale(paddingInner=0.12)
    chart = alt.Chart(data).encode(
        x=alt.X("day:O", sort=None, axis=day_axis(shown, width), scale=scale, title=None),
        y=alt.Y("feed:O", sort=None, scale=scale, axis=names, title=None),
    )
    cells = chart.mark_rect().encode(
        color=alt.Color("colour:N", scale=None), description=alt.Description("tip:N")
    )
    text = chart.mark_text(color=PAPER, fontSize=9, fontWeight="bold").encode(text="letter:N")
    return alt.layer(cells, text).properties(height=alt.Step(26))


def _quarantine(refused: Sequence[Row]) -> Figure:
    return Figure(
        title="Files in quarantine",
        sentence=f"{say.plural(len(refused), 'file')} could not be used."
        " Correct them and run again; nothing else waits for them.",
        table=Table(
            "Files in quarantine, with the reason",
            ["file", "reason"],
            [
                [say.clean(row["source_file"]), say.clean(row["reason"])]
                for row in refused[:_MOST_LISTED]
            ],
        ),
        note=_cut(refused),
    )


def _cut(rows: Sequence[Row]) -> str:
    rest = len(rows) - _MOST_LISTED
    return f"And {say.plural(rest, 'other')}; `lakehouse status` lists all." if rest > 0 else ""
