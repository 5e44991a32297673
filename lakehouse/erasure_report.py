"""What `lakehouse erase-user` prints: the places before and after, what went, what raw holds."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from ingestion.settings import Settings
from lakehouse.page import Page
from orchestration.pipeline.summary import print_failures
from orchestration.state.delta_reader import connect
from orchestration.upkeep.erasure.erase import Outcome
from orchestration.upkeep.erasure.raw import RawPlace
from orchestration.upkeep.erasure.search import Place

_NUMBERS_TO_SHOW = 10
_TAKEN_OUT = """
select date, table_name, source_file, records, counted_records as counted_by_gold, amount
from ops.erasures where run_id = $run_id order by all
"""


def print_outcome(console: Console, settings: Settings, user_id: int, outcome: Outcome) -> None:
    """Print the proof, or what an erasure would find."""
    console.print(f"user_id {user_id} at {settings.root}", style="bold", markup=False)
    found = [place for place in outcome.before if not place.is_clean]
    if outcome.erasure and outcome.result is None:
        word = "was cut off" if found else "is done"
        console.print(
            f"The erasure of {outcome.erasure.erased_at:%Y-%m-%d %H:%M} UTC, run"
            f" {outcome.erasure.run_id}, {word}; records of this person are left out when files"
            " are read.",
            highlight=False,
            soft_wrap=True,
        )
    if found:
        console.print(_places(outcome))
    clean = len(outcome.before) - len(found)
    console.print(f"{clean} other places that could name a person do not name this one.")
    if outcome.workspaces:
        done = "dropped, whatever they held" if outcome.result else "an erasure drops them"
        names = ", ".join(outcome.workspaces)
        console.print(f"Workspaces, {done}: {names}.", soft_wrap=True, highlight=False)
    if outcome.erasure and outcome.result:
        title = "Taken out, so much less is in the totals of the day"
        parameters = {"run_id": outcome.erasure.run_id}
        page = Page()
        page.query(connect(settings, ["ops"]), "taken_out", title, _TAKEN_OUT, parameters)
        page.show(console)
    _print_raw(console, settings, outcome.raw)
    if outcome.result:
        print_failures(console, outcome.result, {})
    if outcome.result and outcome.result.workspace:
        console.print(
            "The build was not published: silver and gold are what they were, and hold the person."
            f" What it has built is in the workspace {outcome.result.workspace}.",
            soft_wrap=True,
            highlight=False,
        )
    if outcome.exit_code:
        console.print(
            "The erasure is not whole: something failed or is left. Fix it, then repeat the same"
            " command; it does what is left.",
            soft_wrap=True,
        )


def _places(outcome: Outcome) -> Table:
    table = Table(title="Where the person is", title_justify="left", box=None, pad_edge=False)
    table.add_column("place")
    for heading in ("rows", "rows of old versions", "log entries"):
        table.add_column(heading, justify="right")
    if outcome.after:
        table.title = "Where the person was, and is"
        table.add_column("now", justify="right")
    after = {place.name: place for place in outcome.after}
    for place in outcome.before:
        now = after.get(place.name, Place(place.name))
        if place.is_clean and now.is_clean:
            continue
        counts = [place.rows, place.old_rows, place.log_entries]
        if outcome.after:
            counts.append(now.rows + now.old_rows + now.log_entries)
        table.add_row(place.name, *(f"{count:,}" for count in counts))
    return table


def _print_raw(console: Console, settings: Settings, raw: list[RawPlace] | None) -> None:
    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    console.print()
    if raw is None:
        say(f"The raw folder {settings.raw} is not there, so nobody can say what it holds: --raw.")
        return
    if not raw:
        say(f"No raw file in {settings.raw} holds the person.")
        return
    say(
        f"Raw files in {settings.raw} that still hold the person; records count from 1, below the"
        " header:"
    )
    for place in raw:
        numbers = ", ".join(f"{number:,}" for number in place.records[:_NUMBERS_TO_SHOW])
        more = len(place.records) - _NUMBERS_TO_SHOW
        rest = f" and {more:,} more" if more > 0 else ""
        doubt = (
            "" if place.is_sure else "; the file can't be read as a table, so look before you cut"
        )
        say(f"  {place.source_file}: records {numbers}{rest}{doubt}")
    say(
        "The lakehouse never changes raw files and leaves these records out whenever it reads them."
        " Delete them there, in copies and backups too; the shorter file is loaded as a correction"
        " by the next run."
    )
